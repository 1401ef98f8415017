// Same elements, other dims. Inputs: X, optional shape (i64; overrides the attribute); -1 is inferred.
#pragma once

#include "ops/op.h"

namespace hone {

struct ReshapeAttrs : AttributesOf<ReshapeAttrs> {
  std::vector<int64_t> shape;
  bool zero_copies = true;  // 0 copies the input's dim at that place; else 0 means an empty dim
  void visit(FieldVisitor& v) override { v.field("shape", shape), v.field("zero_copies", zero_copies); }
};

/// The dims that reshaping `in` to `target` (with -1 and, where it copies, 0) gives; throws ModelError.
Shape reshaped_dims(const Shape& in, const std::vector<Dim>& target, bool zero_copies);

}  // namespace hone
