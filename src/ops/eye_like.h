// Ones on diagonal k, zeros elsewhere, in the shape of a matrix input.
#pragma once

#include "ops/op.h"

namespace hone {

struct EyeLikeAttrs : AttributesOf<EyeLikeAttrs> {
  DType type = DType::kF32;
  int64_t k = 0;
  void visit(FieldVisitor& v) override { v.field("type", type), v.field("k", k); }
};

}  // namespace hone
