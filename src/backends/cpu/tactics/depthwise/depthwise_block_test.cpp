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

testing::TestProblem projected(const DepthwiseBlockAttrs& a, const Case& c, int64_t outputs) {
  testing::TestProblem p(kDepthwiseBlockOp, a);
  p.input(c.x, Format::kChannelsLast, c.pitch);
  p.input({c.channels, 1, c.kernel, c.kernel}, Format::kLinear, 0, true);
  p.input({c.channels}, Format::kLinear, 0, true);
  if (c.expand) {
    p.input({c.channels, c.x[1], 1, 1}, Format::kLinear, 0, true);
    p.input({c.channels}, Format::kLinear, 0, true);
  } else {
    p.missing_input(), p.missing_input();
  }
  p.input({outputs, c.channels, 1, 1}, Format::kLinear, 0, true);
  if (c.bias)
    p.input({outputs}, Format::kLinear, 0, true);
  else
    p.missing_input();
  return p;
}

DepthwiseBlockAttrs attributes(const Case& c) {
  DepthwiseBlockAttrs a;
  a.window.stride = {c.stride, c.stride};
  a.window.pre_pad = a.window.post_pad = {c.kernel / 2, c.kernel / 2};
  if (c.expand) a.between = PwProgram::parse("1 inputs; r1=clip.f32 r0 a=0 b=6; out r1");
  a.after = PwProgram::parse("1 inputs; r1=clip.f32 r0 a=0 b=6; out r1");
  return a;
}

TEST(DepthwiseBlockTactic, ProjectsRowByRow) {
  const Case cases[] = {
      {{1, 16, 112, 30}, 96, 3, 2},
      {{2, 24, 41, 29}, 144, 3, 1},
      {{1, 5, 9, 7}, 16, 5, 1, true, false, false},
      {{3, 32, 37, 64}, 32, 3, 1, false},
      {{1, 16, 8, 9}, 16, 5, 2, false, false, false, 24},
      {{1, 24, 300, 40}, 144, 3, 1, true},
      {{1, 3, 1, 1}, 32, 3, 1},
  };
  for (const Case& c : cases)
    for (const int64_t outputs : {24, 5})
      for (const int threads : {1, 2, 5}) {
        SCOPED_TRACE(str(c.x));
        const DepthwiseBlockAttrs a = attributes(c);
        testing::TestProblem p = projected(a, c, outputs);
        Dims y = {c.x[0], outputs};
        for (size_t i = 2; i < 4; ++i) y.push_back((c.x[i] + c.kernel / 2 * 2 - c.kernel) / c.stride + 1);
        p.epilogue("2 inputs; r2=add.f32 r0 r1; out r2");
        p.input(y, Format::kChannelsLast);
        p.output(Format::kChannelsLast, outputs + 3);
        p.threads(threads);
        p.check(depthwise_block());
      }
}

TEST(DepthwiseBlockTactic, PromisesProjectionsOfLargeImages) {
  const auto promised = [](const Case& c, int threads) {
    const DepthwiseBlockAttrs a = attributes(c);
    testing::TestProblem p = projected(a, c, 24);
    p.output(Format::kChannelsLast);
    p.threads(threads);
    return static_cast<bool>(depthwise_block().promises(p.problem()));
  };
  EXPECT_TRUE(promised({{1, 24, 56, 56}, 144, 3, 1}, 1));
  EXPECT_FALSE(promised({{1, 64, 14, 14}, 384, 3, 1}, 1));
  EXPECT_FALSE(promised({{1, 24, 56, 56}, 144, 3, 1}, 8));
  EXPECT_TRUE(promised({{1, 32, 112, 112}, 32, 3, 1, false}, 16));
}

TEST(DepthwiseBlockTactic, SaysWhyNot) {
  DepthwiseBlockAttrs a;
  testing::TestProblem p(kDepthwiseBlockOp, a);
  p.input({1, 24, 6, 6}, Format::kChannelsLast);
  p.input({24, 1, 1, 1}, Format::kLinear, 0, true);
  p.output(Format::kChannelsLast);
  EXPECT_NE(depthwise_block().supports(p.problem()).reason.find("multiple of 16"), std::string::npos);
  p.epilogue("1 inputs; r1=relu.f32 r0; out r1");
  EXPECT_NE(depthwise_block().supports(p.problem()).reason.find("projection"), std::string::npos);
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
