// softmax(scale * Q K^T + mask) V. Inputs: Q [B,H,Sq,D], K [B,Hkv,Skv,D], V [B,Hkv,Skv,Dv], optional mask broadcast to
// [B,H,Sq,Skv] (additive, or bool: keep).
#pragma once

#include "ops/op.h"

namespace hone {

/// H is a multiple of Hkv (grouped queries). q/k/v_perm give each operand's axes in memory as [B,H,S,D] positions: the
/// operand is transposed by them first (fused transposes); out_perm is applied to the output. Empty: identity.
struct AttentionAttrs : AttributesOf<AttentionAttrs> {
  double scale = 1, softcap = 0;  // softcap 0: none; else cap * tanh(x / cap)
  bool causal = false;            // key position <= query position + (Skv - Sq) * causal_offset
  bool causal_bottom_right = false;
  std::vector<int64_t> q_perm, k_perm, v_perm, out_perm;
  void visit(FieldVisitor& v) override {
    v.field("scale", scale), v.field("softcap", softcap), v.field("causal", causal);
    v.field("causal_bottom_right", causal_bottom_right), v.field("q_perm", q_perm), v.field("k_perm", k_perm),
        v.field("v_perm", v_perm);
    v.field("out_perm", out_perm);
  }
};

}  // namespace hone
