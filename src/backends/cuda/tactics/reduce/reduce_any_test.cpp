// Reductions beside the reference: every kind, axes innermost, outermost and between, formats, long and short ranges.
#include "backends/cuda/tactics/testing.h"
#include "ops/arg_reduce.h"
#include "ops/reduce.h"

namespace hone::cuda {
const Tactic& reduce_any();
const Tactic& arg_reduce_any();
namespace {

using testing::TestProblem;

class ReduceTest : public testing::CudaTest {};

ReduceAttrs over(ReduceKind k, std::vector<int64_t> axes, bool keep = true) {
  ReduceAttrs a;
  a.kind = k, a.axes = std::move(axes), a.keep_dims = keep;
  return a;
}

TEST_F(ReduceTest, EveryKind) {
  for (int k = 0; k < 10; ++k) {
    const auto kind = static_cast<ReduceKind>(k);
    SCOPED_TRACE(kReduceKindNames[static_cast<size_t>(k)]);
    for (DType t : {DType::kF32, DType::kI32, DType::kF16}) {
      const double low = is_float(t) ? 0.5 : 1;
      TestProblem(kReduceOp, over(kind, {1}))
          .input(t, {3, 37}, {}, false, low, is_float(t) ? 1.5 : 4)
          .check(reduce_any());
    }
    TestProblem(kReduceOp, over(kind, {0, 2}, false))
        .input(DType::kF32, {4, 5, 6}, {}, false, 0.5, 1.5)
        .check(reduce_any());
  }
}

TEST_F(ReduceTest, AxesAndFormats) {
  const std::vector<std::vector<int64_t>> axes = {{0}, {1}, {2, 3}, {-1}, {1, 2, 3}, {0, 2}, {}};
  for (const auto& a : axes)
    for (Format f : {Format::kLinear, Format::kChannelsLast}) {
      SCOPED_TRACE(fmt::format("{} axes, format {}", a.size(), static_cast<int>(f)));
      TestProblem(kReduceOp, over(ReduceKind::kAvg, a))
          .input(DType::kF16, {2, 24, 6, 8}, {f, 0})
          .output(f)
          .check(reduce_any());
      TestProblem(kReduceOp, over(ReduceKind::kMax, a, false))
          .input(DType::kF32, {2, 5, 7, 9}, {f, 0})
          .check(reduce_any());
    }
  TestProblem(kReduceOp, over(ReduceKind::kAvg, {2, 3}))
      .input(DType::kF16, {1, 16, 5, 5}, {Format::kChannelsLast, 24})
      .output(Format::kChannelsLast, 8)
      .check(reduce_any());
}

TEST_F(ReduceTest, FewResultsOfMany) {
  TestProblem(kReduceOp, over(ReduceKind::kSum, {})).input(DType::kF32, {70, 1031}).check(reduce_any());
  TestProblem(kReduceOp, over(ReduceKind::kSum, {0})).input(DType::kF32, {9000, 8}).check(reduce_any());
  TestProblem(kReduceOp, over(ReduceKind::kLogSumExp, {1}))
      .input(DType::kF32, {1, 40000}, {}, false, -50, 50)
      .check(reduce_any());
}

TEST_F(ReduceTest, PositionsOfExtremes) {
  for (bool largest : {false, true})
    for (bool last : {false, true})
      for (int64_t axis : {0, 1, 2}) {
        ArgReduceAttrs a;
        a.axis = axis, a.largest = largest, a.select_last = last;
        TestProblem(kArgReduceOp, a).input(DType::kI32, {3, 40, 5}, {}, false, -3, 3).check(arg_reduce_any());
        TestProblem(kArgReduceOp, a).input(DType::kF16, {3, 40, 5}).check(arg_reduce_any());
      }
  Tensor x = Tensor::from<float>({1, 5, std::nanf(""), 7, std::nanf(""), 7});
  TestProblem(kArgReduceOp, ArgReduceAttrs()).input(x).check(arg_reduce_any());
}

}  // namespace
}  // namespace hone::cuda
