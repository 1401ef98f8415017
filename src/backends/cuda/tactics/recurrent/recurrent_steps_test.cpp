// Recurrent layers beside the reference: kinds, directions, lengths, initial states, peepholes.
#include "backends/cuda/tactics/testing.h"
#include "ops/recurrent.h"

namespace hone::cuda {
const Tactic& recurrent_steps();
namespace {

using testing::TestProblem;

class RecurrentTest : public testing::CudaTest {};

TEST_F(RecurrentTest, KindsAndDirections) {
  for (RecurrentKind kind : {RecurrentKind::kRnn, RecurrentKind::kLstm, RecurrentKind::kGru})
    for (RecurrentDirection dir : {RecurrentDirection::kForward, RecurrentDirection::kBidirectional}) {
      RecurrentAttrs a;
      a.kind = kind, a.direction = dir, a.hidden_size = 5;
      const bool lstm = kind == RecurrentKind::kLstm;
      a.linear_before_reset = dir == RecurrentDirection::kForward;
      const int64_t d = dir == RecurrentDirection::kForward ? 1 : 2, g = lstm ? 4 : kind == RecurrentKind::kGru ? 3 : 1;
      TestProblem p(kRecurrentOp, a);
      p.input(DType::kF32, {4, 3, 6})
          .input(DType::kF32, {d, g * 5, 6})
          .input(DType::kF32, {d, g * 5, 5})
          .input(DType::kF32, {d, 2 * g * 5});
      if (d == 2)
        p.input(Tensor::from<int32_t>({4, 1, 3}));
      else
        p.missing_input();
      p.input(DType::kF32, {d, 3, 5});
      if (lstm) p.input(DType::kF32, {d, 3, 5}).input(DType::kF32, {d, 15});
      p.outputs(lstm ? 3 : 2).check(recurrent_steps());
    }
}

}  // namespace
}  // namespace hone::cuda
