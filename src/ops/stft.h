// Short-time Fourier transform. Inputs: signal [B,n,1 or 2], frame step, optional window, optional frame length (i64
// scalars).
#pragma once

#include "ops/op.h"

namespace hone {

struct StftAttrs : AttributesOf<StftAttrs> {
  bool onesided = true;
  void visit(FieldVisitor& v) override { v.field("onesided", onesided); }
};

}  // namespace hone
