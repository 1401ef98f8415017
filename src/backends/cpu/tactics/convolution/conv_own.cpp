// Convolutions by our own matrix kernels with constant weights: cpu.conv_gemm multiplies pixels or gathered windows,
// cpu.conv_staged reads windows in place from padded lines and also takes planar images of few channels.
#include "backends/cpu/simd/conv_staged.h"
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/tactics/convolution/conv_geometry.h"
#include "backends/cpu/tactics/fused_tail.h"
#include "backends/cpu/tactics/packed_weights.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

constexpr int64_t kMostPlanarChannels = 8;

PackedShape packed_shape(const ConvGeometry& g) { return {g.groups, g.rows.k(), g.group_out()}; }

/// W[out, in, ky, kx] of one group as B[(ky, kx, in), out].
void weights_as_matrix(const ConvGeometry& g, const float* w, int64_t group, float* b) {
  const int64_t taps = g.rows.kernel_h * g.rows.kernel_w, in = g.group_in(), out = g.group_out();
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i)
      for (int64_t t = 0; t < taps; ++t) b[(t * in + i) * out + o] = w[((group * out + o) * in + i) * taps + t];
}

class OwnKernel : public Kernel {
 public:
  OwnKernel(const Problem& p, const ConvGeometry& g, std::span<const Blob> blobs)
      : g_(g), weights_(blobs, packed_shape(g)), tail_(p, g.output, has_bias(p)), threads_(p.threads) {
    bias_input_ = has_bias(p) && weights_.bias() == nullptr ? 2 : -1;
  }

 protected:
  static bool has_bias(const Problem& p) { return p.base_inputs() > 2 && p.has(2); }

  /// Calls f(input, group, output, epilogue) per group.
  template <class F>
  void for_groups(const Launch& l, F f) const noexcept {
    const auto* x = static_cast<const float*>(l.inputs[0]);
    auto* y = static_cast<float*>(l.outputs[0]);
    for (int64_t group = 0; group < g_.groups; ++group) {
      const int64_t column = group * g_.group_out();
      Epilogue e = tail_.bind(l, column);
      const float* bias = bias_input_ >= 0 ? static_cast<const float*>(l.inputs[bias_input_]) : weights_.bias();
      if (bias != nullptr) e.bias = bias + column;
      f(x + group * g_.group_in(), group, y + column, e);
    }
  }

  const ConvGeometry g_;
  const PackedWeights weights_;
  const FusedTail tail_;
  const int threads_;
  int bias_input_;
};

class GemmConvKernel : public OwnKernel {
 public:
  using OwnKernel::OwnKernel;
  size_t workspace() const override { return tail_.workspace(); }
  void run(const Launch& l) const noexcept override {
    for_groups(l, [&](const float* x, int64_t group, float* y, const Epilogue& e) {
      ConvRows rows = g_.rows;
      rows.input = x;
      Gemm m;
      m.m = g_.pixels(), m.n = g_.group_out(), m.k = rows.k();
      m.a = x, m.lda = rows.pixel_pitch;
      m.rows = g_.is_pointwise() ? nullptr : &rows;
      m.b = weights_.b(group);
      m.c = y, m.ldc = g_.out_pitch;
      m.epilogue = &e;
      gemm(weights_.isa(), m);
    });
    tail_.finish(l, l.workspace);
  }
};

class StagedConvKernel : public OwnKernel {
 public:
  using OwnKernel::OwnKernel;
  size_t workspace() const override { return static_cast<size_t>(buffers()) + tail_.workspace(); }
  void run(const Launch& l) const noexcept override {
    // The workspace holds buffers for this many threads.
    const ThreadScope scope(std::min(num_threads(), threads_));
    for_groups(l, [&](const float* x, int64_t group, float* y, const Epilogue& e) {
      StagedConv conv{g_.rows, g_.planar, g_.batch, g_.group_out(), weights_.b(group), y, g_.out_pitch, &e};
      conv.rows.input = x;
      staged_conv(weights_.isa(), conv, l.workspace);
    });
    tail_.finish(l, static_cast<std::byte*>(l.workspace) + buffers());
  }

 private:
  /// Bytes for staged lines, a multiple of 64.
  int64_t buffers() const { return staged_conv_workspace(g_.rows, g_.planar, threads_); }
};

class OwnTactic : public Tactic {
 public:
  uint64_t folds(const Problem& p) const override {
    return 2u | (p.base_inputs() > 2 && p.has(2) && p.constant(2) != nullptr ? 4u : 0u);
  }
  std::vector<Blob> prepare(const Problem& p) const override {
    ConvGeometry g;
    const Verdict v = geometry(p, g);
    require<InternalError>(static_cast<bool>(v), "{}", v.reason);
    const auto* w = p.constant(1)->data<float>();
    const Tensor* bias = (folds(p) & 4u) != 0 ? p.constant(2) : nullptr;
    return {pack_weights(
        packed_shape(g), [&](int64_t group, float* b) { weights_as_matrix(g, w, group, b); },
        bias != nullptr ? bias->data<float>() : nullptr)};
  }

 protected:
  virtual Verdict geometry(const Problem& p, ConvGeometry& g) const = 0;
  static Verdict constant_weights(const Problem& p) {
    return p.constant(1) != nullptr ? Verdict::yes() : Verdict::no("packs weights, which must be constant");
  }
};

class ConvGemm : public OwnTactic {
 public:
  std::string_view name() const override { return "cpu.conv_gemm"; }
  Verdict supports(const Problem& p) const override {
    ConvGeometry g;
    if (Verdict v = geometry(p, g); !v) return v;
    return constant_weights(p);
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    ConvGeometry g;
    (void)geometry(p, g);
    return std::make_unique<GemmConvKernel>(p, g, blobs);
  }
  double estimate(const Problem& p) const override {
    ConvGeometry g;
    (void)geometry(p, g);
    return g.is_pointwise() ? 1 : 3;
  }

 protected:
  Verdict geometry(const Problem& p, ConvGeometry& g) const override { return conv_geometry(p, false, g); }
};

class ConvStaged : public OwnTactic {
 public:
  std::string_view name() const override { return "cpu.conv_staged"; }
  Verdict supports(const Problem& p) const override {
    ConvGeometry g;
    if (Verdict v = geometry(p, g); !v) return v;
    if (!staged_conv_supports(g.rows)) return Verdict::no("takes no dilation along the last axis");
    if (g.is_pointwise()) return Verdict::no("has no windows to stage");
    if (g.rows.pad_top < 0 || g.rows.pad_left < 0) return Verdict::no("takes no negative padding");
    if (g.planar && (g.groups != 1 || g.in_channels > kMostPlanarChannels))
      return Verdict::no("reads planar images of up to {} channels in one group", kMostPlanarChannels);
    const int64_t workspace = staged_conv_workspace(g.rows, g.planar, p.threads);
    if (workspace > 0 && static_cast<size_t>(workspace) > p.workspace_limit)
      return Verdict::no("needs {} bytes of workspace", workspace);
    return constant_weights(p);
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    ConvGeometry g;
    (void)geometry(p, g);
    return std::make_unique<StagedConvKernel>(p, g, blobs);
  }
  double estimate(const Problem&) const override { return 2; }

 protected:
  Verdict geometry(const Problem& p, ConvGeometry& g) const override { return conv_geometry(p, true, g); }
};

}  // namespace

const Tactic& conv_gemm() {
  static const ConvGemm tactic;
  return tactic;
}

const Tactic& conv_staged() {
  static const ConvStaged tactic;
  return tactic;
}

}  // namespace hone::cpu
