// Concatenation of any number of inputs along one axis.
#pragma once

#include "ops/op.h"

namespace hone {

struct ConcatAttrs : AttributesOf<ConcatAttrs> {
  int64_t axis = 0;
  void visit(FieldVisitor& v) override { v.field("axis", axis); }
};

}  // namespace hone
