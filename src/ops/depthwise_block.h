// A depthwise convolution together with the 1x1 convolution before it and the mean after it, as mobile networks have
// them, so that a device may keep what lies between in its caches. Inputs: X [N,C,H,W], depthwise weights [E,1,kh,kw],
// optional bias [E], optional weights [E,C,1,1] of the 1x1 convolution and their optional bias [E]; without them E is C
// and X is filtered as it is. Outputs: Y [N,E,oh,ow] and, where asked for, its means over all pixels [N,E,1,1].
#pragma once

#include "ops/convolution.h"

namespace hone {

struct DepthwiseBlockAttrs : AttributesOf<DepthwiseBlockAttrs> {
  Window window;             // of the depthwise convolution
  PwProgram between, after;  // of one input and one output, on the result of each convolution; empty: nothing
  bool mean = false;         // second output
  void visit(FieldVisitor& v) override {
    window.visit(v), v.field("between", between), v.field("after", after), v.field("mean", mean);
  }
};

}  // namespace hone
