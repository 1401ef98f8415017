// Unique elements or slices. Outputs: values, first indices, inverse indices, counts (i64); data-dependent.
#pragma once

#include "ops/op.h"

namespace hone {

struct UniqueAttrs : AttributesOf<UniqueAttrs> {
  bool has_axis = false, sorted = true;
  int64_t axis = 0;
  void visit(FieldVisitor& v) override {
    v.field("has_axis", has_axis), v.field("sorted", sorted), v.field("axis", axis);
  }
};

}  // namespace hone
