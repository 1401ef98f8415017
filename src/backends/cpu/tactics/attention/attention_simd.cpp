// Attention in FP32 with the transposes around it folded into strides.
#include "backends/cpu/simd/attention.h"
#include "backends/layout.h"
#include "ops/attention.h"

namespace hone::cpu {
namespace {

// Strides of [B,H,S,D] in an operand whose memory axes are permuted by `perm`.
std::vector<int64_t> operand_strides(const TensorDesc& d, const std::vector<int64_t>& perm) {
  const std::vector<int64_t> own = element_strides(d);
  if (perm.empty()) return own;
  std::vector<int64_t> s;
  for (int64_t a : perm) s.push_back(own[static_cast<size_t>(a)]);
  return s;
}
Dims operand_dims(const TensorDesc& d, const std::vector<int64_t>& perm) {
  if (perm.empty()) return d.dims;
  Dims r;
  for (int64_t a : perm) r.push_back(d.dims[static_cast<size_t>(a)]);
  return r;
}
std::vector<int64_t> output_strides(const TensorDesc& d, const std::vector<int64_t>& perm) {
  const std::vector<int64_t> own = element_strides(d);
  if (perm.empty()) return own;
  std::vector<int64_t> s(4);
  for (size_t i = 0; i < 4; ++i) s[static_cast<size_t>(perm[i])] = own[i];
  return s;
}

AttentionShape shape_of(const Problem& p) {
  const auto& a = p.attr<AttentionAttrs>();
  const Dims q = operand_dims(p.inputs[0], a.q_perm), k = operand_dims(p.inputs[1], a.k_perm),
             v = operand_dims(p.inputs[2], a.v_perm);
  AttentionShape s;
  s.batch = q[0], s.heads = q[1], s.kv_heads = k[1], s.rows = q[2], s.keys = k[2];
  s.channels = q[3], s.value_channels = v[3];
  s.scale = static_cast<float>(a.scale), s.softcap = static_cast<float>(a.softcap);
  s.causal = a.causal;
  s.causal_offset = a.causal_bottom_right ? s.keys - s.rows : 0;
  const auto view = [](const std::vector<int64_t>& t) { return AttentionView{t[0], t[1], t[2]}; };
  s.q = view(operand_strides(p.inputs[0], a.q_perm));
  s.k = view(operand_strides(p.inputs[1], a.k_perm));
  s.v = view(operand_strides(p.inputs[2], a.v_perm));
  s.out = view(output_strides(p.outputs[0], a.out_perm));
  if (p.has(3)) {
    const std::vector<int64_t> m = broadcast_strides_of(p.inputs[3], 4);
    s.mask = {p.inputs[3].type == DType::kBool ? MaskKind::kKeep : MaskKind::kAdd, m[0], m[1], m[2], m[3]};
  }
  return s;
}

class AttentionKernel : public Kernel {
 public:
  explicit AttentionKernel(const Problem& p) : attention_(isa(), shape_of(p)), threads_(p.threads), masked_(p.has(3)) {}
  size_t workspace() const override { return attention_.workspace(threads_); }
  void run(const Launch& l) const noexcept override {
    attention_.run(static_cast<const float*>(l.inputs[0]), static_cast<const float*>(l.inputs[1]),
                   static_cast<const float*>(l.inputs[2]), masked_ ? l.inputs[3] : nullptr,
                   static_cast<float*>(l.outputs[0]), l.workspace, threads_);
  }

 private:
  Attention attention_;
  int threads_;
  bool masked_;
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
      const auto& perm = i == 0 ? a.q_perm : i == 1 ? a.k_perm : a.v_perm;
      if (p.inputs[i].dims.size() != 4) return Verdict::no("not of rank 4");
      if (operand_strides(p.inputs[i], perm)[3] != 1) return Verdict::no("head channels are not contiguous");
    }
    const TensorDesc& y = p.outputs[0];
    if (y.type != DType::kF32 || y.format != Format::kLinear || y.dims.size() != 4)
      return Verdict::no("output type or format");
    if (output_strides(y, a.out_perm)[3] != 1) return Verdict::no("output channels are not contiguous");
    if (p.has(3)) {
      const TensorDesc& m = p.inputs[3];
      if (m.type != DType::kF32 && m.type != DType::kBool) return Verdict::no("mask type {}", hone::name(m.type));
      if (m.format != Format::kLinear || m.dims.size() > 4) return Verdict::no("mask format");
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
