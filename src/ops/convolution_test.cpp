// Convolution: hand-computed sums, padding modes, symbolic extents and refusals.
#include "ops/convolution.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

ConvolutionAttrs attrs(std::vector<int64_t> stride, std::vector<int64_t> pre, std::vector<int64_t> post,
                       int64_t groups = 1) {
  ConvolutionAttrs a;
  a.window.stride = std::move(stride), a.window.pre_pad = std::move(pre), a.window.post_pad = std::move(post);
  a.groups = groups;
  return a;
}

TEST(Convolution, SumsOverWindowWithPadding) {
  const auto y = run(kConvolutionOp, attrs({}, {1, 1}, {1, 1}),
                     {ramp({1, 1, 3, 3}), tensor({1, 1, 3, 3}, std::vector<double>(9, 1)), tensor({1}, {0.5})});
  expect_tensor(y[0], {1, 1, 3, 3}, {8.5, 15.5, 12.5, 21.5, 36.5, 27.5, 20.5, 33.5, 24.5});
}

TEST(Convolution, StridesDilatesAndPadsUnevenly) {
  ConvolutionAttrs a = attrs({2}, {0}, {1});
  a.window.dilation = {2};
  // windows at 0, 2, 4: x[i] + 10 x[i+2]
  const auto y = run(kConvolutionOp, a, {tensor({1, 1, 6}, {1, 2, 3, 4, 5, 6}), tensor({1, 1, 2}, {1, 10})});
  expect_tensor(y[0], {1, 1, 3}, {31, 53, 5});
}

TEST(Convolution, SplitsChannelsIntoGroups) {
  const auto y = run(kConvolutionOp, attrs({}, {}, {}, 2),
                     {tensor({1, 4, 1}, {1, 2, 3, 4}), tensor({2, 2, 1}, {10, 1, 100, 1000})});
  expect_tensor(y[0], {1, 2, 1}, {12, 4300});
}

TEST(Convolution, WorksOverOneAndThreeSpatialAxes) {
  const auto y = run(kConvolutionOp, attrs({}, {}, {}), {ramp({1, 1, 2, 2, 2}), tensor({1, 1, 2, 2, 1}, {1, 2, 3, 4})});
  expect_tensor(y[0], {1, 1, 1, 1, 2}, {2 * 2 + 4 * 3 + 6 * 4, 1 + 3 * 2 + 5 * 3 + 7 * 4});
}

TEST(Convolution, ResolvesSamePadding) {
  ConvolutionAttrs a = attrs({2}, {}, {});
  a.window.auto_pad = AutoPad::kSameUpper;
  const Tensor x = tensor({1, 1, 4}, {1, 2, 3, 4}), w = tensor({1, 1, 3}, {1, 10, 100});
  expect_tensor(run(kConvolutionOp, a, {x, w})[0], {1, 1, 2}, {321, 43});
  a.window.auto_pad = AutoPad::kSameLower;
  expect_tensor(run(kConvolutionOp, a, {x, w})[0], {1, 1, 2}, {210, 432});
}

TEST(Convolution, KeepsExtentsSymbolic) {
  const auto a = attrs({2, 2}, {3, 3}, {3, 3});
  EXPECT_EQ(infer_shape_text(kConvolutionOp, a, {info({"batch", "3", "h", "224"}), info({"64", "3", "7", "7"})}),
            "[batch,64,div(h+1,2),112]");
}

TEST(Convolution, AddsExactlyInHalf) {
  const auto y = run(kConvolutionOp, attrs({}, {}, {}),
                     {tensor({1, 1, 2}, {0.5, 0.25}, DType::kF16), tensor({1, 1, 2}, {2, 4}, DType::kF16)});
  EXPECT_EQ(y[0].type(), DType::kF16);
  expect_tensor(y[0], {1, 1, 1}, {2});
}

TEST(Convolution, RefusesWhatDoesNotFit) {
  const auto a = attrs({}, {}, {});
  EXPECT_THROW(infer_infos(kConvolutionOp, a, {info({"1", "3", "8", "8"}), info({"4", "2", "3", "3"})}), ModelError);
  EXPECT_THROW(infer_infos(kConvolutionOp, a, {info({"1", "3", "2", "2"}), info({"4", "3", "3", "3"})}), ModelError);
  EXPECT_THROW(infer_infos(kConvolutionOp, a, {info({"1", "3"}), info({"4", "3"})}), ModelError);
  EXPECT_THROW(infer_infos(kConvolutionOp, a, {info({"1", "3", "8"}), info({"4", "3", "3"}, DType::kF16)}), ModelError);
  EXPECT_THROW(
      infer_infos(kConvolutionOp, attrs({0, 1}, {}, {}), {info({"1", "3", "8", "8"}), info({"4", "3", "3", "3"})}),
      ModelError);
  EXPECT_THROW(infer_infos(kConvolutionOp, a, {info({"1", "3", "8", "8"}), info({"4", "3", "3", "3"}), info({"3"})}),
               ModelError);
}

TEST(Window, RoundsUpOnlyToWindowsThatStartInside) {
  Window w;
  w.stride = {3}, w.pre_pad = {1}, w.post_pad = {1};
  w = complete(w, 1);
  EXPECT_EQ(window_output(5, w, 0, 2, false).value(), 2);  // starts -1, 2
  EXPECT_EQ(window_output(5, w, 0, 2, true).value(), 2);   // a third would start at 5, in the padding
  EXPECT_EQ(window_output(4, w, 0, 3, true).value(), 2);
  EXPECT_EQ(window_output(6, w, 0, 3, true).value(), 3);
}

}  // namespace
}  // namespace hone
