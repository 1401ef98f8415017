// Resize, grid sample, RoiAlign, NMS, column sums and unpooling against values worked out by hand from ONNX's text.
#include "ops/col2im.h"
#include "ops/grid_sample.h"
#include "ops/max_unpool.h"
#include "ops/nms.h"
#include "ops/op_testing.h"
#include "ops/resize.h"
#include "ops/roi_align.h"

namespace hone {
namespace {
using namespace testing;  // NOLINT

ResizeAttrs resize(ResizeMode mode, std::vector<double> scales, CoordinateMode c = CoordinateMode::kHalfPixel) {
  ResizeAttrs a;
  a.mode = mode, a.scales = std::move(scales), a.coordinates = c;
  return a;
}

TEST(Resize, LinearHalfPixelAndCorners) {
  const Tensor x = floats({2, 2}, {1, 2, 3, 4});
  expect_near(run(kResizeOp, resize(ResizeMode::kLinear, {1, 2}), {x}), {2, 4}, {1, 1.25, 1.75, 2, 3, 3.25, 3.75, 4});
  expect_near(run(kResizeOp, resize(ResizeMode::kLinear, {1, 2}, CoordinateMode::kAlignCorners), {x}), {2, 4},
              {1, 4. / 3, 5. / 3, 2, 3, 10. / 3, 11. / 3, 4});
  expect_near(run(kResizeOp, resize(ResizeMode::kLinear, {2, 1}, CoordinateMode::kAsymmetric), {x}), {4, 2},
              {1, 2, 2, 3, 3, 4, 3, 4});
}
TEST(Resize, NearestRounding) {
  const Tensor x = floats({3}, {0, 1, 2});
  ResizeAttrs a = resize(ResizeMode::kNearest, {2}, CoordinateMode::kAsymmetric);
  expect_near(run(kResizeOp, a, {x}), {6}, {0, 0, 1, 1, 2, 2});
  a.nearest = NearestMode::kCeil;
  expect_near(run(kResizeOp, a, {x}), {6}, {0, 1, 1, 2, 2, 2});
  a.nearest = NearestMode::kRoundPreferCeil;
  expect_near(run(kResizeOp, a, {x}), {6}, {0, 1, 1, 2, 2, 2});
  EXPECT_EQ(values<int64_t>(run(kResizeOp, a, {ints({1}, {5})})), (std::vector<int64_t>{5, 5}));
}
TEST(Resize, CubicTapsOfAHalf) {
  // Between 1 and 2 at 1/2 the Keys weights for a = -0.75 are (-0.09375, 0.59375, 0.59375, -0.09375).
  ResizeAttrs a = resize(ResizeMode::kCubic, {0.5});
  expect_near(
      run(kResizeOp, a, {floats({4}, {1, 2, 4, 8})}), {2},
      {1 * -0.09375 + 1 * 0.59375 + 2 * 0.59375 - 4 * 0.09375, 2 * -0.09375 + 4 * 0.59375 + 8 * 0.59375 - 8 * 0.09375});
  a.exclude_outside = true;
  const double sum = 1 - -0.09375;
  expect_near(run(kResizeOp, a, {floats({4}, {1, 2, 4, 8})}), {2},
              {(1 * 0.59375 + 2 * 0.59375 - 4 * 0.09375) / sum, (2 * -0.09375 + 4 * 0.59375 + 8 * 0.59375) / sum});
}
TEST(Resize, AntialiasAveragesWhenShrinking) {
  ResizeAttrs a = resize(ResizeMode::kLinear, {0.5});
  a.antialias = true;
  // Triangle of half-width 2 around x = 0.5: weights .25 .75 .75 .25 over elements -1..2 with the edge repeated.
  expect_near(run(kResizeOp, a, {floats({4}, {0, 4, 8, 12})}), {2},
              {(.25 * 0 + .75 * 0 + .75 * 4 + .25 * 8) / 2, (.25 * 4 + .75 * 8 + .75 * 12 + .25 * 12) / 2});
}
TEST(Resize, CropExtrapolates) {
  ResizeAttrs a = resize(ResizeMode::kLinear, {1}, CoordinateMode::kTfCropAndResize);
  a.extrapolation = 9;
  expect_near(run(kResizeOp, a, {floats({3}, {0, 1, 2}), Tensor(), floats({1}, {1}), floats({2}, {0.5f, 1.5f})}), {3},
              {1, 2, 9});
}
TEST(Resize, SizesPoliciesAndSymbols) {
  ResizeAttrs a = resize(ResizeMode::kLinear, {1, 1, 2, 0.5});
  EXPECT_EQ(shape_of(kResizeOp, a, {info(DType::kF32, {"N", "3", "H", "W"})}), "[N,3,2*H,div(W,2)]");
  a.scales.clear(), a.sizes = {8, 8}, a.axes = {2, 3};
  EXPECT_EQ(shape_of(kResizeOp, a, {info(DType::kF32, {"1", "3", "4", "2"})}), "[1,3,8,8]");
  a.aspect = AspectPolicy::kNotLarger;
  EXPECT_EQ(shape_of(kResizeOp, a, {info(DType::kF32, {"1", "3", "4", "2"})}), "[1,3,8,4]");
  a.aspect = AspectPolicy::kNotSmaller;
  EXPECT_EQ(shape_of(kResizeOp, a, {info(DType::kF32, {"1", "3", "4", "2"})}), "[1,3,16,8]");
  a.sizes = {8};
  EXPECT_THROW(shape_of(kResizeOp, a, {info(DType::kF32, {"1", "3", "4", "2"})}), ModelError);
}
TEST(Resize, ScaleMeansTheSimplestFraction) {
  EXPECT_EQ(shape_of(kResizeOp, resize(ResizeMode::kNearest, {0.7f}), {info(DType::kF32, {"10"})}), "[7]");
  EXPECT_EQ(shape_of(kResizeOp, resize(ResizeMode::kNearest, {4.f / 3}), {info(DType::kF32, {"H"})}), "[div(4*H,3)]");
}

TEST(GridSample, LinearPaddings) {
  GridSampleAttrs a;
  const Tensor x = floats({1, 1, 2, 2}, {1, 2, 3, 4});
  const Tensor g = floats({1, 1, 3, 2}, {0, 0, -0.5f, -0.5f, 1, 1});
  expect_near(run(kGridSampleOp, a, {x, g}), {1, 1, 1, 3}, {2.5, 1, 1});  // (1.5,1.5): a quarter of the last pixel
  a.padding = GridPadding::kBorder;
  expect_near(run(kGridSampleOp, a, {x, g}), {1, 1, 1, 3}, {2.5, 1, 4});
  a.align_corners = true;
  expect_near(run(kGridSampleOp, a, {x, g}), {1, 1, 1, 3}, {2.5, 1.75, 4});
}
TEST(GridSample, NearestVolumeAndReflection) {
  GridSampleAttrs a;
  a.mode = GridMode::kNearest, a.align_corners = true;
  expect_near(run(kGridSampleOp, a, {counting({1, 1, 2, 2, 2}), floats({1, 1, 1, 1, 3}, {1, -1, 1})}), {1, 1, 1, 1, 1},
              {5});  // x = 1, y = 0, z = 1
  a.mode = GridMode::kLinear, a.padding = GridPadding::kReflection;
  expect_near(run(kGridSampleOp, a, {floats({1, 1, 1, 3}, {0, 1, 2}), floats({1, 1, 1, 2}, {1.5f, 0})}), {1, 1, 1, 1},
              {1.5});
  EXPECT_EQ(
      shape_of(kGridSampleOp, a, {info(DType::kF32, {"N", "C", "H", "W"}), info(DType::kF32, {"N", "P", "Q", "2"})}),
      "[N,C,P,Q]");
  EXPECT_THROW(
      shape_of(kGridSampleOp, a, {info(DType::kF32, {"1", "C", "H", "W"}), info(DType::kF32, {"1", "P", "Q", "3"})}),
      ModelError);
}
TEST(GridSample, CubicReproducesALine) {
  GridSampleAttrs a;
  a.mode = GridMode::kCubic, a.align_corners = true;
  expect_near(run(kGridSampleOp, a, {floats({1, 1, 1, 5}, {0, 1, 2, 3, 4}), floats({1, 1, 1, 2}, {0.0f, 0})}),
              {1, 1, 1, 1}, {2});
}

TEST(RoiAlign, AveragesOneSampleABin) {
  RoiAlignAttrs a;
  a.height = 1, a.width = 2, a.sampling_ratio = 1, a.half_pixel = false;
  // Region x 0..4, y 0..2 of a 3x5 ramp: samples at y = 1 and x = 1, 3.
  const Tensor x = counting({1, 1, 3, 5});
  expect_near(run(kRoiAlignOp, a, {x, floats({1, 4}, {0, 0, 4, 2}), ints({1}, {0})}), {1, 1, 1, 2}, {6, 8});
  EXPECT_THROW(run(kRoiAlignOp, a, {x, floats({1, 4}, {0, 0, 4, 2}), ints({1}, {1})}), ModelError);
}

TEST(Nms, SuppressesByClass) {
  NmsAttrs a;
  const Tensor boxes = floats({1, 3, 4}, {0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, 10, 1, 11});
  const Tensor scores = floats({1, 1, 3}, {0.9f, 0.75f, 0.95f});
  const auto r = run_all(kNmsOp, a, {boxes, scores, ints({}, {3}), floats({}, {0.5f}), floats({}, {0})}, 2);
  EXPECT_EQ(values<int64_t>(r[0]), (std::vector<int64_t>{0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(*r[1].data<int32_t>(), 2);
  const Tensor limited = run(kNmsOp, a, {boxes, scores, ints({}, {1}), floats({}, {0.5f}), floats({}, {0})});
  EXPECT_EQ(values<int64_t>(limited), (std::vector<int64_t>{0, 0, 2}));
  EXPECT_EQ(run(kNmsOp, a, {boxes, scores}).count(), 0);  // no limit given: ONNX's default of none
  const Tensor high = run(kNmsOp, a, {boxes, scores, ints({}, {3}), floats({}, {0.5f}), floats({}, {0.92f})});
  EXPECT_EQ(values<int64_t>(high), (std::vector<int64_t>{0, 0, 2}));
}
TEST(Nms, CentersAndFlippedCorners) {
  NmsAttrs a;
  a.center_boxes = true;
  const Tensor centers = floats({1, 2, 4}, {0.5f, 0.5f, 1, 1, 0.5f, 0.6f, 1, 1});
  const Tensor scores = floats({1, 1, 2}, {0.5f, 0.6f});
  EXPECT_EQ(values<int64_t>(run(kNmsOp, a, {centers, scores, ints({}, {9}), floats({}, {0.5f})})),
            (std::vector<int64_t>{0, 0, 1}));
  a.center_boxes = false;
  const Tensor flipped = floats({1, 2, 4}, {1, 1, 0, 0, 0, 0.1f, 1, 1.1f});
  EXPECT_EQ(values<int64_t>(run(kNmsOp, a, {flipped, scores, ints({}, {9}), floats({}, {0.5f})})),
            (std::vector<int64_t>{0, 0, 1}));
}

TEST(Col2Im, SumsOverlaps) {
  Col2ImAttrs a;
  // 1-d image of 3, blocks of 2: columns (1,2) and (3,4) overlap in the middle.
  expect_near(run(kCol2ImOp, a, {floats({1, 2, 2}, {1, 3, 2, 4}), ints({1}, {3}), ints({1}, {2})}), {1, 1, 3},
              {1, 5, 4});
  EXPECT_THROW(run(kCol2ImOp, a, {floats({1, 2, 3}, {1, 3, 2, 4, 0, 0}), ints({1}, {3}), ints({1}, {2})}), ModelError);
}

TEST(MaxUnpool, PlacesValues) {
  MaxUnpoolAttrs a;
  a.kernel = {2}, a.stride = {2};
  const Tensor x = floats({1, 1, 2}, {5, 6}), at = ints({1, 1, 2}, {1, 2});
  expect_near(run(kMaxUnpoolOp, a, {x, at}), {1, 1, 4}, {0, 5, 6, 0});
  expect_near(run(kMaxUnpoolOp, a, {x, at, ints({3}, {1, 1, 5})}), {1, 1, 5}, {0, 5, 6, 0, 0});
  EXPECT_THROW(run(kMaxUnpoolOp, a, {x, ints({1, 1, 2}, {1, 4})}), ModelError);
}

}  // namespace
}  // namespace hone
