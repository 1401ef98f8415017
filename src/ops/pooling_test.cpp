// Pooling: hand-computed windows, positions, rounding, refusals.
#include "ops/pooling.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

PoolingAttrs attrs(PoolKind kind, std::vector<int64_t> kernel, std::vector<int64_t> stride = {},
                   std::vector<int64_t> pad = {}) {
  PoolingAttrs a;
  a.kind = kind, a.kernel = std::move(kernel);
  a.window.stride = std::move(stride), a.window.pre_pad = pad, a.window.post_pad = pad;
  return a;
}
const Tensor kGrid = tensor({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});

TEST(Pooling, TakesTheMaximum) {
  expect_tensor(run(kPoolingOp, attrs(PoolKind::kMax, {2, 2}), {kGrid})[0], {1, 1, 2, 2}, {5, 6, 8, 9});
  const Tensor negative = tensor({1, 1, 2}, {-3, -4});
  expect_tensor(run(kPoolingOp, attrs(PoolKind::kMax, {2}, {2}, {1}), {negative})[0], {1, 1, 2}, {-3, -4});
}

TEST(Pooling, GivesPositions) {
  PoolingAttrs a = attrs(PoolKind::kMax, {2, 2}, {2, 2}, {1, 1});
  a.indices = true;
  const Tensor two = ramp({2, 1, 3, 3});
  auto y = run(kPoolingOp, a, {two}, 2);
  expect_tensor(y[1], {2, 1, 2, 2}, {0, 2, 6, 8, 9, 11, 15, 17});
  EXPECT_EQ(y[1].type(), DType::kI64);
  a.column_major = true;
  expect_tensor(run(kPoolingOp, a, {kGrid}, 2)[1], {1, 1, 2, 2}, {0, 6, 2, 8});
}

TEST(Pooling, AveragesWithAndWithoutPadding) {
  PoolingAttrs a = attrs(PoolKind::kAverage, {2, 2}, {2, 2}, {1, 1});
  expect_tensor(run(kPoolingOp, a, {kGrid})[0], {1, 1, 2, 2}, {1, 2.5, 5.5, 7});
  a.count_include_pad = true;
  expect_tensor(run(kPoolingOp, a, {kGrid})[0], {1, 1, 2, 2}, {0.25, 1.25, 2.75, 7});
}

TEST(Pooling, RoundsUpAndCountsOnlyThePaddedInput) {
  PoolingAttrs a = attrs(PoolKind::kAverage, {2, 2}, {2, 2});
  a.ceil_mode = true, a.count_include_pad = true;
  expect_tensor(run(kPoolingOp, a, {kGrid})[0], {1, 1, 2, 2}, {3, 4.5, 7.5, 9});
}

TEST(Pooling, BlendsAndTakesNorms) {
  PoolingAttrs a = attrs(PoolKind::kMaxAverageBlend, {3, 3});
  a.blend = 0.25;
  expect_tensor(run(kPoolingOp, a, {kGrid})[0], {1, 1, 1, 1}, {0.25 * 5 + 0.75 * 9});
  PoolingAttrs lp = attrs(PoolKind::kLp, {2});
  expect_tensor(run(kPoolingOp, lp, {tensor({1, 1, 3}, {-3, 4, 0})})[0], {1, 1, 2}, {5, 4});
}

TEST(Pooling, DilatesWindows) {
  PoolingAttrs a = attrs(PoolKind::kMax, {2, 2});
  a.window.dilation = {2, 2};
  expect_tensor(run(kPoolingOp, a, {kGrid})[0], {1, 1, 1, 1}, {9});
  a.kind = PoolKind::kAverage;
  expect_tensor(run(kPoolingOp, a, {kGrid})[0], {1, 1, 1, 1}, {5});
}

TEST(Pooling, KeepsIntegersAndNan) {
  expect_tensor(run(kPoolingOp, attrs(PoolKind::kMax, {2}), {tensor({1, 1, 3}, {-5, -7, 3}, DType::kI8)})[0], {1, 1, 2},
                {-5, 3});
  expect_tensor(run(kPoolingOp, attrs(PoolKind::kMax, {2}), {tensor({1, 1, 3}, {1, NAN, 3})})[0], {1, 1, 2},
                {NAN, NAN});
}

TEST(Pooling, KeepsExtentsSymbolic) {
  EXPECT_EQ(infer_shape_text(kPoolingOp, attrs(PoolKind::kMax, {3, 3}, {2, 2}, {1, 1}), {info({"n", "8", "h", "112"})}),
            "[n,8,div(h+1,2),56]");
}

TEST(Pooling, RefusesWhatDoesNotFit) {
  EXPECT_THROW(infer_infos(kPoolingOp, attrs(PoolKind::kMax, {3}), {info({"1", "1", "4", "4"})}), ModelError);
  EXPECT_THROW(infer_infos(kPoolingOp, attrs(PoolKind::kMax, {5, 5}), {info({"1", "1", "4", "4"})}), ModelError);
  EXPECT_THROW(infer_infos(kPoolingOp, attrs(PoolKind::kMax, {0, 1}), {info({"1", "1", "4", "4"})}), ModelError);
  PoolingAttrs wide = attrs(PoolKind::kMax, {int64_t{3} << 61, 1});  // fits whatever it meets
  wide.window.auto_pad = AutoPad::kSameUpper;
  EXPECT_THROW(infer_infos(kPoolingOp, wide, {info({"1", "1", "4", "4"})}), ModelError);
  EXPECT_THROW(infer_infos(kPoolingOp, attrs(PoolKind::kAverage, {1, 1}), {info({"1", "1", "4", "4"}, DType::kI32)}),
               ModelError);
}

}  // namespace
}  // namespace hone
