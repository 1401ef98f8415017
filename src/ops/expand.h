// NumPy broadcast of X to broadcast(X.shape, shape). Inputs: X, optional shape (i64).
#pragma once

#include "ops/op.h"

namespace hone {

struct ExpandAttrs : AttributesOf<ExpandAttrs> {
  std::vector<int64_t> shape;
  void visit(FieldVisitor& v) override { v.field("shape", shape); }
};

}  // namespace hone
