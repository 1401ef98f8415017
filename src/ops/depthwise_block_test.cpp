// Depthwise blocks and scaled convolutions: hand-computed values, shapes and refusals.
#include "ops/depthwise_block.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

const PwProgram kHalve = PwProgram::parse("1 inputs; r1=affine.f32 r0 a=0.5 b=0; out r1");
const PwProgram kRelu = PwProgram::parse("1 inputs; r1=relu.f32 r0; out r1");

TEST(DepthwiseBlock, ExpandsFiltersAndAverages) {
  DepthwiseBlockAttrs a;
  a.between = kHalve, a.after = kRelu, a.mean = true;
  const Tensor x = tensor({1, 1, 1, 3}, {2, 4, 6}), filters = tensor({2, 1, 1, 2}, {1, 1, 1, -2});
  const Tensor filter_bias = tensor({2}, {1, 0}), weights = tensor({2, 1, 1, 1}, {1, -1}), bias = tensor({2}, {0, 2});
  // Expanded and halved: [1,2,3] and [0,-1,-2]; filtered: [3+1,5+1] and [0+2,-1+4].
  const auto y = run(kDepthwiseBlockOp, a, {x, filters, filter_bias, weights, bias}, 2);
  expect_tensor(y[0], {1, 2, 1, 2}, {4, 6, 2, 3});
  expect_tensor(y[1], {1, 2, 1, 1}, {5, 2.5});
}

TEST(DepthwiseBlock, FiltersWithoutAnExpansion) {
  const auto y = run(kDepthwiseBlockOp, DepthwiseBlockAttrs(),
                     {tensor({1, 2, 1, 2}, {1, 2, 3, 4}), tensor({2, 1, 1, 1}, {10, 100})});
  expect_tensor(y[0], {1, 2, 1, 2}, {10, 20, 300, 400});
}

TEST(DepthwiseBlock, Projects) {
  DepthwiseBlockAttrs a;
  a.after = kRelu;
  const Tensor x = tensor({1, 2, 1, 2}, {1, -2, 3, 4}), filters = tensor({2, 1, 1, 1}, {10, 100}), none;
  const Tensor weights = tensor({1, 2, 1, 1}, {1, -0.5}), bias = tensor({1}, {3});
  // Filtered and cut off: [10,0] and [300,400].
  expect_tensor(run(kDepthwiseBlockOp, a, {x, filters, none, none, none, weights, bias})[0], {1, 1, 1, 2},
                {10 - 150 + 3, -200 + 3});
}

TEST(DepthwiseBlock, KeepsExtentsSymbolic) {
  DepthwiseBlockAttrs a;
  a.window.stride = {2, 2}, a.window.pre_pad = a.window.post_pad = {1, 1};
  EXPECT_EQ(infer_shape_text(kDepthwiseBlockOp, a, {info({"n", "8", "h", "w"}), info({"8", "1", "3", "3"})}),
            "[n,8,div(h+1,2),div(w+1,2)]");
  const std::vector<std::optional<TensorInfo>> projected = {
      info({"n", "8", "h", "w"}), info({"8", "1", "3", "3"}), {}, {}, {}, info({"5", "8", "1", "1"})};
  EXPECT_EQ(infer_shape_text(kDepthwiseBlockOp, a, projected), "[n,5,div(h+1,2),div(w+1,2)]");
}

TEST(DepthwiseBlock, RefusesWhatDoesNotFit) {
  DepthwiseBlockAttrs a;
  const Tensor x = ramp({1, 2, 3, 3});
  EXPECT_THROW(run(kDepthwiseBlockOp, a, {x, ramp({3, 1, 1, 1})}), ModelError);
  EXPECT_THROW(run(kDepthwiseBlockOp, a, {x, ramp({2, 2, 1, 1})}), ModelError);
  EXPECT_THROW(run(kDepthwiseBlockOp, a, {x, ramp({2, 1, 1, 1})}, 2), ModelError);
  const Tensor filters = ramp({2, 1, 1, 1}), none;
  EXPECT_THROW(run(kDepthwiseBlockOp, a, {x, filters, none, ramp({2, 2, 3, 3})}), ModelError);
  EXPECT_THROW(run(kDepthwiseBlockOp, a, {x, filters, none, none, none, ramp({4, 3, 1, 1})}), ModelError);
  a.mean = true;
  EXPECT_THROW(run(kDepthwiseBlockOp, a, {x, filters, none, none, none, ramp({4, 2, 1, 1})}, 2), ModelError);
  a.mean = false;
  a.after = PwProgram::parse("2 inputs; r2=add.f32 r0 r1; out r2");
  EXPECT_THROW(run(kDepthwiseBlockOp, a, {x, ramp({2, 1, 1, 1})}), ModelError);
}

TEST(ScaledConvolution, MultipliesChannelsFirst) {
  const Tensor x = tensor({1, 2, 1, 2}, {1, 2, 3, 4}), w = tensor({1, 2, 1, 1}, {1, 10});
  const Tensor factors = tensor({1, 2, 1, 1}, {2, -1}), bias = tensor({1}, {0.5});
  expect_tensor(run(kScaledConvolutionOp, ConvolutionAttrs(), {x, w, factors, bias})[0], {1, 1, 1, 2}, {-27.5, -35.5});
  EXPECT_THROW(run(kScaledConvolutionOp, ConvolutionAttrs(), {x, w, tensor({1, 2, 1, 2}, {1, 1, 1, 1})}), ModelError);
}

}  // namespace
}  // namespace hone
