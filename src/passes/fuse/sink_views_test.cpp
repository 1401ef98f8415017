// Reshapes move behind additions, so that those become epilogues.
#include "passes/fuse/sink_views.h"

#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/fuse/epilogue.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;

Value* reshape(Net& n, Value* x, std::vector<int64_t> shape) {
  ReshapeAttrs a;
  a.shape = std::move(shape);
  return n.add(kReshapeOp, {x}, a);
}

TEST(SinkViews, ResidualBehindAReshape) {
  Net n;
  Value* x = n.input("x", {"N", "5", "8"});
  Value* p = n.add(kMatMulOp, {reshape(n, x, {-1, 8}), n.weights({8, 8})}, MatMulAttrs());
  p = reshape(n, n.map(ScalarFn::kAdd, {p, n.weights({8})}), {-1, 5, 8});
  n.output(n.map(ScalarFn::kRelu, {n.map(ScalarFn::kAdd, {n.map(ScalarFn::kMul, {n.weights({8}), p}), x})}));
  EXPECT_EQ(run_checked(n.graph, sink_views, {{"N", 2}}), 3);
  EXPECT_EQ(run_checked(n.graph, fuse_epilogues, {{"N", 2}}), 1);
  EXPECT_EQ(layers(n.graph), 4) << n.graph.str();  // reshapes of both operands and of the result
}
TEST(SinkViews, TransposeOfOnes) {
  Net n;
  Value* x = n.input("x", {"1", "5", "1", "8"});
  TransposeAttrs a;
  a.perm = {1, 0, 2, 3};
  n.output(n.add(kTransposeOp, {x}, a), "view");
  a.perm = {0, 3, 2, 1};
  n.output(n.add(kTransposeOp, {x}, a), "real");
  EXPECT_EQ(run_checked(n.graph, sink_views), 1);
  EXPECT_EQ(count(n.graph, kTransposeOp), 1);
}
TEST(SinkViews, StaysWhereItDoesNotHelp) {
  Net n;
  Value* x = n.input("x", {"2", "6"});
  Value* p = n.add(kMatMulOp, {x, n.weights({6, 6})}, MatMulAttrs());
  n.output(n.map(ScalarFn::kAdd, {reshape(n, p, {2, 2, 3}), n.weights({2, 1})}), "inner axis");
  n.output(n.map(ScalarFn::kAdd, {reshape(n, x, {4, 3}), n.weights({3})}), "no product");
  EXPECT_EQ(run_checked(n.graph, sink_views), 0);
}

}  // namespace
}  // namespace hone::passes
