// Region pooling by bilinear sampling. Inputs: X [N,C,H,W], rois [R,4], batch indices [R].
#pragma once

#include "ops/op.h"

namespace hone {

struct RoiAlignAttrs : AttributesOf<RoiAlignAttrs> {
  bool max = false, half_pixel = true;
  int64_t height = 1, width = 1, sampling_ratio = 0;
  double spatial_scale = 1;
  void visit(FieldVisitor& v) override {
    v.field("max", max), v.field("half_pixel", half_pixel), v.field("height", height), v.field("width", width);
    v.field("sampling_ratio", sampling_ratio), v.field("spatial_scale", spatial_scale);
  }
};

}  // namespace hone
