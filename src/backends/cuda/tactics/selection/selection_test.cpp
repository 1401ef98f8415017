// NonZero, Unique and Nms beside the reference, to the last bit: sizes around those of blocks, ties, values that are
// not numbers, nothing found.
#include <cmath>

#include "backends/cuda/tactics/testing.h"
#include "ops/nms.h"
#include "ops/non_zero.h"
#include "ops/unique.h"

namespace hone::cuda {
const Tactic& non_zero();
const Tactic& unique();
const Tactic& nms();
namespace {

using testing::TestProblem;

class SelectionTest : public testing::CudaTest {};

TEST_F(SelectionTest, NonZeroOfAllTypesAndSizes) {
  for (const Dims& d : std::vector<Dims>{{}, {1}, {0, 3}, {257}, {3, 5, 7}, {2, 1, 2048}, {3, 70, 31}})
    for (DType index : {DType::kI32, DType::kI64}) {
      NonZeroAttrs a;
      a.index_type = index;
      SCOPED_TRACE(str(d));
      TestProblem(kNonZeroOp, a).input(DType::kI32, d, {}, false, -1, 2).check(non_zero());
    }
  for (DType t : {DType::kBool, DType::kU8, DType::kI64, DType::kF64}) {
    SCOPED_TRACE(name(t));
    TestProblem(kNonZeroOp, NonZeroAttrs()).input(t, {9, 40}, {}, false, 0, 3).check(non_zero());
  }
  const Tensor x = Tensor::from(std::vector<double>{0, -0.0, 1, NAN, -2, 0, INFINITY, 0});
  for (DType t : {DType::kF32, DType::kF16, DType::kBF16})
    TestProblem(kNonZeroOp, NonZeroAttrs()).input(x.to(t)).check(non_zero());
  TestProblem(kNonZeroOp, NonZeroAttrs()).input(Tensor::zeros(DType::kF32, {5000})).check(non_zero());
}

TEST_F(SelectionTest, NonZeroWantsALinearInput) {
  TestProblem(kNonZeroOp, NonZeroAttrs())
      .input(DType::kF32, {2, 3, 4, 5}, {Format::kChannelsLast, 0})
      .refuses(non_zero());
}

TEST_F(SelectionTest, UniqueElements) {
  for (bool sorted : {true, false})
    for (const Dims& d : std::vector<Dims>{{}, {1}, {0}, {300}, {7, 9}, {1024}, {1025}, {5, 1000}}) {
      UniqueAttrs a;
      a.sorted = sorted;
      SCOPED_TRACE(str(d));
      TestProblem(kUniqueOp, a).input(DType::kI32, d, {}, false, -40, 40).outputs(4).check(unique(), 0);
      TestProblem(kUniqueOp, a).input(DType::kF16, d).outputs(1).check(unique(), 0);
    }
  for (size_t outputs : {1, 2, 3})
    TestProblem(kUniqueOp, UniqueAttrs())
        .input(DType::kI64, {50}, {}, false, -9, 9)
        .outputs(outputs)
        .check(unique(), 0);
  const Tensor x = Tensor::from(std::vector<double>{NAN, 1, -0.0, 0, NAN, -INFINITY, 1, INFINITY, -1});
  for (DType t : {DType::kF32, DType::kF64, DType::kBF16})
    TestProblem(kUniqueOp, UniqueAttrs()).input(x.to(t)).outputs(4).check(unique(), 0);
}

TEST_F(SelectionTest, UniqueSlices) {
  for (bool sorted : {true, false})
    for (int64_t axis : {0, 1, -1}) {
      UniqueAttrs a;
      a.has_axis = true, a.axis = axis, a.sorted = sorted;
      SCOPED_TRACE(axis);
      TestProblem(kUniqueOp, a).input(DType::kI8, {3, 20, 2}, {}, false, 0, 2).outputs(4).check(unique(), 0);
      TestProblem(kUniqueOp, a).input(DType::kF32, {3, 0, 2}).outputs(4).check(unique(), 0);
    }
  UniqueAttrs a;
  a.has_axis = true;
  TestProblem(kUniqueOp, a).input(DType::kBool, {1100, 6}).outputs(4).check(unique(), 0);
}

// Boxes that overlap in all degrees, with equal scores among them.
TestProblem boxes(const NmsAttrs& a, int64_t batch, int64_t classes, int64_t n, DType type = DType::kF32) {
  TestProblem p(kNmsOp, a);
  p.input(type, a.boxes_per_class ? Dims{batch, n, classes, 4} : Dims{batch, n, 4}, {}, false, 0, 2);
  Tensor scores(DType::kF32, {batch, classes, n});
  for (int64_t i = 0; i < scores.count(); ++i) scores.data<float>()[i] = static_cast<float>(i * 37 % 101) / 100 - 0.2F;
  p.input(scores.to(type));
  return p;
}
Tensor number(int64_t v) { return Tensor::scalar(v); }
Tensor number(float v) { return Tensor::scalar(v); }

TEST_F(SelectionTest, NmsOfFewAndManyBoxes) {
  for (int64_t n : {0, 1, 33, 256, 700, 2100})
    for (bool center : {false, true}) {
      NmsAttrs a;
      a.center_boxes = center;
      SCOPED_TRACE(n);
      boxes(a, 2, 3, n).input(number(int64_t{40})).input(number(0.4F)).input(number(0.1F)).outputs(2).check(nms());
    }
}

TEST_F(SelectionTest, NmsWithAndWithoutLimits) {
  NmsAttrs a;
  boxes(a, 1, 2, 300).check(nms());  // none per class
  for (int64_t per_class : {int64_t{-1}, int64_t{0}, int64_t{5}, int64_t{1} << 40})
    for (bool constant : {false, true}) {
      SCOPED_TRACE(per_class);
      boxes(a, 1, 2, 300).input(number(per_class), {}, constant).check(nms());
      boxes(a, 1, 2, 300).input(number(per_class), {}, constant).missing_input().input(number(0.5F)).check(nms());
    }
  for (int64_t limit : {1, 17, 100000}) {
    a.limit = limit, a.index_type = DType::kI32, a.boxes_per_class = true;
    SCOPED_TRACE(limit);
    boxes(a, 2, 3, 100, DType::kF16).input(number(int64_t{9})).input(number(0.3F)).outputs(2).check(nms());
  }
}

TEST_F(SelectionTest, NmsOfScoresAndBoxesThatAreNoNumbers) {
  Tensor scores(DType::kF32, {1, 1, 300}), corners(DType::kF32, {1, 300, 4});
  for (int64_t i = 0; i < 300; ++i) scores.data<float>()[i] = i % 7 == 0 ? NAN : i % 5 == 0 ? -INFINITY : -0.0F;
  for (int64_t i = 0; i < 1200; ++i) corners.data<float>()[i] = i % 11 == 0 ? NAN : static_cast<float>(i * 13 % 50);
  TestProblem(kNmsOp, NmsAttrs()).input(corners).input(scores).input(number(int64_t{300})).check(nms());
}

}  // namespace
}  // namespace hone::cuda
