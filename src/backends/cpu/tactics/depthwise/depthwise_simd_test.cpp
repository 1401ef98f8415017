// The depthwise tactic against the operator's reference, with tails and pitches.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/convolution.h"
#include "ops/pointwise.h"

namespace hone::cpu {
const Tactic& depthwise_simd();
namespace {

using testing::channels_last;
using testing::random_tensor;

struct DepthwiseTactic : ::testing::Test {
  ConvolutionAttrs attrs;
  testing::TacticRun run;

  void set(const Dims& x, const Dims& kernel, std::vector<int64_t> stride, std::vector<int64_t> pads,
           int64_t pitch = 0) {
    attrs.groups = x[1];
    attrs.window.stride = stride;
    attrs.window.pre_pad = attrs.window.post_pad = pads;
    Dims w{x[1], 1}, y{x[0], x[1]};
    for (size_t a = 0; a < kernel.size(); ++a) {
      w.push_back(kernel[a]);
      y.push_back((x[a + 2] + 2 * pads[a] - kernel[a]) / stride[a] + 1);
    }
    run.tactic = &depthwise_simd(), run.op = &kConvolutionOp, run.attrs = &attrs;
    run.inputs = {random_tensor(DType::kF32, x, 1), random_tensor(DType::kF32, w, 2),
                  random_tensor(DType::kF32, {x[1]}, 3)};
    run.constant = {false, true, true};
    run.layouts = {channels_last(DType::kF32, x, pitch)};
    run.outputs = {channels_last(DType::kF32, y, pitch)};
  }
};

TEST_F(DepthwiseTactic, ImagesAndSignals) {
  set({2, 19, 9, 11}, {3, 3}, {1, 1}, {1, 1}, 24);
  testing::expect_as_reference(run, 1e-6, 1e-5);
  set({1, 32, 20, 20}, {5, 5}, {2, 2}, {2, 2});
  testing::expect_as_reference(run, 2e-6, 1e-5);
  set({2, 33, 50}, {4}, {1}, {1});
  testing::expect_as_reference(run, 1e-6, 1e-5);
}

// Tails are checked against the reference of the convolution followed by that of the program.
TEST_F(DepthwiseTactic, Tails) {
  for (const char* tail : {"1 inputs; r1=silu.f32 r0 a=1; out r1", "2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3",
                           "1 inputs; r1=exp.f32 r0; out r1"}) {
    SCOPED_TRACE(tail);
    set({1, 24, 8, 9}, {3, 3}, {1, 1}, {1, 1});
    run.epilogue = PwProgram::parse(tail);
    run.base_inputs = 3;
    const Tensor extra = random_tensor(DType::kF32, {1, 24, 8, 9}, 9);
    const std::vector<const Tensor*> in{&run.inputs[0], &run.inputs[1], &run.inputs[2]};
    const Tensor y = evaluate(kConvolutionOp, attrs, in, 1)[0];
    std::vector<const Tensor*> operands{&y};
    if (run.epilogue.inputs == 2) {
      operands.push_back(&extra);
      run.inputs.push_back(extra);
      run.layouts = {run.layouts[0], {}, {}, channels_last(DType::kF32, {})};
    }
    const Tensor want = evaluate(run.epilogue, operands)[0];
    testing::for_each_target([&] {
      const auto got = testing::run(run);
      ASSERT_EQ(got.size(), 1u);
      testing::expect_near_all(got[0].as_doubles(), want.as_doubles(), 2e-6, 1e-5);
    });
  }
}

TEST_F(DepthwiseTactic, RefusesOtherConvolutions) {
  set({1, 8, 5, 5}, {3, 3}, {1, 1}, {1, 1});
  Problem p;
  attrs.groups = 4;
  p.op = run.op, p.attrs = &attrs;
  for (const Tensor& t : run.inputs) {
    p.inputs.push_back({t.type(), Format::kChannelsLast, t.dims()});
    p.present.push_back(true), p.constants.push_back(&t);
  }
  p.outputs = run.outputs;
  EXPECT_FALSE(static_cast<bool>(depthwise_simd().supports(p)));
}

}  // namespace
}  // namespace hone::cpu
