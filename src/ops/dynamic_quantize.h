// Block quantisation with scales found from the data. Inputs: X, optional second-level scale. Outputs: data, scales.
#pragma once

#include "ops/op.h"

namespace hone {

struct DynamicQuantizeAttrs : AttributesOf<DynamicQuantizeAttrs> {
  int64_t axis = -1, block_size = 16;
  DType to = DType::kFP4, scale_type = DType::kFP8;
  void visit(FieldVisitor& v) override {
    v.field("axis", axis), v.field("block_size", block_size), v.field("to", to), v.field("scale_type", scale_type);
  }
};

}  // namespace hone
