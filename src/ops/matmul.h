// Batched matrix product with NumPy broadcasting of the leading dims. Integers accumulate in their own type.
#pragma once

#include "ops/op.h"

namespace hone {

enum class MatrixOp {
  kNone,
  kTranspose,
  kVector
};  // kVector: the operand's last axis is the contracted one, no row/column axis
inline constexpr std::array<std::string_view, 3> kMatrixOpNames = {"none", "transpose", "vector"};
struct MatMulAttrs : AttributesOf<MatMulAttrs> {
  MatrixOp op_a = MatrixOp::kNone, op_b = MatrixOp::kNone;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "op_a", op_a, kMatrixOpNames), visit_enum(v, "op_b", op_b, kMatrixOpNames);
  }
};

}  // namespace hone
