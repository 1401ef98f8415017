// A depthwise convolution together with what mobile networks have around it, so that a device may keep what lies
// between in its caches: a 1x1 convolution before it (the expansion), and after it the mean or a 1x1 convolution (the
// projection). Inputs: X [N,C,H,W], depthwise weights [E,1,kh,kw], optional bias [E], optional weights [E,C,1,1] of the
// expansion and their optional bias [E], optional weights [K,E,1,1] of the projection and their optional bias [K];
// without an expansion E is C and X is filtered as it is. Outputs: Y [N,E,oh,ow], or [N,K,oh,ow] with a projection;
// where asked for, Y's means over all pixels [N,E,1,1], which a block with a projection does not give.
#pragma once

#include "ops/convolution.h"

namespace hone {

struct DepthwiseBlockAttrs : AttributesOf<DepthwiseBlockAttrs> {
  Window window;             // of the depthwise convolution
  PwProgram between, after;  // of one input and one output: on the expansion's and the depthwise convolution's result
  bool mean = false;         // second output
  void visit(FieldVisitor& v) override {
    window.visit(v), v.field("between", between), v.field("after", after), v.field("mean", mean);
  }
};

}  // namespace hone
