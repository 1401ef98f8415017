// Fusion of mobile networks' blocks: what is taken in, what is not.
#include "passes/fuse/depthwise_blocks.h"

#include "ops/convolution.h"
#include "ops/depthwise_block.h"
#include "ops/reduce.h"
#include "passes/fuse/epilogue.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

Value* pointwise(Net& n, Value* x, int64_t channels, int64_t out, int64_t stride = 1) {
  ConvolutionAttrs a;
  a.window.stride = {stride, stride};
  return n.add(kConvolutionOp, {x, n.weights({out, channels, 1, 1}), n.weights({out})}, a);
}
Value* depthwise(Net& n, Value* x, int64_t channels, int64_t stride = 1) {
  ConvolutionAttrs a;
  a.groups = channels;
  a.window.stride = {stride, stride}, a.window.pre_pad = a.window.post_pad = {1, 1};
  return n.add(kConvolutionOp, {x, n.weights({channels, 1, 3, 3}), n.weights({channels})}, a);
}
Value* mean(Net& n, Value* x, bool keep = true) {
  ReduceAttrs a;
  a.kind = ReduceKind::kAvg, a.axes = {-1, 2}, a.keep_dims = keep;
  return n.add(kReduceOp, {x}, a);
}
int fuse_all(ir::Graph& g, const Options& o) {
  fuse_epilogues(g, o);
  return fuse_depthwise_blocks(g, o) + fuse_channel_factors(g, o);
}

TEST(DepthwiseBlocks, InvertedResidual) {
  Net n;
  Value* x = n.input("x", {"N", "4", "6", "5"});
  Value* e = n.map(kClip, {pointwise(n, x, 4, 12)}, 0, 6);
  Value* d = n.map(kClip, {depthwise(n, e, 12)}, 0, 6);
  n.output(n.map(kAdd, {pointwise(n, d, 12, 4), x}));
  EXPECT_EQ(run_checked(n.graph, fuse_all, {{"N", 2}}), 1);
  EXPECT_EQ(layers(n.graph), 1);
  const ir::Node* block = only(n.graph, kDepthwiseBlockOp);
  EXPECT_EQ(block->origins.size(), 6u);
  EXPECT_EQ(block->epilogue->base_inputs, 7);
  EXPECT_EQ(block->inputs().back(), x);
}
TEST(DepthwiseBlocks, ProjectionWithoutExpansion) {
  Net n;
  Value* x = n.input("x", {"2", "4", "6", "5"});
  n.output(n.map(kRelu, {pointwise(n, n.map(kRelu, {depthwise(n, x, 4, 2)}), 4, 3)}));
  EXPECT_EQ(run_checked(n.graph, fuse_all), 1);
  EXPECT_EQ(layers(n.graph), 1);
}
TEST(DepthwiseBlocks, ProjectionWhereTheDeviceRefusesIt) {
  Net n;
  Value* x = n.input("x", {"2", "4", "6", "5"});
  n.output(pointwise(n, depthwise(n, pointwise(n, x, 4, 12), 12), 12, 4));
  Options o;
  o.runs = [](const ir::Node& node) { return node.base_input_count() < 7; };
  EXPECT_EQ(fuse_depthwise_blocks(n.graph, o), 1);
  EXPECT_EQ(only(n.graph, kDepthwiseBlockOp)->inputs().size(), 5u);
  EXPECT_EQ(layers(n.graph), 2);
}
TEST(DepthwiseBlocks, SqueezeExcite) {
  Net n;
  Value* x = n.input("x", {"2", "4", "6", "5"});
  Value* d = n.map(kSilu, {depthwise(n, n.map(kSilu, {pointwise(n, x, 4, 8)}, 1), 8)}, 1);
  Value* s = n.map(kSigmoid, {pointwise(n, n.map(kSilu, {pointwise(n, mean(n, d), 8, 2)}, 1), 2, 8)});
  n.output(n.map(kAdd, {pointwise(n, n.map(kMul, {s, d}), 8, 4), x}));
  EXPECT_EQ(run_checked(n.graph, fuse_all), 2);
  EXPECT_EQ(layers(n.graph), 4);
  EXPECT_EQ(only(n.graph, kDepthwiseBlockOp)->outputs().size(), 2u);
  EXPECT_EQ(only(n.graph, kScaledConvolutionOp)->epilogue->base_inputs, 4);
}
TEST(DepthwiseBlocks, MeanAlone) {
  Net n;
  Value* x = n.input("x", {"1", "4", "6", "5"});
  Value* d = depthwise(n, x, 4);
  n.output(d, "filtered");
  n.output(mean(n, d), "mean");
  EXPECT_EQ(run_checked(n.graph, fuse_all), 1);
  EXPECT_EQ(layers(n.graph), 1);
}
TEST(DepthwiseBlocks, LeavesTheRest) {
  Net n;
  Value* x = n.input("x", {"1", "4", "6", "5"});
  Value* shared = pointwise(n, x, 4, 4);
  n.output(depthwise(n, shared, 4), "two_users");
  n.output(n.map(kRelu, {shared}), "other");
  n.output(depthwise(n, pointwise(n, x, 4, 4, 2), 4), "strided");
  n.output(depthwise(n, n.map(kAdd, {pointwise(n, x, 4, 4), x}), 4), "residual_between");
  n.output(mean(n, depthwise(n, x, 4), false), "drops_axes");
  n.output(pointwise(n, n.map(kMul, {x, n.weights({1, 4, 6, 5})}), 4, 4), "full_factor");
  Value* filtered = depthwise(n, x, 4);
  n.output(pointwise(n, filtered, 4, 3), "projected");
  n.output(filtered, "filtered");
  n.output(pointwise(n, depthwise(n, x, 4), 4, 3, 2), "projected_with_stride");
  EXPECT_EQ(run_checked(n.graph, fuse_all), 0);
}
TEST(DepthwiseBlocks, AsksTheDevice) {
  Net n;
  Value* x = n.input("x", {"1", "4", "6", "5"});
  n.output(depthwise(n, pointwise(n, x, 4, 8), 8));
  Options o;
  o.runs = [](const ir::Node&) { return false; };
  EXPECT_EQ(fuse_depthwise_blocks(n.graph, o), 0);
  EXPECT_EQ(count(n.graph, kDepthwiseBlockOp), 0);
}

}  // namespace
}  // namespace hone::passes
