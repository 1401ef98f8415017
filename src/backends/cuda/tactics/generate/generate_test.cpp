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
const Tactic& random_fill();
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

TEST_F(GenerateTest, RandomNumbersOfASeed) {
  for (FillKind kind : {FillKind::kRandomUniform, FillKind::kRandomNormal})
    for (DType type : {DType::kF32, DType::kF64, DType::kF16}) {
      FillAttrs f;
      f.kind = kind, f.type = type, f.seed = -5, f.alpha = -2, f.beta = 3, f.shape = {3, 100};
      SCOPED_TRACE(name(type));
      TestProblem(kFillOp, f).check(random_fill(), kind == FillKind::kRandomUniform ? 0 : -1);
      TestProblem(kFillOp, f)
          .missing_input()
          .input(Tensor::scalar(1.0f))
          .input(Tensor::scalar(2.5f))
          .check(random_fill());
    }
  FillAttrs f;
  f.shape = {5};
  TestProblem(kFillOp, f).refuses(random_fill());
}

TEST_F(GenerateTest, RandomNumbersWithoutASeedDiffer) {
  FillAttrs f;
  f.kind = FillKind::kRandomUniform, f.alpha = 2, f.beta = 6, f.shape = {1000};
  TestProblem p(kFillOp, f);
  const std::vector<double> one = p.run(random_fill()).at(0).as_doubles(),
                            other = p.run(random_fill()).at(0).as_doubles();
  double mean = 0;
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(one[i] >= 2 && one[i] < 6) << one[i];
    mean += one[i] / 1000;
  }
  EXPECT_NEAR(mean, 4, 0.2);
  if (!testing::only_compiles()) {
    EXPECT_NE(one, other);
  }
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
