// Scatters pooled values to their positions. Inputs: X, indices, optional output shape (i64).
#pragma once

#include "ops/op.h"

namespace hone {

struct MaxUnpoolAttrs : AttributesOf<MaxUnpoolAttrs> {
  std::vector<int64_t> kernel, stride, pads;
  void visit(FieldVisitor& v) override { v.field("kernel", kernel), v.field("stride", stride), v.field("pads", pads); }
};

}  // namespace hone
