// Local response normalisation across channels: x / (k + alpha/window * sum of squares)^beta.
#pragma once

#include "ops/op.h"

namespace hone {

struct LrnAttrs : AttributesOf<LrnAttrs> {
  int64_t window = 5;
  double alpha = 1e-4, beta = 0.75, k = 1;
  void visit(FieldVisitor& v) override {
    v.field("window", window), v.field("alpha", alpha), v.field("beta", beta), v.field("k", k);
  }
};

}  // namespace hone
