// A fused group of element-wise functions as one program; inputs broadcast to the output shape.
#pragma once

#include "ops/op.h"

namespace hone {

struct PointwiseAttrs : AttributesOf<PointwiseAttrs> {
  PwProgram program;
  void visit(FieldVisitor& v) override { v.field("program", program); }
};

/// Reference evaluation of a program on tensors that broadcast to one another; one tensor per program output.
std::vector<Tensor> evaluate(const PwProgram& p, std::span<const Tensor* const> inputs);

}  // namespace hone
