// Running sum or product along an axis. Inputs: X, optional axis (scalar).
#pragma once

#include "ops/op.h"

namespace hone {

struct CumulativeAttrs : AttributesOf<CumulativeAttrs> {
  bool product = false, exclusive = false, reverse = false;
  int64_t axis = 0;
  void visit(FieldVisitor& v) override {
    v.field("product", product), v.field("exclusive", exclusive), v.field("reverse", reverse), v.field("axis", axis);
  }
};

}  // namespace hone
