// Attention in FP32 with the transposes around it folded into strides.
#include "backends/cpu/simd/attention.h"
#include "backends/layout.h"
#include "ops/attention.h"

namespace hone::cpu {
namespace {

// An operand as [B,H,S,D].
struct Operand {
  Dims dims;
  std::vector<int64_t> strides;
  int64_t start = 0;  // of the first head that is used
  Operand(const Problem& p, size_t i) {
    const auto& a = p.attr<AttentionAttrs>();
    const std::vector<int64_t> own = element_strides(p.inputs[i]);
    for (size_t k = 0; k < 4; ++k) {
      const size_t axis = a.perm(i).empty() ? k : static_cast<size_t>(a.perm(i)[k]);
      dims.push_back(p.inputs[i].dims[axis]), strides.push_back(own[axis]);
    }
    start = a.first(i) * strides[1];
    dims[1] = a.used(i, dims[1]);
  }
};
std::vector<int64_t> output_strides(const TensorDesc& d, const std::vector<int64_t>& perm) {
  std::vector<int64_t> own = element_strides(d);
  if (perm.empty()) return own;
  std::vector<int64_t> s(4);
  for (size_t i = 0; i < 4; ++i) s[static_cast<size_t>(perm[i])] = own[i];
  return s;
}

AttentionShape shape_of(const Problem& p) {
  const auto& a = p.attr<AttentionAttrs>();
  const Operand q(p, 0), k(p, 1), v(p, 2);
  AttentionShape s;
  s.batch = q.dims[0], s.heads = q.dims[1], s.kv_heads = k.dims[1], s.rows = q.dims[2], s.keys = k.dims[2];
  s.channels = q.dims[3], s.value_channels = v.dims[3];
  s.scale = static_cast<float>(a.scale), s.softcap = static_cast<float>(a.softcap);
  s.causal = a.causal;
  s.causal_offset = a.causal_bottom_right ? s.keys - s.rows : 0;
  const auto view = [](const std::vector<int64_t>& t) { return AttentionView{t[0], t[1], t[2]}; };
  s.q = view(q.strides), s.k = view(k.strides), s.v = view(v.strides);
  s.out = view(output_strides(p.outputs[0], a.out_perm));
  if (p.has(3)) {
    const std::vector<int64_t> m = broadcast_strides_of(p.inputs[3], 4);
    s.mask = {p.inputs[3].type == DType::kBool ? MaskKind::kKeep : MaskKind::kAdd, m[0], m[1], m[2], m[3]};
    if (a.mask_repeats && p.inputs[3].dims.size() == 4) s.mask.items = p.inputs[3].dims[0];
  }
  return s;
}

class AttentionKernel : public Kernel {
 public:
  explicit AttentionKernel(const Problem& p) : attention_(isa(), shape_of(p)), threads_(p.threads), masked_(p.has(3)) {
    for (size_t i = 0; i < 3; ++i) start_[i] = Operand(p, i).start;
  }
  size_t workspace() const override { return attention_.workspace(threads_); }
  void run(const Launch& l) const noexcept override {
    const auto operand = [&](size_t i) { return static_cast<const float*>(l.inputs[i]) + start_[i]; };
    attention_.run(operand(0), operand(1), operand(2), masked_ ? l.inputs[3] : nullptr,
                   static_cast<float*>(l.outputs[0]), l.workspace, threads_);
  }

 private:
  Attention attention_;
  int threads_;
  bool masked_;
  std::array<int64_t, 3> start_{};
};

class AttentionSimd : public Tactic {
 public:
  std::string_view name() const override { return "cpu.attention_simd"; }
  Verdict supports(const Problem& p) const override {
    const auto& a = p.attr<AttentionAttrs>();
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (p.inputs.size() < 3 || p.outputs.size() != 1) return Verdict::no("unusual operands");
    for (size_t i = 0; i < 3; ++i) {
      if (p.inputs[i].type != DType::kF32) return Verdict::no("not FP32");
      if (p.inputs[i].format != Format::kLinear) return Verdict::no("not linear");
      if (p.inputs[i].dims.size() != 4) return Verdict::no("not of rank 4");
      const size_t heads = a.perm(i).empty() ? 1 : static_cast<size_t>(a.perm(i)[1]);
      if (!a.has_heads(i, p.inputs[i].dims[heads])) return Verdict::no("uses heads that an operand does not hold");
      if (Operand(p, i).strides[3] != 1) return Verdict::no("head channels are not contiguous");
    }
    const TensorDesc& y = p.outputs[0];
    if (y.type != DType::kF32 || y.format != Format::kLinear || y.dims.size() != 4)
      return Verdict::no("output type or format");
    if (output_strides(y, a.out_perm)[3] != 1) return Verdict::no("output channels are not contiguous");
    if (p.has(3)) {
      const TensorDesc& m = p.inputs[3];
      if (m.type != DType::kF32 && m.type != DType::kBool) return Verdict::no("mask type {}", hone::name(m.type));
      if (m.format != Format::kLinear || m.dims.size() > 4) return Verdict::no("mask format");
      if (m.count() == 0) return Verdict::no("mask is empty");
    }
    const AttentionShape s = shape_of(p);
    if (s.kv_heads < 1 || s.heads % s.kv_heads != 0 || s.keys < 1) return Verdict::no("head counts");
    const Attention attention(isa(), s);
    if (attention.workspace(p.threads) > p.workspace_limit)
      return Verdict::no("workspace of {} bytes", attention.workspace(p.threads));
    return Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<AttentionKernel>(p);
  }
};

}  // namespace

const Tactic& attention_simd() {
  static const AttentionSimd tactic;
  return tactic;
}

}  // namespace hone::cpu
