// A tensor of given shape: evenly spaced values or random numbers. Inputs: optional shape (i64), alpha, beta.
#pragma once

#include "ops/op.h"

namespace hone {

enum class FillKind { kLinspace, kRandomUniform, kRandomNormal };
inline constexpr std::array<std::string_view, 3> kFillKindNames = {"linspace", "random_uniform", "random_normal"};
/// Linspace: alpha + sum of index[i] * beta[i] (scalar beta: last axis of a vector). Uniform in [alpha, beta). Normal
/// with mean alpha, deviation beta.
struct FillAttrs : AttributesOf<FillAttrs> {
  FillKind kind = FillKind::kLinspace;
  std::vector<int64_t> shape;
  double alpha = 0, beta = 1;
  DType type = DType::kF32;
  int64_t seed = 0;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "kind", kind, kFillKindNames), v.field("shape", shape), v.field("alpha", alpha),
        v.field("beta", beta);
    v.field("type", type), v.field("seed", seed);
  }
};

}  // namespace hone
