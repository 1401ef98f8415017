// Non-maximum suppression as ONNX. Inputs: boxes [B,N,4], scores [B,C,N], optional max outputs per class, IoU
// threshold, score threshold. Outputs: indices [n,3], optional count (scalar i32).
#pragma once

#include "ops/op.h"

namespace hone {

struct NmsAttrs : AttributesOf<NmsAttrs> {
  bool center_boxes = false;     // boxes are (cx, cy, w, h), else two corners
  bool boxes_per_class = false;  // boxes are [B,N,C,4] (network API)
  int64_t limit = 0;             // at most so many results in all; 0: no limit
  DType index_type = DType::kI64;
  void visit(FieldVisitor& v) override {
    v.field("center_boxes", center_boxes), v.field("boxes_per_class", boxes_per_class), v.field("limit", limit);
    v.field("index_type", index_type);
  }
};

}  // namespace hone
