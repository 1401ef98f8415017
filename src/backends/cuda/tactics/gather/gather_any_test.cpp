// Gather beside the reference: all modes, negative indices, batch axes, rows in packs.
#include "backends/cuda/tactics/testing.h"
#include "ops/gather.h"

namespace hone::cuda {
const Tactic& gather_any();
namespace {

using testing::TestProblem;

class GatherTest : public testing::CudaTest {};

GatherAttrs mode(GatherMode m, int64_t axis, int64_t batch = 0) {
  GatherAttrs a;
  a.mode = m, a.axis = axis, a.batch_dims = batch;
  return a;
}

TEST_F(GatherTest, AlongAnAxis) {
  for (int64_t axis : {0, 1, 2}) {
    TestProblem(kGatherOp, mode(GatherMode::kAxis, axis))
        .input(DType::kF32, {5, 6, 8})
        .input(DType::kI64, {2, 3}, {}, false, -5, 5)
        .check(gather_any());
    TestProblem(kGatherOp, mode(GatherMode::kAxis, axis))
        .input(DType::kF16, {5, 6, 16})
        .input(DType::kI32, {}, {}, false, 0, 5)
        .check(gather_any());
  }
  TestProblem(kGatherOp, mode(GatherMode::kAxis, 2, 1))
      .input(DType::kI8, {2, 3, 9, 4})
      .input(DType::kI64, {2, 5}, {}, false, -9, 9)
      .check(gather_any());
}

TEST_F(GatherTest, ElementsAndTuples) {
  TestProblem(kGatherOp, mode(GatherMode::kElement, 1))
      .input(DType::kF32, {3, 7, 4})
      .input(DType::kI64, {3, 5, 4}, {}, false, -7, 7)
      .check(gather_any());
  TestProblem(kGatherOp, mode(GatherMode::kNd, 0))
      .input(DType::kF32, {3, 3, 8})
      .input(DType::kI64, {5, 2}, {}, false, -3, 3)
      .check(gather_any());
  TestProblem(kGatherOp, mode(GatherMode::kNd, 0, 1))
      .input(DType::kF16, {2, 3, 5, 8})
      .input(DType::kI64, {2, 4, 1}, {}, false, 0, 3)
      .check(gather_any());
}

TEST_F(GatherTest, NothingOfNothing) {
  TestProblem(kGatherOp, mode(GatherMode::kNd, 0))
      .input(DType::kF32, {0})
      .input(Tensor(DType::kI64, {0, 1}))
      .check(gather_any());
  TestProblem(kGatherOp, mode(GatherMode::kAxis, 1))
      .input(DType::kF32, {0, 4})
      .input(Tensor::from(std::vector<int64_t>{3, 1}))
      .check(gather_any());
}

}  // namespace
}  // namespace hone::cuda
