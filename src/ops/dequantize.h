// (x - zero_point) * scale. Inputs: X, scale, optional zero point.
#pragma once

#include "ops/op.h"

namespace hone {

struct DequantizeAttrs : AttributesOf<DequantizeAttrs> {
  int64_t axis = 1, block_size = 0;
  DType to = DType::kF32;
  void visit(FieldVisitor& v) override { v.field("axis", axis), v.field("block_size", block_size), v.field("to", to); }
};

}  // namespace hone
