// Sums column blocks back into an image. Inputs: X [N, C*prod(block), L], image shape, block shape (i64).
#pragma once

#include "ops/op.h"

namespace hone {

struct Col2ImAttrs : AttributesOf<Col2ImAttrs> {
  std::vector<int64_t> dilations, pads, strides;  // as ONNX
  void visit(FieldVisitor& v) override {
    v.field("dilations", dilations), v.field("pads", pads), v.field("strides", strides);
  }
};

}  // namespace hone
