// Constant operator: a tensor known at build time.
#pragma once

#include "ops/op.h"

namespace hone {

struct ConstantAttrs : AttributesOf<ConstantAttrs> {
  Tensor value;
  void visit(FieldVisitor& v) override { v.field("value", value); }
};

}  // namespace hone
