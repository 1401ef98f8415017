// 3x3 convolutions of stride 1 by minimal filtering, with constant weights transformed at build time.
#include "backends/cpu/simd/winograd.h"
#include "backends/cpu/tactics/convolution/conv_geometry.h"
#include "backends/cpu/tactics/fused_tail.h"
#include "backends/cpu/tactics/packed_weights.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

bool has_bias(const Problem& p) { return p.base_inputs() > 2 && p.has(2); }

Verdict geometry_of(const Problem& p, ConvGeometry& g) {
  if (Verdict v = conv_geometry(p, false, g); !v) return v;
  const ConvRows& r = g.rows;
  if (r.kernel_h != 3 || r.kernel_w != 3) return Verdict::no("handles kernels of 3x3");
  if (r.stride_h != 1 || r.stride_w != 1 || r.dilation_h != 1 || r.dilation_w != 1)
    return Verdict::no("takes neither strides nor dilation");
  if (g.groups != 1) return Verdict::no("takes one group");
  if (g.in_channels % kWinogradChannels != 0 || g.out_channels % kWinogradChannels != 0)
    return Verdict::no("channels are not multiples of {}", kWinogradChannels);
  return Verdict::yes();
}

PackedShape packed_shape(const ConvGeometry& g) { return {kWinogradTaps, g.in_channels, g.out_channels}; }

class WinogradKernel : public Kernel {
 public:
  WinogradKernel(const Problem& p, const ConvGeometry& g, std::span<const Blob> blobs)
      : g_(g), weights_(blobs, packed_shape(g)), tail_(p, g.output, has_bias(p)), threads_(p.threads) {}
  size_t workspace() const override { return scratch() + tail_.workspace(); }
  void run(const Launch& l) const noexcept override {
    const ThreadScope scope(std::min(num_threads(), threads_));
    Epilogue e = tail_.bind(l);
    if (weights_.bias() != nullptr) e.bias = weights_.bias();
    WinogradConv c;
    c.rows = g_.rows, c.batch = g_.batch, c.n = g_.out_channels;
    c.rows.input = static_cast<const float*>(l.inputs[0]);
    c.b = weights_.b(0), c.b_stride = weights_.b(1) - weights_.b(0);
    c.c = static_cast<float*>(l.outputs[0]), c.ldc = g_.out_pitch;
    c.epilogue = &e;
    winograd_conv(weights_.isa(), c, l.workspace);
    tail_.finish(l, static_cast<std::byte*>(l.workspace) + scratch());
  }

 private:
  size_t scratch() const {
    const int64_t bytes = winograd_workspace(weights_.isa(), g_.rows, g_.out_channels, threads_);
    return static_cast<size_t>((bytes + 63) / 64 * 64);
  }
  const ConvGeometry g_;
  const PackedWeights weights_;
  const FusedTail tail_;
  const int threads_;
};

class ConvWinograd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.conv_winograd"; }
  Verdict supports(const Problem& p) const override {
    ConvGeometry g;
    if (Verdict v = geometry_of(p, g); !v) return v;
    if (p.constant(1) == nullptr || (has_bias(p) && p.constant(2) == nullptr))
      return Verdict::no("transforms weights, which must be constant");
    const int64_t bytes = winograd_workspace(isa(), g.rows, g.out_channels, p.threads);
    if (static_cast<size_t>(bytes) > p.workspace_limit) return Verdict::no("needs {} bytes of workspace", bytes);
    return Verdict::yes();
  }
  uint64_t folds(const Problem& p) const override { return has_bias(p) ? 6 : 2; }
  std::vector<Blob> prepare(const Problem& p) const override {
    ConvGeometry g;
    const Verdict v = geometry_of(p, g);
    require<InternalError>(static_cast<bool>(v), "{}", v.reason);
    const int64_t in = g.in_channels, out = g.out_channels;
    std::vector<float> all(static_cast<size_t>(kWinogradTaps * in * out));
    for (int64_t o = 0; o < out; ++o)
      for (int64_t i = 0; i < in; ++i) {
        double taps[kWinogradTaps];
        winograd_weights(p.constant(1)->data<float>() + (o * in + i) * 9, 1, taps);
        for (int64_t t = 0; t < kWinogradTaps; ++t)
          all[static_cast<size_t>((t * in + i) * out + o)] = static_cast<float>(taps[t]);
      }
    const auto fill = [&](int64_t tap, float* b) { std::copy_n(all.begin() + tap * in * out, in * out, b); };
    return {pack_weights(packed_shape(g), fill, has_bias(p) ? p.constant(2)->data<float>() : nullptr)};
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    ConvGeometry g;
    const Verdict v = geometry_of(p, g);
    require<InternalError>(static_cast<bool>(v), "{}", v.reason);
    return std::make_unique<WinogradKernel>(p, g, blobs);
  }
  double estimate(const Problem&) const override { return 2; }
};

}  // namespace

const Tactic& conv_winograd() {
  static const ConvWinograd tactic;
  return tactic;
}

}  // namespace hone::cpu
