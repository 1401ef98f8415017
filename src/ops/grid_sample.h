// Sampling of X [N,C,spatial...] at normalised grid positions [N,out...,spatial rank] in [-1,1].
#pragma once

#include "ops/op.h"

namespace hone {

enum class GridMode { kNearest, kLinear, kCubic };
enum class GridPadding { kZeros, kBorder, kReflection };
inline constexpr std::array<std::string_view, 3> kGridModeNames = {"nearest", "linear", "cubic"};
inline constexpr std::array<std::string_view, 3> kGridPaddingNames = {"zeros", "border", "reflection"};
struct GridSampleAttrs : AttributesOf<GridSampleAttrs> {
  GridMode mode = GridMode::kLinear;
  GridPadding padding = GridPadding::kZeros;
  bool align_corners = false;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "mode", mode, kGridModeNames), visit_enum(v, "padding", padding, kGridPaddingNames),
        v.field("align_corners", align_corners);
  }
};

}  // namespace hone
