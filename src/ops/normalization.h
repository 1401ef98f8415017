// (x - mean) / sqrt(var + eps) * scale + bias over `axes` (or x / rms * scale). Inputs: X, optional scale, optional
// bias, which broadcast to X.
#pragma once

#include "ops/op.h"

namespace hone {

/// With groups > 1 axis 1 is cut into groups and the statistics run over a group's channels and `axes` (group norm).
struct NormalizationAttrs : AttributesOf<NormalizationAttrs> {
  std::vector<int64_t> axes;
  double epsilon = 1e-5;
  int64_t groups = 1;
  bool rms = false;
  void visit(FieldVisitor& v) override {
    v.field("axes", axes), v.field("epsilon", epsilon), v.field("groups", groups), v.field("rms", rms);
  }
};

}  // namespace hone
