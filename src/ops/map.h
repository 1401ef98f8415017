// Element-wise scalar function of one to three broadcast operands (unary, binary, activation, select).
#pragma once

#include "ops/op.h"

namespace hone {

struct MapAttrs : AttributesOf<MapAttrs> {
  ScalarFn fn = ScalarFn::kIdentity;
  double alpha = 0, beta = 0;
  void visit(FieldVisitor& v) override;
};

}  // namespace hone
