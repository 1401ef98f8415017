// Softmax beside the reference: rows of all lengths, other axes, both formats, pitches, infinities.
#include "ops/softmax.h"

#include <limits>

#include "backends/cuda/tactics/testing.h"

namespace hone::cuda {
const Tactic& softmax();
namespace {

using testing::TestProblem;

class SoftmaxTest : public testing::CudaTest {};

TEST_F(SoftmaxTest, Rows) {
  for (bool log : {false, true})
    for (int64_t n : {1, 7, 64, 196, 1000, 1024, 3000, 20000}) {
      SoftmaxAttrs a;
      a.log = log;
      SCOPED_TRACE(n);
      TestProblem(kSoftmaxOp, a).input(DType::kF16, {3, n}, {}, false, -8, 8).check(softmax());
      if (!log)
        TestProblem(kSoftmaxOp, a).input(DType::kF32, {n > 2000 ? 2 : 35, n}, {}, false, -8, 8).check(softmax());
    }
}

TEST_F(SoftmaxTest, OtherAxesAndFormats) {
  for (int64_t axis : {0, 1, 2, 3})
    for (Format f : {Format::kLinear, Format::kChannelsLast}) {
      SoftmaxAttrs a;
      a.axis = axis;
      a.log = axis % 2 == 1;
      SCOPED_TRACE(fmt::format("axis {} format {}", axis, static_cast<int>(f)));
      TestProblem(kSoftmaxOp, a).input(DType::kF32, {2, 12, 5, 33}, {f, 0}).output(f).check(softmax());
      TestProblem(kSoftmaxOp, a)
          .input(DType::kBF16, {2, 16, 5, 8}, {f, f == Format::kLinear ? 16 : 24})
          .output(f, 3)
          .check(softmax());
    }
  SoftmaxAttrs a;
  a.axis = 0;
  TestProblem(kSoftmaxOp, a).input(DType::kF32, {2000, 3}).check(softmax());
  a.axis = -1;
  TestProblem(kSoftmaxOp, a).input(DType::kF16, {2, 40000}, {}, false, -8, 8).check(softmax());
}

TEST_F(SoftmaxTest, MaskedElements) {
  const float inf = std::numeric_limits<float>::infinity();
  Tensor x(DType::kF32, {2, 40});
  for (int i = 0; i < 80; ++i) x.data<float>()[i] = i % 3 == 0 ? -inf : static_cast<float>(i % 7);
  TestProblem(kSoftmaxOp, SoftmaxAttrs()).input(x).check(softmax());
}

}  // namespace
}  // namespace hone::cuda
