// Matrix product: hand-computed products, broadcasting, vectors, integers, refusals.
#include "ops/matmul.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

MatMulAttrs attrs(MatrixOp a, MatrixOp b) {
  MatMulAttrs m;
  m.op_a = a, m.op_b = b;
  return m;
}
const MatrixOp kNone = MatrixOp::kNone, kTranspose = MatrixOp::kTranspose, kVector = MatrixOp::kVector;

TEST(MatMul, MultipliesInEveryOrientation) {
  const std::vector<double> expected = {22, 28, 49, 64};
  const Tensor a = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), at = tensor({3, 2}, {1, 4, 2, 5, 3, 6});
  const Tensor b = tensor({3, 2}, {1, 2, 3, 4, 5, 6}), bt = tensor({2, 3}, {1, 3, 5, 2, 4, 6});
  expect_tensor(run(kMatMulOp, attrs(kNone, kNone), {a, b})[0], {2, 2}, expected);
  expect_tensor(run(kMatMulOp, attrs(kTranspose, kNone), {at, b})[0], {2, 2}, expected);
  expect_tensor(run(kMatMulOp, attrs(kNone, kTranspose), {a, bt})[0], {2, 2}, expected);
  expect_tensor(run(kMatMulOp, attrs(kTranspose, kTranspose), {at, bt})[0], {2, 2}, expected);
}

TEST(MatMul, TakesVectors) {
  const Tensor m = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), v = tensor({3}, {1, 10, 100}), u = tensor({2}, {1, 10});
  expect_tensor(run(kMatMulOp, attrs(kNone, kVector), {m, v})[0], {2}, {321, 654});
  expect_tensor(run(kMatMulOp, attrs(kVector, kNone), {u, m})[0], {3}, {41, 52, 63});
  expect_tensor(run(kMatMulOp, attrs(kVector, kVector), {v, v})[0], {}, {10101});
}

TEST(MatMul, BroadcastsLeadingDims) {
  const Tensor a = ramp({2, 1, 1, 2}), b = tensor({3, 2, 1}, {1, 0, 0, 1, 1, 1});
  expect_tensor(run(kMatMulOp, attrs(kNone, kNone), {a, b})[0], {2, 3, 1, 1}, {0, 1, 1, 2, 3, 5});
}

TEST(MatMul, AccumulatesIntegersExactly) {
  const Tensor a = tensor({1, 3}, {100000, 30000, 1}, DType::kI32), b = tensor({3, 1}, {20000, 3000, 7}, DType::kI32);
  expect_tensor(run(kMatMulOp, attrs(kNone, kNone), {a, b})[0], {1, 1}, {2000000000 + 90000007});
}

TEST(MatMul, AccumulatesFloatsInDouble) {
  const Tensor a = tensor({1, 3}, {1e8, 1, -1e8}), b = tensor({3, 1}, {1, 1, 1});
  expect_tensor(run(kMatMulOp, attrs(kNone, kNone), {a, b})[0], {1, 1}, {1});
}

TEST(MatMul, SumsNothingToZero) {
  expect_tensor(run(kMatMulOp, attrs(kNone, kNone), {tensor({2, 0}, {}), tensor({0, 1}, {})})[0], {2, 1}, {0, 0});
}

TEST(MatMul, KeepsDimsSymbolic) {
  EXPECT_EQ(infer_shape_text(kMatMulOp, attrs(kNone, kTranspose),
                             {info({"b", "12", "s", "64"}), info({"b", "12", "t", "64"})}),
            "[b,12,s,t]");
  EXPECT_EQ(infer_shape_text(kMatMulOp, attrs(kNone, kNone), {info({"b", "s", "768"}), info({"768", "64"})}),
            "[b,s,64]");
}

TEST(MatMul, RefusesWhatDoesNotFit) {
  EXPECT_THROW(infer_infos(kMatMulOp, attrs(kNone, kNone), {info({"2", "3"}), info({"2", "3"})}), ModelError);
  EXPECT_THROW(infer_infos(kMatMulOp, attrs(kNone, kNone), {info({"3"}), info({"3", "2"})}), ModelError);
  EXPECT_THROW(infer_infos(kMatMulOp, attrs(kNone, kNone), {info({"2", "2", "3"}), info({"3", "3", "2"})}), ModelError);
  EXPECT_THROW(infer_infos(kMatMulOp, attrs(kNone, kNone), {info({"2", "3"}), info({"3", "3"}, DType::kF16)}),
               ModelError);
}

}  // namespace
}  // namespace hone
