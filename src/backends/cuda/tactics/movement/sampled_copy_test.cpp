// Padding of every mode, windows that reach outside, and copies under other dims, beside the reference.
#include "backends/cuda/tactics/testing.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/shuffle.h"
#include "ops/slice.h"

namespace hone::cuda {
const Tactic& sampled_copy();
const Tactic& reshape_copy();
namespace {

using testing::TestProblem;

class SampledCopyTest : public testing::CudaTest {};

TEST_F(SampledCopyTest, Pads) {
  for (int m = 0; m < 4; ++m) {
    PadAttrs a;
    a.mode = static_cast<PadMode>(m), a.value = 2.5;
    a.pads = {0, 2, 3, 0, -1, 4};
    SCOPED_TRACE(kPadModeNames[static_cast<size_t>(m)]);
    TestProblem(kPadOp, a).input(DType::kF32, {2, 4, 5}).check(sampled_copy());
    a.pads = {0, 0, 1, 2, 0, 0, 2, 1};
    TestProblem(kPadOp, a)
        .input(DType::kF16, {2, 8, 4, 5}, {Format::kChannelsLast, 0})
        .output(Format::kChannelsLast)
        .check(sampled_copy());
  }
  PadAttrs a;
  a.pads = {1, 1};
  TestProblem(kPadOp, a).input(DType::kF32, {1}).check(sampled_copy());
}

TEST_F(SampledCopyTest, Windows) {
  for (SampleMode m : {SampleMode::kWrap, SampleMode::kClamp, SampleMode::kFill, SampleMode::kReflect}) {
    SliceAttrs a;
    a.mode = m;
    a.start = {-2, 1}, a.size = {9, 4}, a.stride = {1, 2};
    TestProblem(kSliceOp, a).input(DType::kF32, {5, 6}).check(sampled_copy());
  }
}

TEST_F(SampledCopyTest, RollsOfImages) {
  SliceAttrs a;
  a.mode = SampleMode::kWrap;
  a.start = {3, 2}, a.size = {5, 6}, a.stride = {1, 1}, a.axes = {1, 2};
  TestProblem(kSliceOp, a).input(DType::kF16, {2, 5, 6, 24}).check(sampled_copy());
  TestProblem(kSliceOp, a).input(DType::kF32, {2, 5, 6, 6}).check(sampled_copy());
}

TEST_F(SampledCopyTest, OtherDims) {
  ReshapeAttrs r;
  r.shape = {6, -1};
  TestProblem(kReshapeOp, r).input(DType::kF32, {2, 6, 3, 4}, {Format::kChannelsLast, 8}).check(reshape_copy());
  ShuffleAttrs s;
  s.first_perm = {0, 2, 1}, s.has_reshape = true, s.reshape = {4, 2, -1}, s.second_perm = {2, 0, 1};
  TestProblem(kShuffleOp, s).input(DType::kF16, {2, 3, 8}).check(reshape_copy());
}

}  // namespace
}  // namespace hone::cuda
