// The k largest or smallest along an axis, ties by lower index. Inputs: X, optional k (i64 scalar or [1]). Outputs:
// values, indices.
#pragma once

#include "ops/op.h"

namespace hone {

struct TopKAttrs : AttributesOf<TopKAttrs> {
  int64_t k = 1, axis = -1;
  bool largest = true, sorted = true;
  DType index_type = DType::kI64;
  void visit(FieldVisitor& v) override {
    v.field("k", k), v.field("axis", axis), v.field("largest", largest), v.field("sorted", sorted),
        v.field("index_type", index_type);
  }
};

}  // namespace hone
