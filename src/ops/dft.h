// Discrete Fourier transform of [..., n, 1 or 2] along an axis. Inputs: X, optional length (i64 scalar), optional axis.
#pragma once

#include "ops/op.h"

namespace hone {

struct DftAttrs : AttributesOf<DftAttrs> {
  int64_t axis = 1;
  bool inverse = false, onesided = false;
  void visit(FieldVisitor& v) override {
    v.field("axis", axis), v.field("inverse", inverse), v.field("onesided", onesided);
  }
};

}  // namespace hone
