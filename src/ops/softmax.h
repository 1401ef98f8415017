// Softmax or log-softmax along one axis, computed with the maximum subtracted.
#pragma once

#include "ops/op.h"

namespace hone {

struct SoftmaxAttrs : AttributesOf<SoftmaxAttrs> {
  int64_t axis = -1;
  bool log = false;
  void visit(FieldVisitor& v) override { v.field("axis", axis), v.field("log", log); }
};

}  // namespace hone
