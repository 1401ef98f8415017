// Einstein summation over any number of inputs, ellipsis allowed.
#pragma once

#include "ops/op.h"

namespace hone {

struct EinsumAttrs : AttributesOf<EinsumAttrs> {
  std::string equation;
  void visit(FieldVisitor& v) override { v.field("equation", equation); }
};

}  // namespace hone
