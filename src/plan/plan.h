// A plan in memory: what the compiler emits, the file stores and the runtime executes. Tensors and steps refer to one
// another by index; every index has been checked by the reader.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "ops/io_layout.h"

namespace hone::plan {

struct PlanTensor {
  std::string name;
  DType type = DType::kF32;
  Shape shape;
  Format format = Format::kLinear;
  int constant = -1;  // blob holding its elements (linear, concrete dims), or -1
  bool host =
      false;  // lies in host memory although the plan's device has its own; constants are wherever they are used
  /// Storage inside another tensor (views, concat inputs): element offset and pitch are expressions over shape symbols.
  int alias_of = -1;
  Dim alias_offset = 0;
  Dim pitch = 0;  // 0: dense
};

struct PlanGraph;

struct PlanStep {
  const Op* op = nullptr;
  std::shared_ptr<const Attributes> attrs;
  PwProgram epilogue;
  int base_inputs = 0;               // inputs before those of the epilogue
  std::vector<int> inputs, outputs;  // tensors; input -1: left out
  std::string name;
  std::vector<std::string> origins;
  /// Tactic; empty: the reference evaluation; "view": outputs alias inputs, nothing runs.
  std::string tactic;
  std::vector<int> blobs;  // prepared operands
  uint64_t folds = 0;      // inputs folded into them
  float time_us = 0;       // as timed at build, 0: not timed
  std::vector<std::unique_ptr<PlanGraph>> bodies;
};

struct PlanGraph {
  std::vector<PlanTensor> tensors;
  std::vector<PlanStep> steps;
  std::vector<int> inputs, outputs;
};

/// Allowed shapes of one input in one profile.
struct ShapeRange {
  Dims min, opt, max;
  std::vector<int64_t> min_values, opt_values, max_values;  // of a shape tensor; empty: no limits
};

/// Machine code of the chosen kernels: what their backend calls it, and the blob that holds it.
struct PlanCode {
  std::string key;
  int blob = -1;
};

struct Plan {
  std::string engine_name;
  std::string device;       // "cpu", "cuda"
  std::string isa;          // least instruction set the kernels need: "avx2", "avx512", "avx512_amx"
  std::string fingerprint;  // device the tactics were timed on
  std::string builder_version;
  int threads = 0;  // threads it was tuned for
  uint32_t flags = 0;
  int profiling_verbosity = 0;                    // nvinfer1::ProfilingVerbosity
  std::vector<std::vector<ShapeRange>> profiles;  // [profile][graph input]
  /// Of each input, then output, as the program sees it; empty: all are row-major. The graph has the axes of the
  /// memory.
  std::vector<IoLayout> layouts;
  std::vector<Blob> blobs;
  std::vector<PlanCode> code;
  PlanGraph graph;
  std::unique_ptr<PlanGraph> portable;  // the graph before it was fitted to a device; null: stripped
  /// Checks the data that only the portable graph reads, which loading leaves alone; empty: there is nothing to check.
  std::function<void()> check_rest;
};

/// Where the bits of Plan::flags that say which sources of tactics were allowed begin (tune/sources.h); below are 1:
/// BF16, 2: FP16, 4: TF32 allowed, 8: strongly typed.
inline constexpr uint32_t kSourcesShift = 8;
inline constexpr uint32_t kFormatVersion = 3;
/// Tactics may lay out weights differently in every version: a plan is read by the version that wrote it.
const char* hone_version();

/// The file image of a plan (docs/plan-format.md). Throws InternalError.
std::vector<std::byte> write(const Plan& p);
/// Reads an image that `owner` keeps alive; weights stay in place. Every offset, size and index is checked, and the
/// checksums of all that runs. Throws ModelError for a damaged or foreign file.
std::unique_ptr<Plan> read(std::span<const std::byte> image, std::shared_ptr<const void> owner);
/// The version of Hone that wrote an image, of whatever version; throws ModelError where it is no plan of this format.
std::string builder_version(std::span<const std::byte> image);
/// Maps a file and reads it. Throws ModelError naming the file.
std::unique_ptr<Plan> read_file(const std::string& path);

/// Per blob: whether what runs needs it (not only the portable graph).
std::vector<char> used_blobs(const Plan& p);

/// Throws ModelError unless every index of the graph is in range and steps are in a runnable order.
void check(const PlanGraph& g, size_t blobs);

}  // namespace hone::plan
