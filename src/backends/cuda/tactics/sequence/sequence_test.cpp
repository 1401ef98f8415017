// Operators along an axis or around a position beside the reference.
#include "backends/cuda/tactics/testing.h"
#include "ops/col2im.h"
#include "ops/cumulative.h"
#include "ops/lrn.h"
#include "ops/max_unpool.h"
#include "ops/rotary_embedding.h"
#include "ops/scale.h"

namespace hone::cuda {
const Tactic& cumulative();
const Tactic& lrn();
const Tactic& rotary_embedding();
const Tactic& ragged_softmax();
const Tactic& scale();
const Tactic& col2im();
const Tactic& max_unpool();
namespace {

using testing::TestProblem;

class SequenceTest : public testing::CudaTest {};

TEST_F(SequenceTest, RunningSums) {
  for (int flags = 0; flags < 8; ++flags) {
    CumulativeAttrs a;
    a.product = flags & 1, a.exclusive = flags & 2, a.reverse = flags & 4, a.axis = 1;
    TestProblem(kCumulativeOp, a).input(DType::kF32, {2, 9, 3}).check(cumulative());
    if (flags < 4) TestProblem(kCumulativeOp, a).input(DType::kI32, {3, 7}, {}, false, -4, 4).check(cumulative());
  }
}

TEST_F(SequenceTest, ResponseNormalisation) {
  LrnAttrs a;
  a.window = 4;
  TestProblem(kLrnOp, a).input(DType::kF32, {2, 7, 3, 4}, {}, false, -9, 9).check(lrn());
  TestProblem(kLrnOp, a)
      .input(DType::kF16, {2, 7, 3, 4}, {Format::kChannelsLast, 0})
      .output(Format::kChannelsLast)
      .check(lrn());
}

TEST_F(SequenceTest, Rotations) {
  for (bool interleaved : {false, true}) {
    RotaryEmbeddingAttrs a;
    a.interleaved = interleaved;
    TestProblem(kRotaryEmbeddingOp, a)
        .input(DType::kF32, {2, 3, 5, 8})
        .input(DType::kF32, {1, 5, 4})
        .input(DType::kF32, {1, 5, 4})
        .check(rotary_embedding());
    a.rotary_dim = 4;
    TestProblem(kRotaryEmbeddingOp, a)
        .input(DType::kF16, {2, 3, 5, 8})
        .input(DType::kF16, {9, 2})
        .input(DType::kF16, {9, 2})
        .input(DType::kI64, {2, 5}, {}, false, 0, 9)
        .check(rotary_embedding());
  }
}

TEST_F(SequenceTest, RaggedRows) {
  TestProblem(kRaggedSoftmaxOp, NoAttrs())
      .input(DType::kF32, {3, 4, 70}, {}, false, -4, 4)
      .input(DType::kI32, {3, 4, 1}, {}, false, 1, 80)
      .check(ragged_softmax());
}

TEST_F(SequenceTest, ScaleLayers) {
  ScaleAttrs a;
  a.mode = ScaleMode::kChannel;
  a.scale = Tensor::from<float>({1, 2, 3}), a.shift = Tensor::from<float>({5, 6, 7}),
  a.power = Tensor::from<float>({1, 2, 0.5f});
  TestProblem(kScaleOp, a).input(DType::kF32, {2, 3, 4, 5}).check(scale());
}

TEST_F(SequenceTest, BlocksOfImages) {
  Col2ImAttrs a;
  a.pads = {1, 0, 1, 0}, a.strides = {2, 1};
  TestProblem(kCol2ImOp, a)
      .input(DType::kF32, {2, 18, 12})
      .input(Tensor::from<int64_t>({5, 6}), {}, true)
      .input(Tensor::from<int64_t>({3, 3}), {}, true)
      .check(col2im());
  MaxUnpoolAttrs m;
  m.kernel = {2, 2}, m.stride = {2, 2};
  TestProblem(kMaxUnpoolOp, m)
      .input(DType::kF32, {1, 2, 2, 3})
      .input(DType::kI64, {1, 2, 2, 3}, {}, false, 0, 48)
      .check(max_unpool());
  TestProblem(kMaxUnpoolOp, m)
      .input(DType::kF32, {1, 2, 2, 3})
      .input(DType::kI64, {1, 2, 2, 3}, {}, false, 0, 48)
      .input(Tensor::from<int64_t>({1, 2, 5, 7}), {}, true)
      .check(max_unpool());
}

}  // namespace
}  // namespace hone::cuda
