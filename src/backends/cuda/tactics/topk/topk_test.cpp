// The largest and the smallest beside the reference: short and long lines, ties, all axes, wide types.
#include "ops/topk.h"

#include "backends/cuda/tactics/testing.h"

namespace hone::cuda {
const Tactic& topk();
namespace {

using testing::TestProblem;

class TopKTest : public testing::CudaTest {};

TEST_F(TopKTest, LinesOfAllLengths) {
  for (bool largest : {false, true})
    for (int64_t n : {1, 9, 300, 3000}) {
      TopKAttrs a;
      a.k = n < 9 ? 1 : 7, a.largest = largest;
      SCOPED_TRACE(n);
      TestProblem(kTopKOp, a).input(DType::kF32, {2, n}).outputs(2).check(topk());
      TestProblem(kTopKOp, a).input(DType::kI64, {n}, {}, false, -20, 20).outputs(2).check(topk());
    }
  TopKAttrs a;
  a.k = 3, a.axis = 1, a.index_type = DType::kI32;
  TestProblem(kTopKOp, a).input(DType::kF16, {3, 10, 4}, {}, false, -2, 2).outputs(2).check(topk());
}

}  // namespace
}  // namespace hone::cuda
