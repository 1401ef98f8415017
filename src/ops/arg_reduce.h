// Position of the maximum or minimum along an axis.
#pragma once

#include "ops/op.h"

namespace hone {

struct ArgReduceAttrs : AttributesOf<ArgReduceAttrs> {
  int64_t axis = 0;
  bool largest = true, keep_dims = true, select_last = false;
  DType index_type = DType::kI64;
  void visit(FieldVisitor& v) override {
    v.field("axis", axis), v.field("largest", largest), v.field("keep_dims", keep_dims),
        v.field("select_last", select_last);
    v.field("index_type", index_type);
  }
};

}  // namespace hone
