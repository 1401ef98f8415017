// Running sums and products in every mode.
#include "ops/cumulative.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

TEST(Cumulative, RunsInEveryMode) {
  const Tensor x = tensor({3}, {1, 2, 3});
  CumulativeAttrs a;
  expect_tensor(run(kCumulativeOp, a, {x})[0], {3}, {1, 3, 6});
  a.exclusive = true;
  expect_tensor(run(kCumulativeOp, a, {x})[0], {3}, {0, 1, 3});
  a.reverse = true;
  expect_tensor(run(kCumulativeOp, a, {x})[0], {3}, {5, 3, 0});
  a.exclusive = false;
  expect_tensor(run(kCumulativeOp, a, {x})[0], {3}, {6, 5, 3});
  a.product = true;
  expect_tensor(run(kCumulativeOp, a, {x})[0], {3}, {6, 6, 3});
}

TEST(Cumulative, TakesTheAxisFromItsInput) {
  const Tensor x = tensor({2, 2}, {1, 2, 3, 4}, DType::kI32);
  expect_tensor(run(kCumulativeOp, CumulativeAttrs(), {x, tensor({}, {-1}, DType::kI32)})[0], {2, 2}, {1, 3, 3, 7});
  expect_tensor(run(kCumulativeOp, CumulativeAttrs(), {x})[0], {2, 2}, {1, 2, 4, 6});
  EXPECT_THROW(run(kCumulativeOp, CumulativeAttrs(), {x, tensor({}, {2}, DType::kI32)}), ModelError);
}

}  // namespace
}  // namespace hone
