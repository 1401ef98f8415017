// N-d transposed convolution. Inputs: X [N,C,spatial...], W [C,K/groups,kernel...], optional B [K].
#pragma once

#include "ops/convolution.h"
#include "ops/op.h"

namespace hone {

struct DeconvolutionAttrs : AttributesOf<DeconvolutionAttrs> {
  Window window;
  int64_t groups = 1;
  std::vector<int64_t> output_padding;  // added at the end of each spatial axis; empty: zeros
  std::vector<int64_t> output_shape;  // explicit spatial output extents (pads follow from them); empty: from the window
  void visit(FieldVisitor& v) override {
    window.visit(v), v.field("groups", groups);
    v.field("output_padding", output_padding), v.field("output_shape", output_shape);
  }
};

}  // namespace hone
