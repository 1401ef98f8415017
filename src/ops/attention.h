// softmax(scale * Q K^T + mask) V. Inputs: Q [B,H,Sq,D], K [B,Hkv,Skv,D], V [B,Hkv,Skv,Dv], optional mask broadcast to
// [B,H,Sq,Skv] (additive, or bool: keep), or repeated along B.
#pragma once

#include "ops/op.h"

namespace hone {

/// H is a multiple of Hkv (grouped queries). q/k/v_perm give each operand's axes in memory as [B,H,S,D] positions: the
/// operand is transposed by them first (fused transposes); out_perm is applied to the output. Empty: identity.
/// Operands may hold more heads than are used, as the result of one product for all three does: q_first, k_first and
/// v_first are the first ones used, `heads` and `kv_heads` their numbers (0: all from the first on).
struct AttentionAttrs : AttributesOf<AttentionAttrs> {
  double scale = 1, softcap = 0;  // softcap 0: none; else cap * tanh(x / cap)
  bool causal = false;            // key position <= query position + (Skv - Sq) * causal_offset
  bool causal_bottom_right = false;
  bool mask_repeats = false;  // the mask has items for a part of the batch, and begins again behind the last one
  std::vector<int64_t> q_perm, k_perm, v_perm, out_perm;
  int64_t q_first = 0, k_first = 0, v_first = 0, heads = 0, kv_heads = 0;
  /// Of operand 0 (queries), 1 (keys) or 2 (values).
  const std::vector<int64_t>& perm(size_t operand) const {
    return operand == 0 ? q_perm : operand == 1 ? k_perm : v_perm;
  }
  int64_t first(size_t operand) const { return operand == 0 ? q_first : operand == 1 ? k_first : v_first; }
  /// Heads used of an operand that holds `all`.
  int64_t used(size_t operand, int64_t all) const {
    const int64_t n = operand == 0 ? heads : kv_heads;
    return n > 0 ? n : all - first(operand);
  }
  /// Whether an operand that holds `all` heads has those that are used.
  bool has_heads(size_t operand, int64_t all) const {
    const int64_t from = first(operand), n = used(operand, all);
    return from >= 0 && from <= all && n >= 0 && n <= all - from;
  }
  void visit(FieldVisitor& v) override {
    v.field("scale", scale), v.field("softcap", softcap), v.field("causal", causal);
    v.field("causal_bottom_right", causal_bottom_right), v.field("mask_repeats", mask_repeats),
        v.field("q_perm", q_perm), v.field("k_perm", k_perm), v.field("v_perm", v_perm);
    v.field("out_perm", out_perm);
    v.field("q_first", q_first), v.field("k_first", k_first), v.field("v_first", v_first);
    v.field("heads", heads), v.field("kv_heads", kv_heads);
  }
};

}  // namespace hone
