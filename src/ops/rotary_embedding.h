// Rotary position embedding. Inputs: X [B,H,S,D], cos and sin caches, optional position ids [B,S] (i64).
#pragma once

#include "ops/op.h"

namespace hone {

struct RotaryEmbeddingAttrs : AttributesOf<RotaryEmbeddingAttrs> {
  bool interleaved = false;
  int64_t rotary_dim = 0;  // 0: the whole head
  void visit(FieldVisitor& v) override { v.field("interleaved", interleaved), v.field("rotary_dim", rotary_dim); }
};

}  // namespace hone
