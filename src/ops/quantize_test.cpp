// Quantisation, dequantisation and dynamic quantisation: rounding, saturation, axes, blocks, refusals.
#include "ops/quantize.h"

#include "ops/dequantize.h"
#include "ops/dynamic_quantize.h"
#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

QuantizeAttrs quantize(DType to, int64_t axis = 1, int64_t block = 0) {
  QuantizeAttrs a;
  a.to = to, a.axis = axis, a.block_size = block;
  return a;
}
DequantizeAttrs dequantize(int64_t axis = 1, int64_t block = 0) {
  DequantizeAttrs a;
  a.axis = axis, a.block_size = block;
  return a;
}

TEST(Quantize, RoundsHalfToEvenAndSaturates) {
  const Tensor x = tensor({6}, {1, 3, -1, 1000, -1000, 0}), two = tensor({}, {2});
  expect_tensor(run(kQuantizeOp, quantize(DType::kI8), {x, two})[0], {6}, {0, 2, 0, 127, -128, 0});
  expect_tensor(run(kQuantizeOp, quantize(DType::kU8), {x, two, tensor({}, {10}, DType::kU8)})[0], {6},
                {10, 12, 10, 255, 0, 10});
  const Tensor nibbles = run(kQuantizeOp, quantize(DType::kI4), {x, two})[0];
  EXPECT_EQ(nibbles.type(), DType::kI4);
  expect_tensor(nibbles, {6}, {0, 2, 0, 7, -8, 0});
}

TEST(Quantize, ScalesAxesAndBlocks) {
  const Tensor x = tensor({2, 2}, {10, 10, 20, 20});
  expect_tensor(run(kQuantizeOp, quantize(DType::kI8), {x, tensor({2}, {1, 5})})[0], {2, 2}, {10, 2, 20, 4});
  expect_tensor(run(kQuantizeOp, quantize(DType::kI8, 0), {x, tensor({2}, {1, 5})})[0], {2, 2}, {10, 10, 4, 4});
  expect_tensor(run(kQuantizeOp, quantize(DType::kI8, 1, 2), {tensor({1, 3}, {8, 8, 8}), tensor({1, 2}, {1, 4})})[0],
                {1, 3}, {8, 8, 2});
}

TEST(Quantize, NarrowsToEightBitFloats) {
  expect_tensor(run(kQuantizeOp, quantize(DType::kFP8), {tensor({3}, {2, 1e6, -0.5}), tensor({}, {2})})[0], {3},
                {1, 448, -0.25});
}

TEST(Quantize, RefusesWhatDoesNotFit) {
  const auto x = info({"2", "3"});
  EXPECT_THROW(infer_infos(kQuantizeOp, quantize(DType::kI8), {x, info({"2"})}), ModelError);
  EXPECT_THROW(infer_infos(kQuantizeOp, quantize(DType::kI8), {x, info({"3"}), info({"3"}, DType::kU8)}), ModelError);
  EXPECT_THROW(infer_infos(kQuantizeOp, quantize(DType::kI8, 1, 2), {x, info({"2", "3"})}), ModelError);
  EXPECT_THROW(infer_infos(kQuantizeOp, quantize(DType::kF32), {x, info({})}), Unsupported);
  EXPECT_THROW(infer_infos(kQuantizeOp, quantize(DType::kI8, 2), {x, info({"3"})}), ModelError);
}

TEST(Dequantize, UndoesTheScale) {
  const Tensor x = tensor({2, 2}, {1, 2, 3, 4}, DType::kU8);
  expect_tensor(run(kDequantizeOp, dequantize(), {x, tensor({}, {0.5}), tensor({}, {2}, DType::kU8)})[0], {2, 2},
                {-0.5, 0, 0.5, 1});
  expect_tensor(run(kDequantizeOp, dequantize(), {x, tensor({2}, {1, 10}), tensor({2}, {1, 0}, DType::kU8)})[0], {2, 2},
                {0, 20, 2, 40});
  expect_tensor(
      run(kDequantizeOp, dequantize(0, 2), {tensor({3, 1}, {1, 2, 3}, DType::kI4), tensor({2, 1}, {1, 10})})[0], {3, 1},
      {1, 2, 30});
  expect_tensor(run(kDequantizeOp, dequantize(), {tensor({2}, {-100000, 7}, DType::kI32), tensor({}, {0.5})})[0], {2},
                {-50000, 3.5});
  EXPECT_THROW(infer_infos(kDequantizeOp, dequantize(), {info({"2"}, DType::kI8), info({}), info({}, DType::kU8)}),
               ModelError);
}

TEST(DynamicQuantize, MapsTheLargestOfABlockToTheLargestNumber) {
  DynamicQuantizeAttrs a;
  a.block_size = 2;
  const auto y = run(kDynamicQuantizeOp, a, {tensor({1, 4}, {6, -3, 0, 24})}, 2);
  expect_tensor(y[1], {1, 2}, {1, 4});
  expect_tensor(y[0], {1, 4}, {6, -3, 0, 6});
  const auto scaled = run(kDynamicQuantizeOp, a, {tensor({1, 2}, {12, 6}), tensor({}, {0.5})}, 2);
  expect_tensor(scaled[1], {1, 1}, {4});
  expect_tensor(scaled[0], {1, 2}, {6, 3});
}

TEST(DynamicQuantize, RoundsPowerOfTwoScalesUp) {
  DynamicQuantizeAttrs a;
  a.block_size = 2, a.to = DType::kFP8, a.scale_type = DType::kE8M0;
  const auto y = run(kDynamicQuantizeOp, a, {tensor({1, 2}, {450, 2})}, 2);
  expect_tensor(y[1], {1, 1}, {2});
  expect_tensor(y[0], {1, 2}, {224, 1});  // 225 lies between 224 and 240
}

}  // namespace
}  // namespace hone
