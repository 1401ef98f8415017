// Epilogues: what is taken in, what is not, and where the fused node stands.
#include "passes/fuse/epilogue.h"

#include "ops/convolution.h"
#include "ops/matmul.h"
#include "passes/fuse/groups.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

Value* conv(Net& n, Value* x, int64_t channels, int64_t out) {
  return n.add(kConvolutionOp, {x, n.weights({out, channels, 1, 1}), n.weights({out})}, ConvolutionAttrs());
}

TEST(Epilogue, ConvolutionResidualActivation) {
  Net n;
  Value* x = n.input("x", {"N", "4", "3", "3"});
  Value* y = n.map(kRelu, {n.map(kAdd, {conv(n, x, 4, 4), x})});
  n.output(y);
  EXPECT_EQ(run_checked(n.graph, fuse_epilogues, {{"N", 2}}), 1);
  EXPECT_EQ(layers(n.graph), 1);
  EXPECT_EQ(only(n.graph, kConvolutionOp)->epilogue->program.str(),
            "2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3");
}
TEST(Epilogue, LaterOfTwoProductsTakesTheSum) {
  Net n;
  Value* x = n.input("x", {"1", "4", "3", "3"});
  Value *a = conv(n, x, 4, 4), *b = conv(n, x, 4, 4);
  n.output(n.map(kRelu, {n.map(kAdd, {b, a})}));
  run_checked(n.graph, fuse_epilogues);
  EXPECT_EQ(layers(n.graph), 2);
  const auto nodes = n.graph.nodes();
  EXPECT_TRUE(nodes.back()->is(kConvolutionOp));
  EXPECT_EQ(nodes.back()->origins.size(), 3u);
}
TEST(Epilogue, MovesBehindItsOperands) {
  Net n;
  Value* x = n.input("x", {"2", "8"});
  Value* p = n.add(kMatMulOp, {x, n.weights({8, 8})}, MatMulAttrs());
  Value* late = n.map(kErf, {n.map(kExp, {x})});
  n.output(n.map(kSilu, {n.map(kAdd, {late, p})}, 1));
  run_checked(n.graph, fuse_epilogues);
  EXPECT_EQ(layers(n.graph), 3);
  EXPECT_TRUE(n.graph.nodes().back()->is(kMatMulOp));
}
TEST(Epilogue, ExtendsAnEarlierOne) {
  Net n;
  Value* x = n.input("x", {"2", "8"});
  Value* p = n.map(kAdd, {n.add(kMatMulOp, {x, n.weights({8, 8})}, MatMulAttrs()), n.weights({8})});
  n.output(p);
  run_checked(n.graph, fuse_epilogues);
  n.graph.unmark_output(n.graph.outputs()[0]);
  n.output(n.map(kMul, {only(n.graph, kMatMulOp)->output(), x}), "more");
  EXPECT_EQ(run_checked(n.graph, fuse_epilogues), 1);
  EXPECT_EQ(layers(n.graph), 1);
  EXPECT_EQ(only(n.graph, kMatMulOp)->inputs().size(), 4u);
}
TEST(Epilogue, LeavesSharedGrowingAndForeignSteps) {
  Net n;
  Value* x = n.input("x", {"1", "4", "1", "1"});
  Value* big = n.input("big", {"1", "4", "5", "5"});
  Value* a = conv(n, x, 4, 4);
  n.output(n.map(kAdd, {a, big}), "grown");  // larger than the convolution's result
  n.output(a, "a");                          // an output itself
  Value* b = conv(n, big, 4, 4);
  n.output(n.map(kMul, {n.map(kTanh, {b}), n.map(kAbs, {b})}), "both");  // two users
  Value* c = conv(n, big, 4, 4);
  n.output(n.map(kMish, {c}), "mish");  // no step of an epilogue
  EXPECT_EQ(run_checked(n.graph, fuse_epilogues), 0);
}
TEST(Epilogue, StopsAtEightSteps) {
  Net n;
  Value* v = n.add(kMatMulOp, {n.input("x", {"2", "4"}), n.weights({4, 4})}, MatMulAttrs());
  for (int i = 0; i < 10; ++i) v = n.map(kTanh, {v});
  n.output(v);
  run_checked(n.graph, fuse_epilogues);
  EXPECT_EQ(layers(n.graph), 3);
}

TEST(Groups, ChainsAndSmallDags) {
  Net n;
  Value *x = n.input("x", {"N", "4"}), *y = n.input("y", {"4"});
  Value* s = n.map(kAdd, {x, y});
  n.output(n.map(kSub, {n.map(kTanh, {s}), n.map(kMul, {n.map(kExp, {s}), x})}));
  EXPECT_EQ(run_checked(n.graph, group_pointwise, {{"N", 3}}), 1);
  EXPECT_EQ(layers(n.graph), 1);
  EXPECT_EQ(only(n.graph, kPointwiseOp)->inputs().size(), 2u);
}
TEST(Groups, KeepSharedAndSmallerResults) {
  Net n;
  Value *x = n.input("x", {"N", "4"}), *y = n.input("y", {"4"});
  Value* shared = n.map(kExp, {x});
  n.output(n.map(kAdd, {shared, n.map(kExp, {y})}), "a");  // exp(y) has fewer elements: computed once
  n.output(n.map(kAbs, {shared}), "b");
  EXPECT_EQ(run_checked(n.graph, group_pointwise, {{"N", 3}}), 0);
}
TEST(Groups, JoinAgain) {
  Net n;
  Value* v = n.input("x", {"4"});
  v = n.map(kTanh, {n.map(kExp, {v})});
  n.output(v);
  run_checked(n.graph, group_pointwise);
  n.graph.unmark_output(n.graph.outputs()[0]);
  n.output(n.map(kNeg, {only(n.graph, kPointwiseOp)->output()}), "more");
  EXPECT_EQ(run_checked(n.graph, group_pointwise), 1);
  EXPECT_EQ(layers(n.graph), 1);
}

}  // namespace
}  // namespace hone::passes
