// Convolutions over single pixels of scaled data: the factors are applied to the rows of the matrix product as they are
// copied into the first-level cache.
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/tactics/convolution/conv_geometry.h"
#include "backends/cpu/tactics/fused_tail.h"
#include "backends/cpu/tactics/packed_weights.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

constexpr size_t kFactors = 2, kBias = 3;

/// The same without factors: a convolution whose bias is where convolutions have it.
Problem unscaled(const Problem& p) {
  Problem c = p;
  const bool has_bias = p.base_inputs() > kBias && p.has(kBias);
  c.present.at(kFactors) = has_bias;
  if (has_bias) {
    c.inputs[kFactors] = p.inputs[kBias];
    if (!p.constants.empty()) c.constants[kFactors] = p.constants[kBias];
  }
  return c;
}

Verdict geometry_of(const Problem& p, ConvGeometry& g) {
  if (Verdict v = conv_geometry(unscaled(p), false, g); !v) return v;
  if (!g.is_pointwise() || g.groups != 1) return Verdict::no("takes 1x1 kernels of stride 1 in one group");
  const TensorDesc& s = p.inputs[kFactors];
  if (s.type != DType::kF32 || s.pitch > 0) return Verdict::no("takes dense f32 factors");
  return Verdict::yes();
}

class ScaledKernel : public Kernel {
 public:
  ScaledKernel(const Problem& p, const ConvGeometry& g, std::span<const Blob> blobs)
      : g_(g),
        weights_(blobs, {1, g.in_channels, g.out_channels}),
        tail_(p, g.output, weights_.bias() != nullptr),
        shared_factors_(p.inputs[kFactors].dims[0] == 1) {}
  size_t workspace() const override { return tail_.workspace(); }
  void run(const Launch& l) const noexcept override {
    Epilogue e = tail_.bind(l);
    if (weights_.bias() != nullptr) e.bias = weights_.bias();
    const int64_t images = shared_factors_ ? 1 : g_.batch, pixels = g_.pixels() / images;
    const auto run_image = [&](int64_t i) {
      Gemm m;
      m.m = pixels, m.n = g_.out_channels, m.k = g_.in_channels;
      m.lda = g_.rows.pixel_pitch, m.ldc = g_.out_pitch;
      m.b = weights_.b(0);
      m.epilogue = &e;
      m.a = static_cast<const float*>(l.inputs[0]) + i * pixels * m.lda;
      m.a_factors = static_cast<const float*>(l.inputs[kFactors]) + i * g_.in_channels;
      m.c = static_cast<float*>(l.outputs[0]) + i * pixels * m.ldc;
      m.epilogue_row0 = i * pixels;
      gemm(weights_.isa(), m);
    };
    // Threads share whole images where these come out even, else the rows and columns of each.
    if (images % num_threads() == 0)
      parallel_for(images, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) run_image(i);
      });
    else
      for (int64_t i = 0; i < images; ++i) run_image(i);
    tail_.finish(l, l.workspace);
  }

 private:
  const ConvGeometry g_;
  const PackedWeights weights_;
  const FusedTail tail_;
  const bool shared_factors_;
};

class ConvScaled : public Tactic {
 public:
  std::string_view name() const override { return "cpu.conv_scaled"; }
  Verdict supports(const Problem& p) const override {
    ConvGeometry g;
    if (Verdict v = geometry_of(p, g); !v) return v;
    if (p.constant(1) == nullptr || (p.base_inputs() > kBias && p.has(kBias) && p.constant(kBias) == nullptr))
      return Verdict::no("packs weights, which must be constant");
    return Verdict::yes();
  }
  uint64_t folds(const Problem& p) const override { return p.base_inputs() > kBias && p.has(kBias) ? 2u | 8u : 2u; }
  std::vector<Blob> prepare(const Problem& p) const override {
    const int64_t k = p.inputs[0].channels(), n = p.outputs[0].channels();
    const auto* w = p.constant(1)->data<float>();
    const Tensor* bias = p.base_inputs() > kBias && p.has(kBias) ? p.constant(kBias) : nullptr;
    const auto fill = [&](int64_t, float* b) {
      for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < k; ++i) b[i * n + j] = w[j * k + i];
    };
    return {pack_weights({1, k, n}, fill, bias != nullptr ? bias->data<float>() : nullptr)};
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    ConvGeometry g;
    const Verdict v = geometry_of(p, g);
    require<InternalError>(static_cast<bool>(v), "{}", v.reason);
    return std::make_unique<ScaledKernel>(p, g, blobs);
  }
};

}  // namespace

const Tactic& conv_scaled() {
  static const ConvScaled tactic;
  return tactic;
}

}  // namespace hone::cpu
