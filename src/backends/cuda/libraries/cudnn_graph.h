// Graphs of cuDNN operations, the engines that can run them, and their plans. Everything throws Refusal where cuDNN
// does not do what is asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/cuda/libraries/cudnn.h"

namespace hone::cuda::cudnn {

/// A tensor's number within its graph.
using Id = int64_t;

struct TensorSpec {
  std::vector<int64_t> dims, strides;  // in elements
  int type = kF32;
  int64_t alignment = 16;  // bytes that pointers are multiples of
};

/// Geometry of a convolution: one entry per spatial axis.
struct Geometry {
  std::vector<int64_t> stride, dilation, before, after;
};

struct PointwiseSpec {
  int mode = kModeIdentity;
  int type = kF32;                                           // of the arithmetic
  std::optional<float> lower_clip, upper_clip, lower_slope;  // relu
  std::optional<float> elu_alpha, softplus_beta, swish_beta;
  std::optional<int64_t> axis;  // of an index
};

class Graph {
 public:
  /// A tensor in memory, whose pointer is given at each run.
  Id tensor(const TensorSpec& spec);
  /// A value between operations.
  Id temporary(const TensorSpec& spec);
  /// A number that every run uses. Has `rank` axes of one element.
  Id scalar(float value, size_t rank);
  /// Arithmetic in f32.
  void convolution(Id x, Id w, Id y, const Geometry& g) { convolve(x, w, y, g, false); }
  /// The transposed convolution: `x` is what the convolution's gradient comes from, `y` larger.
  void transposed_convolution(Id x, Id w, Id y, const Geometry& g) { convolve(x, w, y, g, true); }
  void matmul(Id a, Id b, Id c);
  void reduce(int operation, Id x, Id y);
  /// y = f(x), f(x, b) or f(x, b, t); b and t 0: none.
  void pointwise(const PointwiseSpec& f, Id x, Id b, Id t, Id y);
  /// No more operations follow. Without a handle the graph can only be planned for a described device.
  void finish(Handle handle);

  Raw raw() const { return graph_.raw(); }
  const std::vector<std::pair<Id, float>>& scalars() const { return scalars_; }

 private:
  Id add(const TensorSpec& spec, bool is_virtual, bool by_value);
  void convolve(Id x, Id w, Id y, const Geometry& g, bool transposed);
  const Descriptor& at(Id id) const { return tensors_[static_cast<size_t>(id - 1)]; }

  std::vector<Descriptor> tensors_, helpers_, operations_;
  std::vector<std::pair<Id, float>> scalars_;
  Descriptor graph_;
};

/// Where plans run: the GPU of a handle, or a device that is only described (for tests without a GPU).
struct Target {
  Handle handle = nullptr;
  const Descriptor* device = nullptr;
};
/// A device from the library's description of it; see CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION.
Descriptor described_device(const std::string& text);

/// Which engines are acceptable. Those that may give other results from run to run never are.
struct EngineRules {
  bool only_f32 = false;  // no rounding of f32 operands, so no tensor cores
};
/// What one kind of heuristics recommends, best first; empty: nothing.
std::vector<Descriptor> engine_configs(const Graph& g, int heuristics, const Target& target, const EngineRules& rules);
/// Throws Refusal where the engine declines in the end. This is the slow part: tens of milliseconds.
Descriptor build_plan(const Descriptor& config, const Target& target);
/// A plan as text and back; another version of the library may refuse it.
std::string plan_text(const Descriptor& plan);
Descriptor restore_plan(const std::string& text, const Target& target);
size_t plan_workspace(const Descriptor& plan);

/// Pointers of one run. `scalars` are the graph's; they must outlive the pack.
Descriptor make_pack(const std::vector<Id>& ids, const std::vector<void*>& pointers,
                     const std::vector<std::pair<Id, float>>& scalars, void* workspace);

}  // namespace hone::cuda::cudnn
