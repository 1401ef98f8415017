// Strided window. Inputs: X, optional start, size-or-end, stride, fill value, axes (i64; each overrides its attribute).
#pragma once

#include "ops/op.h"

namespace hone {

enum class SampleMode { kStrict, kWrap, kClamp, kFill, kReflect };  // what reads outside the input give
inline constexpr std::array<std::string_view, 5> kSampleModeNames = {"strict", "wrap", "clamp", "fill", "reflect"};
struct SliceAttrs : AttributesOf<SliceAttrs> {
  std::vector<int64_t> start, size, stride, axes;  // empty stride: ones; empty axes: the first start.size() axes
  bool ends = false;  // `size` holds ends; starts and ends are negative-from-the-end and clamped as ONNX Slice does
  SampleMode mode = SampleMode::kStrict;
  void visit(FieldVisitor& v) override {
    v.field("start", start), v.field("size", size), v.field("stride", stride), v.field("axes", axes),
        v.field("ends", ends);
    visit_enum(v, "mode", mode, kSampleModeNames);
  }
};

}  // namespace hone
