// Gather along an axis, by element or by index tuples. Inputs: X, indices (i32 or i64, negative from the end).
#pragma once

#include "ops/op.h"

namespace hone {

enum class GatherMode { kAxis, kElement, kNd };  // ONNX Gather, GatherElements, GatherND
inline constexpr std::array<std::string_view, 3> kGatherModeNames = {"axis", "element", "nd"};
struct GatherAttrs : AttributesOf<GatherAttrs> {
  GatherMode mode = GatherMode::kAxis;
  int64_t axis = 0;
  int64_t batch_dims = 0;  // leading axes that X and indices share
  void visit(FieldVisitor& v) override {
    visit_enum(v, "mode", mode, kGatherModeNames), v.field("axis", axis), v.field("batch_dims", batch_dims);
  }
};

}  // namespace hone
