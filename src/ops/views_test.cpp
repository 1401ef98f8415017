// Reshape, transpose, shuffle, squeeze, unsqueeze, concat, expand, tile: values, symbolic dims, contents, errors.
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/op_testing.h"
#include "ops/reshape.h"
#include "ops/shuffle.h"
#include "ops/squeeze.h"
#include "ops/tile.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"

namespace hone {
namespace {
using namespace testing;  // NOLINT

ReshapeAttrs reshape_to(std::vector<int64_t> shape) {
  ReshapeAttrs a;
  a.shape = std::move(shape);
  return a;
}

TEST(Reshape, DividesSymbolicVolumes) {
  EXPECT_EQ(shape_of(kReshapeOp, reshape_to({0, -1}), {info(DType::kF32, {"N", "S", "64"})}), "[N,64*S]");
  EXPECT_EQ(shape_of(kReshapeOp, reshape_to({0, 0, 8, -1}), {info(DType::kF32, {"N", "S", "64"})}), "[N,S,8,8]");
  EXPECT_EQ(shape_of(kReshapeOp, {reshape_to({})}, {info(DType::kF32, {"N*12", "64"}), dims_value({"N", "-1", "64"})}),
            "[N,12,64]");
}
TEST(Reshape, TellsMinusOneBesideCopiedZero) {
  expect_near(run(kReshapeOp, reshape_to({0, -1}), {floats({0, 2, 3}, {})}), {0, 6}, {});
}
TEST(Reshape, RefusesOtherVolumesAndTwoUnknowns) {
  EXPECT_THROW(shape_of(kReshapeOp, reshape_to({5}), {info(DType::kF32, {"2", "3"})}), ModelError);
  EXPECT_THROW(shape_of(kReshapeOp, reshape_to({-1, -1}), {info(DType::kF32, {"2", "3"})}), ModelError);
  EXPECT_THROW(shape_of(kReshapeOp, reshape_to({4, -1}), {info(DType::kF32, {"2", "3"})}), ModelError);
  EXPECT_THROW(shape_of(kReshapeOp, reshape_to({1, 0, 0, 0}), {info(DType::kF32, {"2", "3"})}), ModelError);
}
TEST(Reshape, UnknownShapeGivesRunTimeDims) {
  EXPECT_EQ(shape_of(kReshapeOp, reshape_to({}), {info(DType::kF32, {"2", "3"}), info(DType::kI64, {"2"})}),
            "[%node.0,%node.1]");
}

TEST(Transpose, PermutesAnyWidth) {
  TransposeAttrs a;
  a.perm = {2, 0, 1};
  expect_near(run(kTransposeOp, a, {counting({2, 3, 2})}), {2, 2, 3}, {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11});
  EXPECT_EQ(values<uint8_t>(run(kTransposeOp, TransposeAttrs{}, {tensor<uint8_t>({2, 2}, {1, 2, 3, 4})})),
            (std::vector<uint8_t>{1, 3, 2, 4}));
  expect_near(run(kTransposeOp, TransposeAttrs{}, {counting({2, 3}).to(DType::kF16)}), {3, 2}, {0, 3, 1, 4, 2, 5});
}
TEST(Transpose, LargeTilesMatchNaive) {
  TransposeAttrs a;
  a.perm = {0, 2, 1};
  const Tensor x = counting({3, 45, 70}), y = run(kTransposeOp, a, {x});
  for (int64_t n = 0; n < 3; ++n)
    for (int64_t i = 0; i < 45; ++i)
      for (int64_t j = 0; j < 70; ++j)
        ASSERT_EQ(y.data<float>()[(n * 70 + j) * 45 + i], x.data<float>()[(n * 45 + i) * 70 + j]);
}
TEST(Transpose, RefusesWhatIsNoPermutation) {
  TransposeAttrs a;
  a.perm = {0, 0};
  EXPECT_THROW(shape_of(kTransposeOp, a, {info(DType::kF32, {"2", "3"})}), ModelError);
  a.perm = {0, 1, 2};
  EXPECT_THROW(shape_of(kTransposeOp, a, {info(DType::kF32, {"2", "3"})}), ModelError);
}

TEST(Shuffle, TransposesReshapesTransposes) {
  ShuffleAttrs a;
  a.first_perm = {1, 0};
  a.reshape = {0, 2, -1};
  a.has_reshape = true;
  a.second_perm = {2, 1, 0};
  // [4,3] -> [3,4] -> [3,2,2] -> [2,2,3]
  expect_near(run(kShuffleOp, a, {counting({4, 3})}), {2, 2, 3}, {0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11});
  EXPECT_EQ(shape_of(kShuffleOp, a, {info(DType::kF32, {"4*K", "N"})}), "[2*K,2,N]");
}

TEST(Squeeze, DropsAxesAndKeepsContent) {
  SqueezeAttrs a;
  a.axes = {-1};
  EXPECT_EQ(shape_of(kSqueezeOp, a, {info(DType::kF32, {"N", "1"})}), "[N]");
  EXPECT_EQ(shape_of(kSqueezeOp, SqueezeAttrs{}, {info(DType::kF32, {"1", "2", "1"})}), "[2]");
  a.axes = {0};
  EXPECT_EQ(content_of(kSqueezeOp, a, {dims_value({"N*2"})}), "[2*N]");
  a.axes = {1};
  EXPECT_THROW(shape_of(kSqueezeOp, a, {info(DType::kF32, {"1", "2"})}), ModelError);
  EXPECT_THROW(shape_of(kSqueezeOp, SqueezeAttrs{}, {info(DType::kF32, {"N", "1"})}), Unsupported);
}
TEST(Unsqueeze, CountsAxesInTheOutput) {
  UnsqueezeAttrs a;
  a.axes = {-1, 0};
  EXPECT_EQ(shape_of(kUnsqueezeOp, a, {info(DType::kF32, {"N", "4"})}), "[1,N,4,1]");
  a.axes = {0, 0};
  EXPECT_THROW(shape_of(kUnsqueezeOp, a, {info(DType::kF32, {"N"})}), ModelError);
}

TEST(Concat, JoinsValuesAndContents) {
  ConcatAttrs a;
  a.axis = 1;
  expect_near(run(kConcatOp, a, {floats({2, 1}, {1, 2}), floats({2, 2}, {3, 4, 5, 6})}), {2, 3}, {1, 3, 4, 2, 5, 6});
  EXPECT_EQ(shape_of(kConcatOp, a, {info(DType::kF32, {"N", "P"}), info(DType::kF32, {"N", "3"})}), "[N,P+3]");
  EXPECT_EQ(content_of(kConcatOp, ConcatAttrs{}, {dims_value({"N"}), dims_value({"-1", "S*8"})}), "[N,-1,8*S]");
  EXPECT_THROW(shape_of(kConcatOp, a, {info(DType::kF32, {"2", "1"}), info(DType::kF32, {"3", "1"})}), ModelError);
  EXPECT_THROW(shape_of(kConcatOp, a, {info(DType::kF32, {"2", "1"}), info(DType::kF16, {"2", "1"})}), ModelError);
}

TEST(Expand, BroadcastsBothWays) {
  ExpandAttrs a;
  a.shape = {2, 1, 3};
  expect_near(run(kExpandOp, a, {floats({2, 1}, {1, 2})}), {2, 2, 3}, {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2});
  EXPECT_EQ(shape_of(kExpandOp, a, {info(DType::kF32, {"N", "1"}), dims_value({"N", "S"})}), "[N,S]");
  EXPECT_EQ(content_of(kExpandOp, a, {dims_value({"N"}), dims_value({"3"})}), "[N,N,N]");
  EXPECT_THROW(shape_of(kExpandOp, a, {info(DType::kF32, {"4", "2"})}), ModelError);
}
TEST(Tile, Repeats) {
  TileAttrs a;
  a.repeats = {2, 2};
  expect_near(run(kTileOp, a, {floats({1, 2}, {1, 2})}), {2, 4}, {1, 2, 1, 2, 1, 2, 1, 2});
  EXPECT_EQ(shape_of(kTileOp, a, {info(DType::kF32, {"N", "3"})}), "[2*N,6]");
  a.repeats = {1};
  EXPECT_THROW(shape_of(kTileOp, a, {info(DType::kF32, {"N", "3"})}), ModelError);
  a.repeats = {0, 1};
  expect_near(run(kTileOp, a, {floats({1, 2}, {1, 2})}), {0, 2}, {});
}

}  // namespace
}  // namespace hone
