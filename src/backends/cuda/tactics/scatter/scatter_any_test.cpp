// Scatter beside the reference: elements and slices, all reductions, indices that meet.
#include "backends/cuda/tactics/testing.h"
#include "ops/scatter.h"

namespace hone::cuda {
const Tactic& scatter_any();
namespace {

using testing::TestProblem;

class ScatterTest : public testing::CudaTest {};

TEST_F(ScatterTest, AllReductions) {
  for (int r = 0; r < 5; ++r) {
    ScatterAttrs a;
    a.reduction = static_cast<ScatterReduction>(r);
    SCOPED_TRACE(kScatterReductionNames[static_cast<size_t>(r)]);
    a.axis = 1;
    TestProblem(kScatterOp, a)
        .input(DType::kF32, {3, 6, 4})
        .input(DType::kI64, {2, 9, 4}, {}, false, -6, 6)
        .input(DType::kF32, {2, 9, 4})
        .check(scatter_any());
    a.nd = true;
    TestProblem(kScatterOp, a)
        .input(DType::kI32, {4, 5}, {}, false, -9, 9)
        .input(DType::kI64, {12, 1}, {}, false, -4, 4)
        .input(DType::kI32, {12, 5}, {}, false, -9, 9)
        .check(scatter_any());
    TestProblem(kScatterOp, a)
        .input(DType::kF32, {4, 5})
        .input(DType::kI32, {3, 7, 2}, {}, false, -4, 4)
        .input(DType::kF32, {3, 7})
        .check(scatter_any());
  }
}

}  // namespace
}  // namespace hone::cuda
