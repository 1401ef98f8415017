// Fourier transforms and determinants beside the reference.
#include "backends/cuda/tactics/testing.h"
#include "ops/dft.h"
#include "ops/stft.h"

namespace hone::cuda {
const Tactic& dft();
const Tactic& stft();
const Tactic& det();
namespace {

using testing::TestProblem;

class SignalTest : public testing::CudaTest {};

TEST_F(SignalTest, Transforms) {
  DftAttrs a;
  TestProblem(kDftOp, a).input(DType::kF32, {2, 12, 3, 2}).check(dft());
  a.inverse = true;
  TestProblem(kDftOp, a).input(DType::kF32, {2, 15, 2}).input(Tensor::scalar<int64_t>(20), {}, true).check(dft());
  a.inverse = false, a.onesided = true;
  TestProblem(kDftOp, a).input(DType::kF32, {2, 15, 1}).check(dft());
  a.inverse = true;
  TestProblem(kDftOp, a).input(DType::kF32, {2, 9, 2}).check(dft());
  StftAttrs s;
  TestProblem(kStftOp, s)
      .input(DType::kF32, {2, 40, 1})
      .input(Tensor::scalar<int64_t>(5), {}, true)
      .input(DType::kF32, {16})
      .check(stft());
}

TEST_F(SignalTest, Determinants) { TestProblem(kDetOp, NoAttrs()).input(DType::kF32, {3, 5, 5}).check(det()); }

}  // namespace
}  // namespace hone::cuda
