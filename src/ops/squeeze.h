// Removes axes of extent 1. Inputs: X, optional axes (i64). Without axes: all of extent 1 (static shapes only).
#pragma once

#include "ops/op.h"

namespace hone {

struct SqueezeAttrs : AttributesOf<SqueezeAttrs> {
  std::vector<int64_t> axes;
  void visit(FieldVisitor& v) override { v.field("axes", axes); }
};

}  // namespace hone
