// Maximum and average pooling of FP32 images and signals in both formats.
#include "backends/cpu/simd/pool.h"
#include "backends/layout.h"
#include "ops/pooling.h"

namespace hone::cpu {
namespace {

PoolShape shape_of(const Problem& p) {
  const auto& a = p.attr<PoolingAttrs>();
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const size_t rank = x.dims.size() - 2;
  const Window w = complete(a.window, rank);
  PoolShape s;
  s.n = x.dims[0], s.c = x.dims[1];
  s.max = a.kind == PoolKind::kMax, s.include_pad = a.count_include_pad;
  if (rank == 2) {
    s.h = x.dims[2], s.oh = y.dims[2], s.kh = a.kernel[0], s.sh = w.stride[0], s.dh = w.dilation[0];
    std::tie(s.pad_top, s.pad_bottom) = window_pads(s.h, w, 0, s.kh);
  }
  const size_t last = rank - 1;
  s.w = x.dims[rank + 1], s.ow = y.dims[rank + 1], s.kw = a.kernel[last];
  s.sw = w.stride[last], s.dw = w.dilation[last];
  std::tie(s.pad_left, s.pad_right) = window_pads(s.w, w, last, s.kw);
  return s;
}

class PoolingKernel : public Kernel {
 public:
  explicit PoolingKernel(const Problem& p)
      : shape_(shape_of(p)),
        pixels_(p.inputs[0].format == Format::kChannelsLast),
        x_pitch_(p.inputs[0].pixel_pitch()),
        y_pitch_(p.outputs[0].pixel_pitch()),
        threads_(p.threads) {}
  size_t workspace() const override { return pixels_ ? 0 : pool_planes_workspace(shape_, threads_); }
  void run(const Launch& l) const noexcept override {
    const auto* x = static_cast<const float*>(l.inputs[0]);
    auto* y = static_cast<float*>(l.outputs[0]);
    if (pixels_)
      pool_pixels(shape_, x, x_pitch_, y, y_pitch_);
    else
      pool_planes(shape_, x, y, l.workspace, threads_);
  }

 private:
  PoolShape shape_;
  bool pixels_;
  int64_t x_pitch_, y_pitch_;
  int threads_;
};

class PoolingSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.pooling_simd"; }
  Verdict supports(const Problem& p) const override {
    const auto& a = p.attr<PoolingAttrs>();
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (a.kind != PoolKind::kMax && a.kind != PoolKind::kAverage) return Verdict::no("kind of pooling");
    if (a.indices) return Verdict::no("positions are asked for");
    if (x.type != DType::kF32 || y.type != DType::kF32) return Verdict::no("not FP32");
    if (x.dims.size() != 3 && x.dims.size() != 4) return Verdict::no("rank {}", x.dims.size());
    if (x.format != y.format) return Verdict::no("formats differ");
    if (x.format == Format::kLinear && (!is_dense(x) || !is_dense(y))) return Verdict::no("pitched linear tensor");
    return Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<PoolingKernel>(p);
  }
};

}  // namespace

const Tactic& pooling_simd() {
  static const PoolingSimd tactic;
  return tactic;
}

}  // namespace hone::cpu
