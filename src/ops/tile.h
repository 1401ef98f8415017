// Repetition along each axis. Inputs: X, optional repeats (i64).
#pragma once

#include "ops/op.h"

namespace hone {

struct TileAttrs : AttributesOf<TileAttrs> {
  std::vector<int64_t> repeats;
  void visit(FieldVisitor& v) override { v.field("repeats", repeats); }
};

}  // namespace hone
