// round(x / scale) + zero_point, saturated. Inputs: X, scale, optional zero point (scalar, per axis or per block).
#pragma once

#include "ops/op.h"

namespace hone {

struct QuantizeAttrs : AttributesOf<QuantizeAttrs> {
  int64_t axis = 1, block_size = 0;
  DType to = DType::kI8;
  void visit(FieldVisitor& v) override { v.field("axis", axis), v.field("block_size", block_size), v.field("to", to); }
};

}  // namespace hone
