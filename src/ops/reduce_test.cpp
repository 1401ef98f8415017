// Reductions: hand-computed values, empty sets, shape arithmetic, refusals.
#include "ops/reduce.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

ReduceAttrs attrs(ReduceKind kind, std::vector<int64_t> axes = {}, bool keep = true) {
  ReduceAttrs a;
  a.kind = kind, a.axes = std::move(axes), a.keep_dims = keep;
  return a;
}
const Tensor kX = tensor({2, 3}, {1, -2, 3, 4, 5, -6});

TEST(Reduce, ComputesEveryKind) {
  auto rows = [](ReduceKind k) { return run(kReduceOp, attrs(k, {1}, false), {kX})[0]; };
  expect_tensor(rows(ReduceKind::kSum), {2}, {2, 3});
  expect_tensor(rows(ReduceKind::kProd), {2}, {-6, -120});
  expect_tensor(rows(ReduceKind::kMax), {2}, {3, 5});
  expect_tensor(rows(ReduceKind::kMin), {2}, {-2, -6});
  expect_tensor(rows(ReduceKind::kAvg), {2}, {2.0 / 3, 1});
  expect_tensor(rows(ReduceKind::kL1), {2}, {6, 15});
  expect_tensor(rows(ReduceKind::kL2), {2}, {std::sqrt(14.0), std::sqrt(77.0)});
  expect_tensor(rows(ReduceKind::kSumSquare), {2}, {14, 77});
  expect_tensor(rows(ReduceKind::kLogSum), {2}, {std::log(2.0), std::log(3.0)});
  expect_tensor(
      rows(ReduceKind::kLogSumExp), {2},
      {std::log(std::exp(1) + std::exp(-2) + std::exp(3)), std::log(std::exp(4) + std::exp(5) + std::exp(-6))});
}

TEST(Reduce, TakesAxesFromEitherPlace) {
  expect_tensor(run(kReduceOp, attrs(ReduceKind::kSum, {-2}), {kX})[0], {1, 3}, {5, 3, -3});
  expect_tensor(run(kReduceOp, attrs(ReduceKind::kSum), {kX})[0], {1, 1}, {5});
  expect_tensor(run(kReduceOp, attrs(ReduceKind::kSum, {1}), {kX, tensor({1}, {0}, DType::kI64)})[0], {1, 3},
                {5, 3, -3});
  ReduceAttrs noop = attrs(ReduceKind::kSumSquare);
  noop.noop_if_empty = true;
  expect_tensor(run(kReduceOp, noop, {kX})[0], {2, 3}, {1, 4, 9, 16, 25, 36});
}

TEST(Reduce, KnowsEmptySets) {
  const Tensor none = tensor({2, 0}, {});
  auto rows = [&](ReduceKind k) { return run(kReduceOp, attrs(k, {1}, false), {none})[0]; };
  expect_tensor(rows(ReduceKind::kSum), {2}, {0, 0});
  expect_tensor(rows(ReduceKind::kProd), {2}, {1, 1});
  expect_tensor(rows(ReduceKind::kMax), {2}, {-INFINITY, -INFINITY});
  expect_tensor(rows(ReduceKind::kMin), {2}, {INFINITY, INFINITY});
  expect_tensor(rows(ReduceKind::kLogSumExp), {2}, {-INFINITY, -INFINITY});
}

TEST(Reduce, StaysFiniteForLargeExponents) {
  expect_tensor(run(kReduceOp, attrs(ReduceKind::kLogSumExp), {tensor({2}, {1000, 1000})})[0], {1},
                {1000 + std::log(2.0)}, 1e-4);
}

TEST(Reduce, WorksOnIntegersAndBool) {
  expect_tensor(run(kReduceOp, attrs(ReduceKind::kSum), {tensor({3}, {1e15, 1, 1}, DType::kI64)})[0], {1}, {1e15 + 2},
                0);
  expect_tensor(run(kReduceOp, attrs(ReduceKind::kMax), {tensor({3}, {0, 1, 0}, DType::kBool)})[0], {1}, {1});
  expect_tensor(run(kReduceOp, attrs(ReduceKind::kAvg), {tensor({2}, {3, 4}, DType::kI32)})[0], {1}, {3});
}

TEST(Reduce, FoldsShapeArithmetic) {
  TensorInfo x = info({"3"}, DType::kI64);
  x.content = shape({"n", "4", "w"});
  const auto prod = infer_infos(kReduceOp, attrs(ReduceKind::kProd, {0}, false), {x})[0];
  ASSERT_TRUE(prod.content.has_value());
  EXPECT_EQ(str(*prod.content), "[4*n*w]");
  EXPECT_EQ(str(prod.shape), "[]");
  EXPECT_EQ(str(*infer_infos(kReduceOp, attrs(ReduceKind::kSum), {x})[0].content), "[n+w+4]");
  EXPECT_FALSE(infer_infos(kReduceOp, attrs(ReduceKind::kL2), {x})[0].content.has_value());
}

TEST(Reduce, KeepsDimsSymbolic) {
  EXPECT_EQ(infer_shape_text(kReduceOp, attrs(ReduceKind::kAvg, {2, 3}), {info({"n", "c", "h", "w"})}), "[n,c,1,1]");
  EXPECT_EQ(infer_shape_text(kReduceOp, attrs(ReduceKind::kAvg, {-1}, false), {info({"n", "c", "h"})}), "[n,c]");
}

TEST(Reduce, RefusesBadAxes) {
  EXPECT_THROW(infer_infos(kReduceOp, attrs(ReduceKind::kSum, {2}), {info({"n", "c"})}), ModelError);
  EXPECT_THROW(infer_infos(kReduceOp, attrs(ReduceKind::kSum, {1, -1}), {info({"n", "c"})}), ModelError);
  EXPECT_THROW(infer_infos(kReduceOp, attrs(ReduceKind::kSum), {info({"n", "c"}), info({"1"}, DType::kI64)}),
               Unsupported);
}

}  // namespace
}  // namespace hone
