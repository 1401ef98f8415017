// Same elements, other dims. Inputs: X, optional shape (i64; overrides the attribute); -1 is inferred.
#pragma once

#include "ops/op.h"

namespace hone {

struct ReshapeAttrs : AttributesOf<ReshapeAttrs> {
  std::vector<int64_t> shape;
  bool zero_copies = true;  // 0 copies the input's dim at that place; else 0 means an empty dim
  void visit(FieldVisitor& v) override { v.field("shape", shape), v.field("zero_copies", zero_copies); }
};

}  // namespace hone
