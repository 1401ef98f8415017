// N-d convolution (cross-correlation). Inputs: X [N,C,spatial...], W [K,C/groups,kernel...], optional B [K].
#pragma once

#include "ops/op.h"

namespace hone {

enum class AutoPad { kExplicit, kSameUpper, kSameLower };
inline constexpr std::array<std::string_view, 3> kAutoPadNames = {"explicit", "same_upper", "same_lower"};
/// Window geometry shared by convolutions and pooling; all vectors have one entry per spatial axis.
struct Window {
  std::vector<int64_t> stride, dilation, pre_pad, post_pad;
  AutoPad auto_pad = AutoPad::kExplicit;
  void visit(FieldVisitor& v) {
    v.field("stride", stride), v.field("dilation", dilation), v.field("pre_pad", pre_pad),
        v.field("post_pad", post_pad);
    visit_enum(v, "auto_pad", auto_pad, kAutoPadNames);
  }
};
/// Fills empty vectors with ones and zeros for `rank` spatial axes and checks the others; throws ModelError.
Window complete(const Window& w, size_t rank);
/// Output extent along one spatial axis of a (dilated) window.
Dim window_output(const Dim& in, const Window& w, size_t axis, const Dim& kernel, bool ceil_mode = false);
/// Effective pads (before, after) for a concrete input extent: auto_pad resolved.
std::pair<int64_t, int64_t> window_pads(int64_t in, const Window& w, size_t axis, int64_t kernel);
struct ConvolutionAttrs : AttributesOf<ConvolutionAttrs> {
  Window window;
  int64_t groups = 1;
  void visit(FieldVisitor& v) override { window.visit(v), v.field("groups", groups); }
};

}  // namespace hone
