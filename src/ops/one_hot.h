// Inputs: indices, depth (scalar), values [off, on].
#pragma once

#include "ops/op.h"

namespace hone {

struct OneHotAttrs : AttributesOf<OneHotAttrs> {
  int64_t axis = -1;
  void visit(FieldVisitor& v) override { v.field("axis", axis); }
};

}  // namespace hone
