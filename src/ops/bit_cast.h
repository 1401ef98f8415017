// Reinterprets the bits of each element as another type of the same width.
#pragma once

#include "ops/op.h"

namespace hone {

struct BitCastAttrs : AttributesOf<BitCastAttrs> {
  DType to = DType::kI32;
  void visit(FieldVisitor& v) override { v.field("to", to); }
};

}  // namespace hone
