// Conversion of the element type; towards integers it truncates.
#pragma once

#include "ops/op.h"

namespace hone {

struct CastAttrs : AttributesOf<CastAttrs> {
  DType to = DType::kF32;
  bool saturate = true;  // towards FP8: clamp instead of NaN/Inf
  void visit(FieldVisitor& v) override { v.field("to", to), v.field("saturate", saturate); }
};

}  // namespace hone
