// Inserts axes of extent 1 at the given places of the output. Inputs: X, optional axes (i64).
#pragma once

#include "ops/op.h"

namespace hone {

struct UnsqueezeAttrs : AttributesOf<UnsqueezeAttrs> {
  std::vector<int64_t> axes;
  void visit(FieldVisitor& v) override { v.field("axes", axes); }
};

}  // namespace hone
