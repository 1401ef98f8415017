// Padding (negative: cropping). Inputs: X, optional pads (i64: all begins, then all ends), value, axes.
#pragma once

#include "ops/op.h"

namespace hone {

enum class PadMode { kConstant, kReflect, kEdge, kWrap };
inline constexpr std::array<std::string_view, 4> kPadModeNames = {"constant", "reflect", "edge", "wrap"};
struct PadAttrs : AttributesOf<PadAttrs> {
  std::vector<int64_t> pads, axes;  // empty axes: all
  PadMode mode = PadMode::kConstant;
  double value = 0;
  void visit(FieldVisitor& v) override {
    v.field("pads", pads), v.field("axes", axes), visit_enum(v, "mode", mode, kPadModeNames), v.field("value", value);
  }
};

}  // namespace hone
