// Selections: extremes, their positions, the k best, one-hot encoding and the scale layer.
#include "ops/topk.h"

#include "ops/arg_reduce.h"
#include "ops/one_hot.h"
#include "ops/scale.h"
#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

TEST(TopK, OrdersValuesAndBreaksTiesByPosition) {
  TopKAttrs a;
  a.k = 3;
  const Tensor x = tensor({1, 5}, {2, 5, 2, 7, 5});
  auto y = run(kTopKOp, a, {x}, 2);
  expect_tensor(y[0], {1, 3}, {7, 5, 5});
  expect_tensor(y[1], {1, 3}, {3, 1, 4});
  a.largest = false, a.index_type = DType::kI32;
  y = run(kTopKOp, a, {x, tensor({1}, {2}, DType::kI64)}, 2);
  expect_tensor(y[0], {1, 2}, {2, 2});
  expect_tensor(y[1], {1, 2}, {0, 2});
  EXPECT_EQ(y[1].type(), DType::kI32);
}

TEST(TopK, RunsAlongAnyAxis) {
  TopKAttrs a;
  a.axis = 0;
  const auto y = run(kTopKOp, a, {tensor({2, 3}, {1, 5, 3, 4, 2, 6})}, 2);
  expect_tensor(y[0], {1, 3}, {4, 5, 6});
  expect_tensor(y[1], {1, 3}, {1, 0, 1});
}

TEST(TopK, KeepsKSymbolic) {
  TensorInfo k = info({"1"}, DType::kI64);
  EXPECT_EQ(infer_shape_text(kTopKOp, TopKAttrs(), {info({"n", "10"}), k}, 2), "[n,%node.0]");
  k.content = shape({"m"});
  EXPECT_EQ(infer_shape_text(kTopKOp, TopKAttrs(), {info({"n", "10"}), k}, 2), "[n,m]");
  TopKAttrs a;
  a.k = 11;
  EXPECT_THROW(infer_infos(kTopKOp, a, {info({"n", "10"})}, 2), ModelError);
}

TEST(ArgReduce, FindsExtremes) {
  ArgReduceAttrs a;
  a.axis = 1;
  const Tensor x = tensor({2, 3}, {1, 3, 3, -2, -2, 0});
  expect_tensor(run(kArgReduceOp, a, {x})[0], {2, 1}, {1, 2});
  a.select_last = true;
  expect_tensor(run(kArgReduceOp, a, {x})[0], {2, 1}, {2, 2});
  a.largest = false, a.keep_dims = false;
  expect_tensor(run(kArgReduceOp, a, {x})[0], {2}, {0, 1});
  a.axis = 0, a.select_last = false;
  expect_tensor(run(kArgReduceOp, a, {x})[0], {3}, {1, 1, 1});
  EXPECT_EQ(infer_shape_text(kArgReduceOp, a, {info({"n", "c", "h"})}), "[c,h]");
  EXPECT_THROW(infer_infos(kArgReduceOp, a, {info({"0", "3"})}), ModelError);
}

TEST(OneHot, MarksIndices) {
  OneHotAttrs a;
  const Tensor i = tensor({3}, {1, -1, 5}, DType::kI64), depth = tensor({}, {3}, DType::kI64),
               values = tensor({2}, {2, 7});
  expect_tensor(run(kOneHotOp, a, {i, depth, values})[0], {3, 3}, {2, 7, 2, 2, 2, 7, 2, 2, 2});
  a.axis = 0;
  expect_tensor(run(kOneHotOp, a, {tensor({2}, {0, 1}), tensor({1}, {3}), values})[0], {3, 2}, {7, 2, 2, 7, 2, 2});
  EXPECT_EQ(infer_shape_text(kOneHotOp, a, {info({"n"}, DType::kI64), constant_info(depth), info({"2"})}), "[3,n]");
  EXPECT_THROW(infer_infos(kOneHotOp, a, {info({"n"}, DType::kI64), constant_info(depth), info({"3"})}), ModelError);
}

TEST(Scale, ScalesShiftsAndRaises) {
  ScaleAttrs a;
  a.scale = tensor({1}, {2}), a.shift = tensor({1}, {1});
  const Tensor x = tensor({1, 2, 2}, {0, 1, 2, 3});
  expect_tensor(run(kScaleOp, a, {x})[0], {1, 2, 2}, {1, 3, 5, 7});
  a.mode = ScaleMode::kChannel, a.scale = tensor({2}, {1, 10}), a.shift = Tensor(), a.power = tensor({2}, {2, 1});
  expect_tensor(run(kScaleOp, a, {x})[0], {1, 2, 2}, {0, 1, 20, 30});
  a.mode = ScaleMode::kElementwise, a.scale = tensor({4}, {1, 2, 3, 4}), a.power = Tensor();
  expect_tensor(run(kScaleOp, a, {x})[0], {1, 2, 2}, {0, 2, 6, 12});
  a.mode = ScaleMode::kUniform;
  EXPECT_THROW(infer_infos(kScaleOp, a, {info({"1", "2", "2"})}), ModelError);
}

}  // namespace
}  // namespace hone
