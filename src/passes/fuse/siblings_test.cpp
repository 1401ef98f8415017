// Siblings: merged with their epilogues, refused where they differ.
#include "passes/fuse/siblings.h"

#include "ops/convolution.h"
#include "ops/matmul.h"
#include "passes/fuse/epilogue.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

TEST(Siblings, ProjectionsWithBias) {
  Net n;
  Value* x = n.input("x", {"N", "3", "8"});
  for (int i = 0; i < 3; ++i) {
    Value* p = n.add(kMatMulOp, {x, n.weights({8, i == 0 ? 8 : 4})}, MatMulAttrs());
    n.output(n.map(kAdd, {n.weights({i == 0 ? 8 : 4}), p}), fmt::format("out{}", i));
  }
  run_checked(n.graph, fuse_epilogues, {{"N", 2}});
  EXPECT_EQ(run_checked(n.graph, merge_siblings, {{"N", 2}}), 1);
  EXPECT_EQ(only(n.graph, kMatMulOp)->output()->shape()[2], Dim(16));
  EXPECT_EQ(only(n.graph, kMatMulOp)->origins.size(), 6u);
  EXPECT_EQ(count(n.graph, kSliceOp), 3);
}
TEST(Siblings, PointConvolutions) {
  Net n;
  Value* x = n.input("x", {"2", "4", "3", "3"});
  for (int i = 0; i < 2; ++i) {
    Value* c = n.add(kConvolutionOp, {x, n.weights({3 + i, 4, 1, 1}), n.weights({3 + i})}, ConvolutionAttrs());
    n.output(n.map(kRelu, {n.map(kMul, {c, n.weights({3 + i, 1, 1})})}), fmt::format("out{}", i));
  }
  run_checked(n.graph, fuse_epilogues);
  EXPECT_EQ(run_checked(n.graph, merge_siblings), 1);
  EXPECT_EQ(only(n.graph, kConvolutionOp)->output()->shape()[1], Dim(7));
}
TEST(Siblings, TransposedWeights) {
  Net n;
  Value* x = n.input("x", {"3", "8"});
  MatMulAttrs a;
  a.op_b = MatrixOp::kTranspose;
  for (int i = 0; i < 2; ++i) n.output(n.add(kMatMulOp, {x, n.weights({4 + i, 8})}, a), fmt::format("out{}", i));
  EXPECT_EQ(run_checked(n.graph, merge_siblings), 1);
}
TEST(Siblings, DifferentTailsStayApart) {
  Net n;
  Value* x = n.input("x", {"3", "8"});
  const auto product = [&] { return n.add(kMatMulOp, {x, n.weights({8, 8})}, MatMulAttrs()); };
  n.output(n.map(kRelu, {product()}), "a");
  n.output(n.map(kTanh, {product()}), "b");
  n.output(n.map(kAdd, {product(), x}), "c");
  n.output(n.map(kAdd, {product(), n.input("r", {"3", "8"})}), "d");
  run_checked(n.graph, fuse_epilogues);
  EXPECT_EQ(run_checked(n.graph, merge_siblings), 0);
}

}  // namespace
}  // namespace hone::passes
