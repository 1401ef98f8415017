// Normalisations beside the reference: rows of all lengths, groups and instances in both formats, with and without
// scale and bias.
#include "ops/normalization.h"

#include "backends/cuda/tactics/testing.h"

namespace hone::cuda {
const Tactic& normalization();
namespace {

using testing::TestProblem;

class NormalizationTest : public testing::CudaTest {};

NormalizationAttrs over(std::vector<int64_t> axes, int64_t groups = 1, bool rms = false) {
  NormalizationAttrs a;
  a.axes = std::move(axes), a.groups = groups, a.rms = rms;
  return a;
}

TEST_F(NormalizationTest, Rows) {
  for (bool rms : {false, true})
    for (int64_t n : {1, 5, 64, 96, 768, 1000, 4096, 20000}) {
      SCOPED_TRACE(n);
      TestProblem(kNormalizationOp, over({-1}, 1, rms))
          .input(DType::kF16, {2, 3, n}, {}, false, -2, 3)
          .input(DType::kF16, {n})
          .input(DType::kF16, {n})
          .check(normalization());
      if (n < 1000) {
        TestProblem(kNormalizationOp, over({-1}, 1, rms))
            .input(DType::kF32, {33, n}, {}, false, 7, 9)
            .check(normalization());
        TestProblem(kNormalizationOp, over({-1}, 1, rms))
            .input(DType::kF32, {2, n})
            .input(DType::kF32, {n})
            .check(normalization());
      }
    }
}

TEST_F(NormalizationTest, MeansFarAboveTheDeviation) {
  for (int64_t n : {64, 768, 4095})
    TestProblem(kNormalizationOp, over({-1})).input(DType::kF32, {16, n}, {}, false, 400, 402).check(normalization());
}

TEST_F(NormalizationTest, ImagesInBothFormats) {
  for (Format f : {Format::kLinear, Format::kChannelsLast})
    for (DType t : {DType::kF32, DType::kF16}) {
      SCOPED_TRACE(fmt::format("format {} {}", static_cast<int>(f), name(t)));
      const Dims d{2, 24, 6, 8}, c{24, 1, 1};
      TestProblem(kNormalizationOp, over({2, 3}, 4))
          .input(t, d, {f, 0}, false, -1, 4)
          .input(t, c)
          .input(t, c)
          .output(f)
          .check(normalization());
      TestProblem(kNormalizationOp, over({2, 3}))
          .input(t, d, {f, 0})
          .input(t, c)
          .input(t, c)
          .output(f)
          .check(normalization());
      TestProblem(kNormalizationOp, over({1}))
          .input(t, d, {f, 0})
          .input(t, c)
          .input(t, c)
          .output(f)
          .check(normalization());
      TestProblem(kNormalizationOp, over({1, 2, 3})).input(t, d, {f, 0}).input(t, d).output(f).check(normalization());
      TestProblem(kNormalizationOp, over({0, 2, 3})).input(t, d, {f, 0}).output(f).check(normalization());
    }
  TestProblem(kNormalizationOp, over({2, 3}, 2))
      .input(DType::kF16, {1, 16, 5, 7}, {Format::kChannelsLast, 24})
      .input(DType::kF16, {16, 1, 1})
      .input(DType::kF16, {16, 1, 1})
      .output(Format::kChannelsLast, 8)
      .check(normalization());
  TestProblem(kNormalizationOp, over({2, 3}, 2))
      .input(DType::kF32, {1, 4, 80, 90}, {}, false, 10, 11)
      .check(normalization());
}

}  // namespace
}  // namespace hone::cuda
