// A fused group of element-wise functions as one program; inputs broadcast to the output shape.
#pragma once

#include "ops/op.h"

namespace hone {

struct PointwiseAttrs : AttributesOf<PointwiseAttrs> {
  PwProgram program;
  void visit(FieldVisitor& v) override { v.field("program", program); }
};

}  // namespace hone
