// Pooling beside the reference: kinds, padding, dilation, ceiling, positions, one to three axes, both formats.
#include "backends/cuda/tactics/testing.h"
#include "ops/pooling.h"

namespace hone::cuda {
const Tactic& pooling_window();
namespace {

using testing::TestProblem;

class PoolingTest : public testing::CudaTest {};

PoolingAttrs pool(PoolKind k, std::vector<int64_t> kernel, std::vector<int64_t> stride, int64_t pad) {
  PoolingAttrs a;
  a.kind = k, a.kernel = std::move(kernel), a.window.stride = std::move(stride);
  a.window.pre_pad.assign(a.kernel.size(), pad), a.window.post_pad.assign(a.kernel.size(), pad);
  return a;
}

TEST_F(PoolingTest, KindsAndFormats) {
  for (PoolKind kind : {PoolKind::kMax, PoolKind::kAverage, PoolKind::kMaxAverageBlend, PoolKind::kLp})
    for (Format f : {Format::kLinear, Format::kChannelsLast}) {
      PoolingAttrs a = pool(kind, {3, 3}, {2, 2}, 1);
      a.blend = 0.25;
      a.count_include_pad = f == Format::kLinear;
      SCOPED_TRACE(fmt::format("{} format {}", kPoolKindNames[static_cast<size_t>(kind)], static_cast<int>(f)));
      TestProblem(kPoolingOp, a).input(DType::kF16, {2, 16, 9, 11}, {f, 0}).output(f).check(pooling_window());
      TestProblem(kPoolingOp, a).input(DType::kF32, {1, 5, 9, 8}, {f, 0}).output(f, 3).check(pooling_window());
    }
}

TEST_F(PoolingTest, Geometry) {
  PoolingAttrs a = pool(PoolKind::kMax, {3, 2}, {2, 3}, 1);
  a.window.dilation = {2, 1};
  a.ceil_mode = true;
  a.indices = true;
  for (bool column : {false, true}) {
    a.column_major = column;
    TestProblem(kPoolingOp, a).input(DType::kF32, {2, 3, 10, 12}).outputs(2).check(pooling_window());
  }
  TestProblem(kPoolingOp, pool(PoolKind::kAverage, {3}, {1}, 1)).input(DType::kF32, {2, 3, 20}).check(pooling_window());
  TestProblem(kPoolingOp, pool(PoolKind::kMax, {2, 2, 2}, {2, 2, 2}, 0))
      .input(DType::kI32, {1, 3, 6, 6, 6}, {}, false, -50, 50)
      .check(pooling_window());
  TestProblem(kPoolingOp, pool(PoolKind::kAverage, {7, 7}, {1, 1}, 0))
      .input(DType::kF16, {2, 24, 7, 7}, {Format::kChannelsLast, 32})
      .output(Format::kChannelsLast)
      .check(pooling_window());
}

}  // namespace
}  // namespace hone::cuda
