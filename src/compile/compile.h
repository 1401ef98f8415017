// From a network's graph to a plan: the ordered list of passes, tuning on the device, memory planning, emission.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compile/verify.h"
#include "ir/graph.h"
#include "plan/plan.h"
#include "tune/sources.h"
#include "tune/timing_cache.h"

namespace hone::compile {

/// Severity numbers equal nvinfer1::ILogger::Severity.
using LogSink = std::function<void(int severity, const std::string& message)>;

/// Progress of a build. Returning false from step() cancels the build (Cancelled is thrown).
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void start(const std::string& phase, const std::string& parent, int steps) = 0;
  virtual bool step(const std::string& phase, int done) = 0;
  virtual void finish(const std::string& phase) = 0;
};

class Cancelled : public Error {
  using Error::Error;
};

struct Options {
  const Backend* backend = nullptr;  // null: the CPU device
  int threads = 0;                   // 0: all cores
  int optimization_level = 3;        // 0: no tuning, first tactic that fits ... 5: everything timed at length
  int max_tactics = -1;              // time no more than so many per node and format; -1: no limit
  int timing_iterations = 1;         // least repetitions of a measurement
  size_t workspace_limit = SIZE_MAX;
  bool allow_fp16 = false, allow_bf16 = false, allow_tf32 = true;
  bool strongly_typed = false;
  uint32_t tactic_sources = tune::kAllSources;
  std::set<std::string> keep_wide;        // nodes of the network that are never narrowed
  const VerifyOptions* verify = nullptr;  // null: the engine is not verified
  bool debug_tensors = false;
  bool strip_portable = false;  // leave the portable graph out of the plan
  int profiling_verbosity = 0;
  std::string engine_name;
  std::vector<std::vector<plan::ShapeRange>> profiles;  // [profile][graph input]; empty where all inputs are static
  std::vector<std::string> disabled_passes;
  std::string
      stop_after;  // name of the stage or pass to stop after: "import", "canonicalize", a pass, "fuse", "tune" ...
  tune::TimingCache* cache = nullptr;
  LogSink log;
  Progress* progress = nullptr;
};

/// What a build tells besides the plan.
struct Report {
  struct Stage {
    std::string name;
    double milliseconds = 0;
    int rewrites = 0;
  };
  std::vector<Stage> stages;
  std::vector<std::string> notes;  // rejected tactics with reasons, precision decisions ...
  int timed = 0, cached = 0;       // measurements made / taken from the cache
};

/// Compiles a copy of g. Throws ModelError, Unsupported, Cancelled, InternalError.
std::unique_ptr<plan::Plan> compile(const ir::Graph& g, const Options& options, Report* report = nullptr);
/// The graph after the stage or pass named by options.stop_after, as text.
std::string dump(const ir::Graph& g, const Options& options);
/// A plan graph back as an ir::Graph (the portable graph of a plan, to tune it again elsewhere).
std::unique_ptr<ir::Graph> to_graph(const plan::Plan& p, const plan::PlanGraph& g);

}  // namespace hone::compile
