// Depthwise blocks and scaled convolutions against the operators' reference, on each instruction set and with one and
// more threads.
#include "ops/depthwise_block.h"

#include "backends/cpu/tactics/problem_testing.h"
#include "backends/cpu/tactics/tactic_testing.h"

namespace hone::cpu {
const Tactic& depthwise_block();
const Tactic& conv_scaled();
namespace {

using testing::channels_last;
using testing::random_tensor;

struct Case {
  Dims x;
  int64_t channels, kernel, stride;
  bool expand = true, mean = false, bias = true;
  int64_t pitch = 0;
};

testing::TacticRun run_of(const Case& c, DepthwiseBlockAttrs& a) {
  const int64_t pad = c.kernel / 2;
  a.window.stride = {c.stride, c.stride}, a.window.pre_pad = a.window.post_pad = {pad, pad};
  a.between = PwProgram::parse("1 inputs; r1=silu.f32 r0 a=1 b=0; out r1");
  a.after = PwProgram::parse("1 inputs; r1=clip.f32 r0 a=0 b=6; out r1");
  a.mean = c.mean;
  testing::TacticRun r;
  r.tactic = &depthwise_block();
  r.op = &kDepthwiseBlockOp, r.attrs = &a;
  r.inputs = {random_tensor(DType::kF32, c.x, 1), random_tensor(DType::kF32, {c.channels, 1, c.kernel, c.kernel}, 2)};
  r.inputs.push_back(c.bias ? random_tensor(DType::kF32, {c.channels}, 3) : Tensor());
  if (c.expand) {
    r.inputs.push_back(random_tensor(DType::kF32, {c.channels, c.x[1], 1, 1}, 4));
    r.inputs.push_back(c.bias ? random_tensor(DType::kF32, {c.channels}, 5) : Tensor());
  }
  r.constant = {false, true, true, true, true};
  r.layouts = {channels_last(DType::kF32, c.x, c.pitch)};
  Dims y = {c.x[0], c.channels};
  for (size_t i = 2; i < 4; ++i) y.push_back((c.x[i] + 2 * pad - c.kernel) / c.stride + 1);
  r.outputs = {channels_last(DType::kF32, y, c.pitch > 0 ? c.channels + 8 : 0)};
  if (c.mean) r.outputs.push_back(channels_last(DType::kF32, {y[0], y[1], 1, 1}));
  return r;
}

TEST(DepthwiseBlockTactic, AgreesWithTheReference) {
  const Case cases[] = {
      {{1, 16, 14, 14}, 96, 3, 1, true, true},
      {{2, 8, 13, 9}, 48, 5, 2, true, true, false},
      {{1, 24, 7, 7}, 144, 5, 1},
      {{3, 5, 8, 11}, 16, 3, 2, true, true, true, 12},
      {{1, 32, 20, 21}, 32, 3, 1, false, true},
      {{2, 16, 6, 6}, 16, 3, 2, false, false, true, 24},
      {{1, 4, 120, 100}, 64, 3, 1, true, true},
      {{1, 6, 90, 112}, 32, 5, 2, true, true},
      {{1, 3, 1, 1}, 32, 3, 1, true, true},
      {{1, 3, 400, 6}, 16, 3, 1, true, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(str(c.x));
    DepthwiseBlockAttrs a;
    testing::expect_as_reference(run_of(c, a), 2e-5, 2e-5);
  }
}

TEST(DepthwiseBlockTactic, SplitsRowsAmongManyThreads) {
  DepthwiseBlockAttrs a;
  testing::TacticRun r = run_of({{1, 8, 31, 30}, 32, 3, 1, true, true}, a);
  std::vector<const Tensor*> in;
  for (const Tensor& t : r.inputs) in.push_back(&t);
  const auto want = evaluate(*r.op, a, in, 2);
  for (int threads : {3, 7, 16}) {
    r.threads = threads;
    const auto got = testing::run(r);
    for (size_t i = 0; i < 2; ++i) testing::expect_near_all(got[i].as_doubles(), want[i].as_doubles(), 2e-5, 2e-5);
  }
}

TEST(DepthwiseBlockTactic, SaysWhyNot) {
  DepthwiseBlockAttrs a;
  testing::TestProblem p(kDepthwiseBlockOp, a);
  p.input({1, 24, 6, 6}, Format::kChannelsLast);
  p.input({24, 1, 1, 1}, Format::kLinear, 0, true);
  p.output(Format::kChannelsLast);
  EXPECT_NE(depthwise_block().supports(p.problem()).reason.find("multiple of 16"), std::string::npos);
}

TEST(ScaledConvolutionTactic, AgreesWithTheReference) {
  for (const Dims& x : {Dims{2, 40, 7, 7}, Dims{1, 672, 5, 6}, Dims{3, 9, 4, 4}})
    for (const bool shared : {false, true})
      for (const int threads : {1, 2}) {
        SCOPED_TRACE(str(x));
        const ConvolutionAttrs a;
        testing::TestProblem p(kScaledConvolutionOp, a);
        p.input(x, Format::kChannelsLast, x[1] + 3);
        p.input({24, x[1], 1, 1}, Format::kLinear, 0, true);
        p.input({shared ? 1 : x[0], x[1], 1, 1}, Format::kChannelsLast);
        if (shared)
          p.missing_input();
        else
          p.input({24}, Format::kLinear, 0, true);
        p.epilogue("2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3");
        p.input({x[0], 24, x[2], x[3]}, Format::kChannelsLast);
        p.output(Format::kChannelsLast);
        p.threads(threads);
        p.check(conv_scaled());
      }
}

}  // namespace
}  // namespace hone::cpu
