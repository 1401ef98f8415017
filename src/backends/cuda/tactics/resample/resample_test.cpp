// Resize, GridSample and RoiAlign beside the reference.
#include "backends/cuda/tactics/testing.h"
#include "ops/grid_sample.h"
#include "ops/resize.h"
#include "ops/roi_align.h"

namespace hone::cuda {
const Tactic& resize();
const Tactic& grid_sample();
const Tactic& roi_align();
namespace {

using testing::TestProblem;

class ResampleTest : public testing::CudaTest {};

TEST_F(ResampleTest, ResizeModes) {
  for (int m = 0; m < 3; ++m)
    for (int c = 0; c < 7; ++c) {
      ResizeAttrs a;
      a.mode = static_cast<ResizeMode>(m), a.coordinates = static_cast<CoordinateMode>(c);
      a.nearest = static_cast<NearestMode>(c % 4);
      a.axes = {2, 3}, a.sizes = {7, 11};
      if (testing::is_emulated() && m != c % 3) continue;
      SCOPED_TRACE(
          fmt::format("{} {}", kResizeModeNames[static_cast<size_t>(m)], kCoordinateModeNames[static_cast<size_t>(c)]));
      TestProblem p(kResizeOp, a);
      p.input(DType::kF32, {1, 3, 5, 6}).missing_input().missing_input();
      if (a.coordinates == CoordinateMode::kTfCropAndResize)
        p.input(Tensor::from<float>({0.1f, -0.2f, 0.8f, 1.1f}), {}, true);
      p.check(resize());
    }
  ResizeAttrs a;
  a.mode = ResizeMode::kLinear;
  a.scales = {1, 1, 2, 2};
  TestProblem(kResizeOp, a)
      .input(DType::kF16, {2, 16, 4, 5}, {Format::kChannelsLast, 0})
      .output(Format::kChannelsLast, 8)
      .check(resize());
  a.mode = ResizeMode::kNearest;
  TestProblem(kResizeOp, a)
      .input(DType::kF16, {2, 16, 4, 5}, {Format::kChannelsLast, 24})
      .output(Format::kChannelsLast)
      .check(resize());
  a.mode = ResizeMode::kCubic, a.antialias = true, a.exclude_outside = true;
  a.scales = {1, 1, 0.6, 0.7};
  TestProblem(kResizeOp, a).input(DType::kF32, {1, 2, 12, 10}).check(resize());
}

TEST_F(ResampleTest, Grids) {
  for (int m = 0; m < 3; ++m)
    for (int pad = 0; pad < 3; ++pad) {
      GridSampleAttrs a;
      a.mode = static_cast<GridMode>(m), a.padding = static_cast<GridPadding>(pad), a.align_corners = pad == m;
      SCOPED_TRACE(fmt::format("{} {}", m, pad));
      TestProblem(kGridSampleOp, a)
          .input(DType::kF32, {2, 3, 5, 6})
          .input(DType::kF32, {2, 4, 3, 2}, {}, false, -1.3, 1.3)
          .check(grid_sample());
    }
}

TEST_F(ResampleTest, Regions) {
  for (bool max : {false, true}) {
    RoiAlignAttrs a;
    a.max = max, a.height = 3, a.width = 2, a.spatial_scale = 0.5, a.half_pixel = !max;
    a.sampling_ratio = max ? 2 : 0;
    TestProblem(kRoiAlignOp, a)
        .input(DType::kF32, {2, 3, 8, 9}, {}, false, 0, 1)
        .input(Tensor::from<float>({0, 0, 8, 9, 2, 3, 12, 14, -4, 1, 30, 6}).reshaped({3, 4}))
        .input(Tensor::from<int64_t>({0, 1, 1}))
        .check(roi_align());
  }
}

}  // namespace
}  // namespace hone::cuda
