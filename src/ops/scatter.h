// Copy of data with updates written (or combined) at indices. Inputs: data, indices, updates.
#pragma once

#include "ops/op.h"

namespace hone {

enum class ScatterReduction { kNone, kAdd, kMul, kMin, kMax };
inline constexpr std::array<std::string_view, 5> kScatterReductionNames = {"none", "add", "mul", "min", "max"};
struct ScatterAttrs : AttributesOf<ScatterAttrs> {
  bool nd = false;  // ScatterND; else ScatterElements along axis
  int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::kNone;
  void visit(FieldVisitor& v) override {
    v.field("nd", nd), v.field("axis", axis), visit_enum(v, "reduction", reduction, kScatterReductionNames);
  }
};

}  // namespace hone
