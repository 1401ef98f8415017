// Transposed convolution: hand-computed sums, output extents, refusals.
#include "ops/deconvolution.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

TEST(Deconvolution, SpreadsWindows) {
  DeconvolutionAttrs a;
  a.window.stride = {2};
  const Tensor x = tensor({1, 1, 3}, {1, 2, 3}), w = tensor({1, 1, 3}, {1, 10, 100}), b = tensor({1}, {0.5});
  expect_tensor(run(kDeconvolutionOp, a, {x, w, b})[0], {1, 1, 7}, {1.5, 10.5, 102.5, 20.5, 203.5, 30.5, 300.5});
  a.window.pre_pad = {1}, a.window.post_pad = {2};
  expect_tensor(run(kDeconvolutionOp, a, {x, w})[0], {1, 1, 4}, {10, 102, 20, 203});
  a.output_padding = {1};
  expect_tensor(run(kDeconvolutionOp, a, {x, w})[0], {1, 1, 5}, {10, 102, 20, 203, 30});
}

TEST(Deconvolution, TakesChannelsByGroup) {
  DeconvolutionAttrs a;
  a.groups = 2;  // X [1,4,1], W [4,1,1]: output channel g sums its group's channels
  const auto y = run(kDeconvolutionOp, a, {tensor({1, 4, 1}, {1, 2, 3, 4}), tensor({4, 1, 1}, {1, 10, 100, 1000})});
  expect_tensor(y[0], {1, 2, 1}, {21, 4300});
}

TEST(Deconvolution, AddsOverlapsInTwoDimensions) {
  const auto y = run(kDeconvolutionOp, DeconvolutionAttrs(),
                     {tensor({1, 1, 2, 2}, {1, 2, 3, 4}), tensor({1, 1, 2, 2}, {1, 1, 1, 1})});
  expect_tensor(y[0], {1, 1, 3, 3}, {1, 3, 2, 4, 10, 6, 3, 7, 4});
}

TEST(Deconvolution, CutsToTheRequestedShape) {
  DeconvolutionAttrs a;
  a.window.stride = {2}, a.output_shape = {6};  // one of seven elements goes, in front
  const Tensor x = tensor({1, 1, 3}, {1, 2, 3}), w = tensor({1, 1, 3}, {1, 10, 100});
  expect_tensor(run(kDeconvolutionOp, a, {x, w})[0], {1, 1, 6}, {10, 102, 20, 203, 30, 300});
  a.window.auto_pad = AutoPad::kSameUpper;  // at the end
  expect_tensor(run(kDeconvolutionOp, a, {x, w})[0], {1, 1, 6}, {1, 10, 102, 20, 203, 30});
  a.output_shape.clear();
  expect_tensor(run(kDeconvolutionOp, a, {x, w})[0], {1, 1, 6}, {1, 10, 102, 20, 203, 30});
}

TEST(Deconvolution, KeepsExtentsSymbolic) {
  DeconvolutionAttrs a;
  a.window.stride = {2, 2}, a.window.pre_pad = {1, 1}, a.window.post_pad = {1, 1}, a.groups = 4;
  EXPECT_EQ(infer_shape_text(kDeconvolutionOp, a, {info({"n", "8", "h", "w"}), info({"8", "2", "4", "4"})}),
            "[n,8,2*h,2*w]");
}

TEST(Deconvolution, RefusesWhatDoesNotFit) {
  DeconvolutionAttrs a;
  EXPECT_THROW(infer_infos(kDeconvolutionOp, a, {info({"1", "3", "8"}), info({"4", "3", "3"})}), ModelError);
  a.groups = 2;
  EXPECT_THROW(infer_infos(kDeconvolutionOp, a, {info({"1", "3", "8"}), info({"3", "3", "3"})}), ModelError);
  a.groups = 1, a.window.pre_pad = {9};
  EXPECT_THROW(infer_infos(kDeconvolutionOp, a, {info({"1", "3", "4"}), info({"3", "3", "3"})}), ModelError);
}

}  // namespace
}  // namespace hone
