// Dims of the input in [start, end) as a vector of integers; a host value.
#pragma once

#include <cstdint>

#include "ops/op.h"

namespace hone {

struct ShapeAttrs : AttributesOf<ShapeAttrs> {
  int64_t start = 0, end = INT64_MAX;
  DType type = DType::kI64;
  void visit(FieldVisitor& v) override { v.field("start", start), v.field("end", end), v.field("type", type); }
};

}  // namespace hone
