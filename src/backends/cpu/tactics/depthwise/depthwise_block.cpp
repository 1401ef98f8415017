// Depthwise blocks of channels-last FP32 images with constant weights: the 1x1 convolution, the depthwise convolution
// and the means in one kernel.
#include "backends/cpu/simd/depthwise_block.h"

#include "backends/cpu/tactics/epilogue_plan.h"
#include "backends/cpu/tactics/epilogue_program.h"
#include "backends/cpu/tactics/packed_weights.h"
#include "ops/depthwise_block.h"

namespace hone::cpu {
namespace {

enum Input : size_t { kData, kFilters, kFilterBias, kWeights, kBias };

DepthwiseShape shape_of(const Problem& p) {
  const Dims &x = p.inputs[kData].dims, &w = p.inputs[kFilters].dims, &y = p.outputs[0].dims;
  const Window window = complete(p.attr<DepthwiseBlockAttrs>().window, 2);
  DepthwiseShape s;
  s.n = x[0], s.c = w[0], s.h = x[2], s.w = x[3], s.oh = y[2], s.ow = y[3];
  s.kh = static_cast<int>(w[2]), s.kw = static_cast<int>(w[3]);
  s.sh = static_cast<int>(window.stride[0]), s.sw = static_cast<int>(window.stride[1]);
  s.dh = static_cast<int>(window.dilation[0]), s.dw = static_cast<int>(window.dilation[1]);
  s.pad_top = static_cast<int>(window_pads(x[2], window, 0, w[2]).first);
  s.pad_left = static_cast<int>(window_pads(x[3], window, 1, w[3]).first);
  return s;
}

/// The 1x1 convolution alone, as the epilogue's planner sees it.
Problem expansion(const Problem& p, const PwProgram& between) {
  Problem e;
  e.op = p.op, e.attrs = p.attrs;
  e.inputs = {p.inputs[kData], p.inputs[kWeights]};
  e.present = {true, true};
  e.constants = {nullptr, p.constant(kWeights)};
  const Dims& x = p.inputs[kData].dims;
  e.outputs = {{DType::kF32, Format::kChannelsLast, {x[0], p.inputs[kFilters].dims[0], x[2], x[3]}, 0}};
  if (!between.empty()) e.epilogue = {&between, 2};
  return e;
}

class BlockKernel : public Kernel {
 public:
  BlockKernel(const Problem& p, std::span<const Blob> blobs)
      : filters_(reinterpret_cast<const float*>(blobs[0].data)),
        block_(isa(), shape_of(p), p.has(kWeights) ? p.inputs[kData].channels() : 0,
               *activation_of({&p.attr<DepthwiseBlockAttrs>().after, 0}), p.inputs[kData].pixel_pitch(),
               p.outputs[0].pixel_pitch(), p.outputs.size() > 1, p.threads) {
    if (!p.has(kWeights)) return;
    const Problem e = expansion(p, p.attr<DepthwiseBlockAttrs>().between);
    weights_.emplace(blobs.subspan(1), PackedShape{1, p.inputs[kData].channels(), e.outputs[0].channels()});
    between_ = EpiloguePlan(e, {e.outputs[0].dims, Format::kChannelsLast}, p.has(kBias)).bind({});
    between_.bias = weights_->bias();
  }
  size_t workspace() const override { return block_.workspace(); }
  void run(const Launch& l) const noexcept override {
    DepthwiseBlockCall c;
    c.x = static_cast<const float*>(l.inputs[0]);
    c.b = weights_ ? weights_->b(0) : nullptr;
    c.between = &between_;
    c.packed = filters_;
    c.y = static_cast<float*>(l.outputs[0]);
    c.means = block_.means() ? static_cast<float*>(l.outputs[1]) : nullptr;
    block_.run(c, l.workspace);
  }

 private:
  const float* filters_;
  DepthwiseBlock block_;
  std::optional<PackedWeights> weights_;
  Epilogue between_;
};

class DepthwiseBlockSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.depthwise_block"; }

