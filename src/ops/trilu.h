// Upper or lower triangle of the last two axes, the rest zero. Inputs: X, optional diagonal k (i64 scalar).
#pragma once

#include "ops/op.h"

namespace hone {

struct TriluAttrs : AttributesOf<TriluAttrs> {
  bool upper = true;
  int64_t k = 0;
  void visit(FieldVisitor& v) override { v.field("upper", upper), v.field("k", k); }
};

}  // namespace hone
