// Depthwise blocks of channels-last FP32 images with constant weights: the expansion, the depthwise convolution, and
// the means or the projection in one kernel.
#include "backends/cpu/simd/depthwise_block.h"

#include "backends/cpu/tactics/epilogue_plan.h"
#include "backends/cpu/tactics/epilogue_program.h"
#include "backends/cpu/tactics/packed_weights.h"
#include "ops/depthwise_block.h"

namespace hone::cpu {
namespace {

enum Input : size_t { kData, kFilters, kFilterBias, kExpansion, kExpansionBias, kProjection, kProjectionBias };

constexpr int64_t kLeastProjected = 128 * 1024;  // floats of an image
constexpr int64_t kLeastRows = 8;                // of a thread for each row that its neighbour expands, too

/// Operands of the epilogue are none of these.
bool has(const Problem& p, Input i) { return i < p.base_inputs() && p.has(i); }

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

DepthwiseSurroundings surroundings(const Problem& p) {
  DepthwiseSurroundings o;
  o.k = has(p, kExpansion) ? p.inputs[kData].channels() : 0;
  o.outputs = has(p, kProjection) ? p.outputs[0].channels() : 0;
  o.x_pitch = p.inputs[kData].pixel_pitch(), o.y_pitch = p.outputs[0].pixel_pitch();
  o.means = p.outputs.size() > 1;
  return o;
}

OutputMatrix output_of(const Problem& p) { return {p.outputs[0].dims, Format::kChannelsLast}; }

/// The expansion alone, as the epilogue's planner sees it.
Problem expansion(const Problem& p, const PwProgram& between) {
  Problem e;
  e.op = p.op, e.attrs = p.attrs;
  e.inputs = {p.inputs[kData], p.inputs[kExpansion]};
  e.present = {true, true};
  e.constants = {nullptr, p.constant(kExpansion)};
  const Dims& x = p.inputs[kData].dims;
  e.outputs = {{DType::kF32, Format::kChannelsLast, {x[0], p.inputs[kFilters].dims[0], x[2], x[3]}, 0}};
  if (!between.empty()) e.epilogue = {&between, 2};
  return e;
}

class BlockKernel : public Kernel {
 public:
  BlockKernel(const Problem& p, std::span<const Blob> blobs)
      : filters_(reinterpret_cast<const float*>(blobs[0].data)),
        block_(isa(), shape_of(p), surroundings(p), *activation_of({&p.attr<DepthwiseBlockAttrs>().after, 0}),
               p.threads) {
    const int64_t c = p.inputs[kFilters].dims[0];
    if (has(p, kExpansion)) {
      const Problem e = expansion(p, p.attr<DepthwiseBlockAttrs>().between);
      expansion_.emplace(blobs.subspan(1, 1), PackedShape{1, p.inputs[kData].channels(), c});
      between_ = EpiloguePlan(e, output_of(e), expansion_->bias() != nullptr).bind({});
      between_.bias = expansion_->bias();
    }
    if (has(p, kProjection)) {
      projection_.emplace(blobs.last(1), PackedShape{1, c, p.outputs[0].channels()});
      last_ = EpiloguePlan(p, output_of(p), projection_->bias() != nullptr);
    }
  }
  size_t workspace() const override { return block_.workspace(); }
  void run(const Launch& l) const noexcept override {
    DepthwiseBlockCall c;
    c.x = static_cast<const float*>(l.inputs[0]);
    c.b = expansion_ ? expansion_->b(0) : nullptr;
    c.between = &between_;
    c.packed = filters_;
    Epilogue last;
    if (projection_) {
      last = last_.bind(l);
      if (projection_->bias() != nullptr) last.bias = projection_->bias();
      c.projection = projection_->b(0), c.last = &last;
    }
    c.y = static_cast<float*>(l.outputs[0]);
    c.means = block_.means() ? static_cast<float*>(l.outputs[1]) : nullptr;
    block_.run(c, l.workspace);
  }

 private:
  const float* filters_;
  DepthwiseBlock block_;
  std::optional<PackedWeights> expansion_, projection_;
  Epilogue between_;
  EpiloguePlan last_;
};

class DepthwiseBlockSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.depthwise_block"; }

  Verdict supports(const Problem& p) const override {
    const auto& a = p.attr<DepthwiseBlockAttrs>();
    if (p.has_epilogue() && !has(p, kProjection)) return Verdict::no("takes an epilogue only after a projection");
    for (size_t i = 0; i < p.base_inputs(); ++i) {
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
    if (has(p, kExpansion)) {
      const Problem e = expansion(p, a.between);
      if (Verdict v = EpiloguePlan::check(e, output_of(e)); !v) return v;
    } else if (x.channels() != s.c) {
      return Verdict::no("lacks weights for {} channels", x.channels());
    }
    if (has(p, kProjection))
      if (Verdict v = EpiloguePlan::check(p, output_of(p)); !v) return v;
    const size_t bytes = DepthwiseBlock(isa(), s, surroundings(p), {}, p.threads).workspace();
    if (bytes > p.workspace_limit) return Verdict::no("needs {} bytes of workspace", bytes);
    return Verdict::yes();
  }

  /// The projection apart costs a pass of the depthwise convolution's result through memory, which takes a large image
  /// to matter; together with it, threads that share an image expand the rows that both need twice.
  Verdict promises(const Problem& p) const override {
    if (!has(p, kProjection)) return Verdict::yes();
    const DepthwiseShape s = shape_of(p);
    if (s.oh * s.ow * s.c < kLeastProjected)
      return Verdict::no("a projection of its own finds the result in the cache");
    if (has(p, kExpansion) && s.oh < p.threads * kLeastRows * (s.reach() - s.sh))
      return Verdict::no("threads would share too few rows");
    return Verdict::yes();
  }

  uint64_t folds(const Problem& p) const override {
    uint64_t bits = 0;
    for (size_t i = 1; i < p.base_inputs(); ++i) bits |= p.has(i) ? uint64_t{1} << i : 0;
    return bits;
  }

  std::vector<Blob> prepare(const Problem& p) const override {
    const DepthwiseShape s = shape_of(p);
    const auto floats = [&](Input i) { return has(p, i) ? p.constant(i)->data<float>() : nullptr; };
    std::byte* to = nullptr;
    std::vector<Blob> blobs = {Blob::allocate(filter_bytes(s), &to)};
    pack_depthwise(floats(kFilters), floats(kFilterBias), s.c, s.kh, s.kw, reinterpret_cast<float*>(to));
    const auto pack = [&](Input weights, Input bias, int64_t k, int64_t n) {
      const auto fill = [&](int64_t, float* b) {
        for (int64_t j = 0; j < n; ++j)
          for (int64_t i = 0; i < k; ++i) b[i * n + j] = floats(weights)[j * k + i];
      };
      if (has(p, weights)) blobs.push_back(pack_weights({1, k, n}, fill, floats(bias)));
    };
    pack(kExpansion, kExpansionBias, p.inputs[kData].channels(), s.c);
    pack(kProjection, kProjectionBias, s.c, p.outputs[0].channels());
    return blobs;
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    const size_t wanted = 1 + (has(p, kExpansion) ? 1 : 0) + (has(p, kProjection) ? 1 : 0);
    require<ModelError>(blobs.size() == wanted && blobs[0].size == filter_bytes(shape_of(p)),
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
