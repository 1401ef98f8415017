// Reduction over axes. Inputs: X, optional axes (i64; overrides the attribute).
#pragma once

#include "ops/op.h"

namespace hone {

enum class ReduceKind { kSum, kProd, kMax, kMin, kAvg, kL1, kL2, kLogSum, kLogSumExp, kSumSquare };
inline constexpr std::array<std::string_view, 10> kReduceKindNames = {
    "sum", "prod", "max", "min", "avg", "l1", "l2", "log_sum", "log_sum_exp", "sum_square"};
struct ReduceAttrs : AttributesOf<ReduceAttrs> {
  ReduceKind kind = ReduceKind::kSum;
  std::vector<int64_t> axes;  // negative count from the end; empty: all axes, unless noop_if_empty
  bool keep_dims = true;
  bool noop_if_empty = false;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "kind", kind, kReduceKindNames), v.field("axes", axes), v.field("keep_dims", keep_dims);
    v.field("noop_if_empty", noop_if_empty);
  }
};

}  // namespace hone