  Verdict supports(const Problem& p) const override {
    const auto& a = p.attr<DepthwiseBlockAttrs>();
    if (p.has_epilogue()) return Verdict::no("takes no further epilogue");
    for (size_t i = 0; i < p.inputs.size(); ++i) {
      if (!p.has(i)) continue;
      if (p.inputs[i].type != DType::kF32) return Verdict::no("computes in f32, not {}", hone::name(p.inputs[i].type));
      if (i > 0 && p.constant(i) == nullptr) return Verdict::no("packs weights, which must be constant");
    }
    const TensorDesc &x = p.inputs[kData], &y = p.outputs[0];
    if (y.type != DType::kF32) return Verdict::no("writes f32");
    if (x.format != Format::kChannelsLast || y.format != Format::kChannelsLast)
      return Verdict::no("reads and writes channels-last");
    if (p.outputs.size() > 1 && p.outputs[1].pitch > 0) return Verdict::no("writes dense means");
    if (x.count() == 0 || y.count() == 0) return Verdict::no("does not handle empty tensors");
    const DepthwiseShape s = shape_of(p);
    if (s.c % kDepthwiseBlock != 0) return Verdict::no("channels are not a multiple of {}", kDepthwiseBlock);
    if (s.kh * s.kw > 4096) return Verdict::no("kernel of {} taps", s.kh * s.kw);
    if (s.pad_top < 0 || s.pad_left < 0) return Verdict::no("takes no negative padding");
    if (!activation_of({&a.after, 0})) return Verdict::no("knows no such activation after the depthwise convolution");
    if (p.has(kWeights)) {
      const Problem e = expansion(p, a.between);
      if (Verdict v = EpiloguePlan::check(e, {e.outputs[0].dims, Format::kChannelsLast}); !v) return v;
    } else if (x.channels() != s.c) {
      return Verdict::no("lacks weights for {} channels", x.channels());
    }
    const size_t bytes = DepthwiseBlock(isa(), s, p.has(kWeights) ? x.channels() : 0, {}, x.pixel_pitch(),
                                        y.pixel_pitch(), p.outputs.size() > 1, p.threads)
                             .workspace();
    if (bytes > p.workspace_limit) return Verdict::no("needs {} bytes of workspace", bytes);
    return Verdict::yes();
  }

  uint64_t folds(const Problem& p) const override {
    uint64_t bits = 0;
    for (size_t i = 1; i < p.inputs.size(); ++i) bits |= p.has(i) ? uint64_t{1} << i : 0;
    return bits;
  }

  std::vector<Blob> prepare(const Problem& p) const override {
    const DepthwiseShape s = shape_of(p);
    const auto floats = [&](size_t i) { return p.has(i) ? p.constant(i)->data<float>() : nullptr; };
    std::byte* to = nullptr;
    std::vector<Blob> blobs = {Blob::allocate(filter_bytes(s), &to)};
    pack_depthwise(floats(kFilters), floats(kFilterBias), s.c, s.kh, s.kw, reinterpret_cast<float*>(to));
    if (!p.has(kWeights)) return blobs;
    const int64_t k = p.inputs[kData].channels();
    const auto fill = [&](int64_t, float* b) {
      for (int64_t j = 0; j < s.c; ++j)
        for (int64_t i = 0; i < k; ++i) b[i * s.c + j] = floats(kWeights)[j * k + i];
    };
    blobs.push_back(pack_weights({1, k, s.c}, fill, floats(kBias)));
    return blobs;
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    require<ModelError>(blobs.size() == (p.has(kWeights) ? 2u : 1u) && blobs[0].size == filter_bytes(shape_of(p)),
                        "depthwise block: prepared weights are missing or cut off");
    return std::make_unique<BlockKernel>(p, blobs);
  }

 private:
  static size_t filter_bytes(const DepthwiseShape& s) {
    return static_cast<size_t>(depthwise_packed_size(s.c, s.kh, s.kw)) * sizeof(float);
  }
};

}  // namespace

const Tactic& depthwise_block() {
  static const DepthwiseBlockSimd tactic;
  return tactic;
}

}  // namespace hone::cpu
