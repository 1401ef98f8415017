// Einstein summations beside the reference.
#include "backends/cuda/tactics/testing.h"
#include "ops/einsum.h"

namespace hone::cuda {
const Tactic& einsum_direct();
namespace {

using testing::TestProblem;

class EinsumTest : public testing::CudaTest {};

EinsumAttrs equation(std::string s) {
  EinsumAttrs a;
  a.equation = std::move(s);
  return a;
}

TEST_F(EinsumTest, Equations) {
  TestProblem(kEinsumOp, equation("bij, bjk -> bik"))
      .input(DType::kF32, {2, 3, 4})
      .input(DType::kF32, {2, 4, 5})
      .check(einsum_direct());
  TestProblem(kEinsumOp, equation("...ii->...i")).input(DType::kF32, {2, 3, 3}).check(einsum_direct());
  TestProblem(kEinsumOp, equation("i...,i...->..."))
      .input(DType::kI32, {4, 2, 3}, {}, false, -5, 5)
      .input(DType::kI32, {4, 3}, {}, false, -5, 5)
      .check(einsum_direct());
  TestProblem(kEinsumOp, equation("ab,bc,cd"))
      .input(DType::kF32, {2, 3})
      .input(DType::kF32, {3, 4})
      .input(DType::kF32, {4, 5})
      .check(einsum_direct());
  TestProblem(kEinsumOp, equation("ij->")).input(DType::kF16, {5, 6}).check(einsum_direct());
}

}  // namespace
}  // namespace hone::cuda
