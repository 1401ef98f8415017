// Softmax and log-softmax of FP32 tensors along any axis.
#include "backends/cpu/simd/rows.h"
#include "backends/layout.h"
#include "base/parallel.h"
#include "ops/softmax.h"

namespace hone::cpu {
namespace {

// The tensor in memory order: [outer, axis, inner]; pitches in elements where inner is 1.
struct Geometry {
  int64_t outer = 1, axis = 1, inner = 1, x_pitch = 0, y_pitch = 0;
};

Geometry geometry(const Problem& p) {
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const size_t rank = x.dims.size();
  const auto axis = static_cast<size_t>(normalize_axis(p.attr<SoftmaxAttrs>().axis, static_cast<int64_t>(rank)));
  Geometry g;
  bool after = false;
  for (size_t a : memory_order(x.format, rank)) {
    if (a == axis)
      g.axis = x.dims[a], after = true;
    else
      (after ? g.inner : g.outer) *= x.dims[a];
  }
  g.x_pitch = x.pitch > 0 ? x.pitch : g.axis;
  g.y_pitch = y.pitch > 0 ? y.pitch : g.axis;
  return g;
}

class SoftmaxKernel : public Kernel {
 public:
  explicit SoftmaxKernel(const Problem& p) : g_(geometry(p)), log_(p.attr<SoftmaxAttrs>().log) {}
  void run(const Launch& l) const noexcept override {
    const auto* x = static_cast<const float*>(l.inputs[0]);
    auto* y = static_cast<float*>(l.outputs[0]);
    if (g_.axis == 0) return;
    const int64_t grain = 8192;
    if (g_.inner == 1) {
      parallel_for(g_.outer, (grain + g_.axis - 1) / g_.axis, [&](int64_t b, int64_t e) {
        softmax_rows(x + b * g_.x_pitch, g_.x_pitch, y + b * g_.y_pitch, g_.y_pitch, e - b, g_.axis, 1, log_);
      });
      return;
    }
    parallel_for(g_.outer * softmax_column_blocks(g_.inner), (grain + 16 * g_.axis - 1) / (16 * g_.axis),
                 [&](int64_t b, int64_t e) { softmax_columns(x, y, g_.axis, g_.inner, b, e, log_); });
  }

 private:
  Geometry g_;
  bool log_;
};

class SoftmaxSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.softmax_simd"; }
  Verdict supports(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (x.type != DType::kF32 || y.type != DType::kF32) return Verdict::no("not FP32");
    if (x.dims.empty()) return Verdict::no("scalar");
    if (x.format != y.format) return Verdict::no("formats differ");
    if ((!is_dense(x) || !is_dense(y)) && geometry(p).inner != 1)
      return Verdict::no("pitched and not along the last axis");
    return Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<SoftmaxKernel>(p);
  }
};

}  // namespace

const Tactic& softmax_simd() {
  static const SoftmaxSimd tactic;
  return tactic;
}

}  // namespace hone::cpu
