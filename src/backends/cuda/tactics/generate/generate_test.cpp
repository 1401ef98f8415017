// Elements from coordinates beside the reference.
#include "backends/cuda/tactics/testing.h"
#include "ops/bit_cast.h"
#include "ops/eye_like.h"
#include "ops/fill.h"
#include "ops/one_hot.h"
#include "ops/reverse_sequence.h"
#include "ops/trilu.h"

namespace hone::cuda {
const Tactic& one_hot();
const Tactic& trilu();
const Tactic& eye_like();
const Tactic& range();
const Tactic& linspace();
const Tactic& reverse_sequence();
const Tactic& bit_cast();
namespace {

using testing::TestProblem;

class GenerateTest : public testing::CudaTest {};

TEST_F(GenerateTest, OneHot) {
  for (int64_t axis : {-1, 0, 1}) {
    OneHotAttrs a;
    a.axis = axis;
    TestProblem(kOneHotOp, a)
        .input(DType::kI64, {3, 4}, {}, false, -7, 7)
        .input(Tensor::scalar<int64_t>(5), {}, true)
        .input(DType::kF32, {2})
        .check(one_hot());
  }
}

TEST_F(GenerateTest, Triangles) {
  for (bool upper : {false, true}) {
    TriluAttrs a;
    a.upper = upper, a.k = -1;
    TestProblem(kTriluOp, a).input(DType::kF16, {2, 5, 7}).check(trilu());
    TestProblem(kTriluOp, a)
        .input(DType::kI64, {5, 4}, {}, false, 1, 9)
        .input(Tensor::scalar<int64_t>(2))
        .check(trilu());
  }
  EyeLikeAttrs e;
  e.k = 1;
  TestProblem(kEyeLikeOp, e).input(DType::kI32, {4, 6}).check(eye_like());
}

TEST_F(GenerateTest, Series) {
  TestProblem(kRangeOp, NoAttrs())
      .input(Tensor::scalar(0.5f), {}, true)
      .input(Tensor::scalar(7.0f), {}, true)
      .input(Tensor::scalar(0.25f), {}, true)
      .check(range());
  TestProblem(kRangeOp, NoAttrs())
      .input(Tensor::scalar<int64_t>(9), {}, true)
      .input(Tensor::scalar<int64_t>(-9), {}, true)
      .input(Tensor::scalar<int64_t>(-2), {}, true)
      .check(range());
  FillAttrs f;
  f.shape = {7}, f.alpha = 1.5, f.beta = 0.5;
  TestProblem(kFillOp, f).missing_input().check(linspace());
  f.shape = {3, 4};
  TestProblem(kFillOp, f)
      .missing_input()
      .input(Tensor::scalar(2.0f))
      .input(Tensor::from<float>({10, 0.5f}))
      .check(linspace());
}

TEST_F(GenerateTest, Sequences) {
  ReverseSequenceAttrs a;
  TestProblem(kReverseSequenceOp, a)
      .input(DType::kF32, {5, 3, 4})
      .input(Tensor::from<int64_t>({1, 5, 3}))
      .check(reverse_sequence());
  BitCastAttrs b;
  b.to = DType::kI32;
  TestProblem(kBitCastOp, b).input(DType::kF32, {3, 5}).check(bit_cast());
}

}  // namespace
}  // namespace hone::cuda
