// Indices of non-zero elements as [rank, count]; data-dependent.
#pragma once

#include "ops/op.h"

namespace hone {

struct NonZeroAttrs : AttributesOf<NonZeroAttrs> {
  DType index_type = DType::kI64;
  void visit(FieldVisitor& v) override { v.field("index_type", index_type); }
};

}  // namespace hone
