// Verification of a plan: each layer runs on the device with the inputs that the layers before it made, and is compared
// with the reference evaluation of the same layer on the same inputs in single precision.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "plan/plan.h"

namespace hone::compile {

/// How one layer compares.
struct LayerCheck {
  size_t step = 0;
  std::string name, op, tactic, device, precision;
  std::vector<std::string> origins;  // of the layer; where it has none, of those that read it
  std::string note;                  // why it was not compared
  double error = 0, max_abs = 0, tolerance = 0;
  int64_t elements = 0, nans = 0, infinities = 0;
  bool compared() const { return note.empty(); }
  bool failed() const { return compared() && !(error <= tolerance); }
};

struct VerifyOptions {
  enum class Action { kReport, kRefuse, kRaise } action = Action::kReport;
  double tolerance = 0;  // of the relative L2 error; 0: by the layer's precision
  /// Values of an input; undefined or unset: drawn.
  std::function<Tensor(const std::string& name, DType type, const Dims& dims)> input;
  /// Receives the checks of each build.
  std::function<void(int build, const std::vector<LayerCheck>&)> report;
};

/// What a layer of this arithmetic is held to where nothing else is asked for.
double default_tolerance(const std::string& precision);

/// Runs the plan at the optimum of its first profile. `graph` is what the plan was emitted from: it still has the
/// constants that tactics have folded into their weights.
std::vector<LayerCheck> verify(const plan::Plan& p, const ir::Graph& graph, const Backend& backend,
                               const VerifyOptions& o);

/// What wider arithmetic for the layers that failed needs: origins to leave out of narrowing, and whether the switches
/// that all layers share must go.
struct Remedy {
  std::set<std::string> keep_wide;
  bool tf32 = false, half = false, brain = false;  // to be switched off
};
Remedy remedy_for(const std::vector<LayerCheck>& checks, const plan::Plan& p);

/// Lines for the log: how many layers were compared, and the worst of them, at most `most`.
std::vector<std::string> summary(const std::vector<LayerCheck>& checks, size_t most = 10);

}  // namespace hone::compile
