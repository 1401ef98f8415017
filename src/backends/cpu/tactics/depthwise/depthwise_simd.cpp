// Depthwise convolution of channels-last FP32 images (one or two spatial axes, multiplier 1) with constant weights;
// bias and an activation are applied in registers, any other tail in a second pass.
#include <optional>

#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/tactics/epilogue_program.h"
#include "backends/layout.h"
#include "ops/convolution.h"

namespace hone::cpu {
namespace {

DepthwiseShape shape_of(const Problem& p) {
  const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
  const size_t rank = x.dims.size() - 2;
  const Window window = complete(p.attr<ConvolutionAttrs>().window, rank);
  DepthwiseShape s;
  s.n = x.dims[0], s.c = x.dims[1];
  const auto axis = [&](size_t a, int64_t& in, int64_t& out, int& k, int& stride, int& dilation, int& pad) {
    in = x.dims[a + 2], out = y.dims[a + 2];
    k = static_cast<int>(w.dims[a + 2]);
    stride = static_cast<int>(window.stride[a]);
    dilation = static_cast<int>(window.dilation[a]);
    pad = static_cast<int>(window_pads(in, window, a, w.dims[a + 2]).first);
  };
  s.h = s.oh = 1;
  if (rank == 2) axis(0, s.h, s.oh, s.kh, s.sh, s.dh, s.pad_top);
  axis(rank - 1, s.w, s.ow, s.kw, s.sw, s.dw, s.pad_left);
  return s;
}

class DepthwiseKernel : public Kernel {
 public:
  DepthwiseKernel(const Problem& p, const float* packed)
      : shape_(shape_of(p)),
        x_pitch_(p.inputs[0].pixel_pitch()),
        y_pitch_(p.outputs[0].pixel_pitch()),
        packed_(packed) {
    if (const auto act = activation_of(p.epilogue))
      act_ = *act;
    else
      tail_.emplace(p);
  }
  size_t workspace() const override { return tail_ ? tail_->workspace() : 0; }
  void run(const Launch& l) const noexcept override {
    depthwise(shape_, static_cast<const float*>(l.inputs[0]), x_pitch_, packed_, act_,
              static_cast<float*>(l.outputs[0]), y_pitch_);
    if (tail_) tail_->run(l, l.workspace);
  }

 private:
  DepthwiseShape shape_;
  int64_t x_pitch_, y_pitch_;
  const float* packed_;
  Activation act_;
  std::optional<EpiloguePass> tail_;
};

class DepthwiseSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.depthwise_simd"; }

  Verdict supports(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
    const size_t rank = x.dims.size();
    if (rank != 3 && rank != 4) return Verdict::no("{} spatial axes", rank < 2 ? 0 : rank - 2);
    if (x.type != DType::kF32 || w.type != DType::kF32 || y.type != DType::kF32) return Verdict::no("not FP32");
    const int64_t c = x.dims[1];
    if (p.attr<ConvolutionAttrs>().groups != c || w.dims[0] != c || w.dims[1] != 1 || c == 1)
      return Verdict::no("not a depthwise convolution with as many filters as channels");
    if (x.format != Format::kChannelsLast || y.format != Format::kChannelsLast) return Verdict::no("not channels-last");
    if (!p.constant(1) || (p.base_inputs() > 2 && p.has(2) && !p.constant(2)))
      return Verdict::no("weights not constant");
    if (w.count() / c > 4096) return Verdict::no("kernel of {} taps", w.count() / c);
    if (!activation_of(p.epilogue))
      if (const std::string reason = EpiloguePass::refuse(p); !reason.empty()) return Verdict::no("{}", reason);
    return Verdict::yes();
  }

  uint64_t folds(const Problem& p) const override { return p.base_inputs() > 2 && p.has(2) ? 6 : 2; }

  std::vector<Blob> prepare(const Problem& p) const override {
    const DepthwiseShape s = shape_of(p);
    std::byte* to = nullptr;
    Blob blob = Blob::allocate(static_cast<size_t>(depthwise_packed_size(s.c, s.kh, s.kw)) * sizeof(float), &to);
    const Tensor* bias = p.base_inputs() > 2 && p.has(2) ? p.constant(2) : nullptr;
    pack_depthwise(p.constant(1)->data<float>(), bias ? bias->data<float>() : nullptr, s.c, s.kh, s.kw,
                   reinterpret_cast<float*>(to));
    return {blob};
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> prepared) const override {
    require<InternalError>(prepared.size() == 1, "depthwise convolution without its weights");
    const DepthwiseShape s = shape_of(p);
    require<ModelError>(prepared[0].size == static_cast<size_t>(depthwise_packed_size(s.c, s.kh, s.kw)) * sizeof(float),
                        "depthwise convolution: weights of {} bytes", prepared[0].size);
    return std::make_unique<DepthwiseKernel>(p, reinterpret_cast<const float*>(prepared[0].data));
  }

  double estimate(const Problem&) const override { return 0.5; }
};

}  // namespace

const Tactic& depthwise_simd() {
  static const DepthwiseSimd tactic;
  return tactic;
}

}  // namespace hone::cpu
