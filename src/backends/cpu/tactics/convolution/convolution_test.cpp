// Convolution tactics against the reference evaluation over random geometries, formats, pitches, groups and epilogues.
#include "ops/convolution.h"

#include "backends/cpu/tactics/problem_testing.h"

namespace hone::cpu {
const Tactic& conv_gemm();
const Tactic& conv_staged();
const Tactic& conv_winograd();

namespace {

using testing::TestProblem;
constexpr Format kLast = Format::kChannelsLast;

class ConvTactics : public ::testing::Test {
 protected:
  int64_t pick(int64_t lo, int64_t hi) { return std::uniform_int_distribution<int64_t>(lo, hi)(random_); }

  ConvolutionAttrs attrs(size_t rank, bool dilated) {
    ConvolutionAttrs a;
    for (size_t i = 0; i < rank; ++i) {
      a.window.stride.push_back(pick(1, 2));
      a.window.dilation.push_back(dilated ? pick(1, 2) : 1);
      a.window.pre_pad.push_back(pick(0, 2));
      a.window.post_pad.push_back(pick(0, 2));
    }
    return a;
  }
  std::mt19937 random_{11};
};

TEST_F(ConvTactics, RandomGeometries) {
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    const size_t rank = round % 5 == 4 ? 1 : 2;
    const bool staged = round % 2 == 0;
    ConvolutionAttrs a = attrs(rank, !staged);
    a.groups = pick(1, 3);
    const int64_t in = pick(1, 20), out = pick(1, 40), n = pick(1, 2);
    TestProblem p(kConvolutionOp, a);
    Dims x{n, in * a.groups}, w{out * a.groups, in};
    for (size_t i = 0; i < rank; ++i) x.push_back(pick(5, 20)), w.push_back(pick(1, 3));
    p.input(x, kLast, round % 3 == 0 ? in * a.groups + 5 : 0);
    p.input(w, Format::kLinear, 0, true);
    if (pick(0, 1))
      p.input({out * a.groups}, Format::kLinear, 0, pick(0, 1) == 1);
    else
      p.missing_input();
    p.output(kLast, round % 4 == 0 ? 3 : 0);
    p.threads(static_cast<int>(pick(1, 3)));
    p.check(staged ? conv_staged() : conv_gemm());
    if (HasFailure()) return;
  }
}

TEST_F(ConvTactics, Pointwise) {
  for (int64_t c : {3, 16, 40}) {
    const ConvolutionAttrs a;
    TestProblem p(kConvolutionOp, a);
    p.input({2, c, 7, 5}, kLast, c + 4);
    p.input({c * 3, c, 1, 1}, Format::kLinear, 0, true);
    p.output(kLast, 8);
    p.threads(2);
    p.check(conv_gemm());
    EXPECT_FALSE(conv_staged().supports(p.problem()));
  }
}

TEST_F(ConvTactics, PlanarStem) {
  for (int64_t channels : {1, 3, 4}) {
    const ConvolutionAttrs a = attrs(2, false);
    TestProblem p(kConvolutionOp, a);
    p.input({2, channels, 23, 19});
    p.input({24, channels, 3, 5}, Format::kLinear, 0, true);
    p.input({24}, Format::kLinear, 0, true);
    p.epilogue("1 inputs; r1=clip.f32 r0 a=0 b=6; out r1");
    p.output(kLast);
    p.threads(2);
    p.check(conv_staged());
    EXPECT_EQ(static_cast<bool>(conv_gemm().supports(p.problem())), channels == 1);
  }
}

TEST_F(ConvTactics, EpiloguesWithTensors) {
  ConvolutionAttrs a;
  a.window.pre_pad = a.window.post_pad = {1, 1};
  a.groups = 2;
  const Dims y{2, 12, 6, 9};
  const auto make = [&](TestProblem& p) {
    p.input({2, 8, 6, 9}, kLast);
    p.input({12, 4, 3, 3}, Format::kLinear, 0, true);
    p.input({12}, Format::kLinear, 0, true);
    p.output(kLast, 4);
    p.threads(2);
  };
  for (const Tactic* t : {&conv_gemm(), &conv_staged()}) {
    {  // residual block
      TestProblem p(kConvolutionOp, a);
      make(p);
      p.epilogue("2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3");
      p.input(y, kLast, 17);
      p.check(*t);
    }
    {  // gate per image and channel, swish written out, residual after it
      TestProblem p(kConvolutionOp, a);
      make(p);
      p.epilogue("3 inputs; r3=sigmoid.f32 r0; r4=mul.f32 r0 r3; r5=mul.f32 r4 r1; r6=sub.f32 r2 r5; out r6");
      p.input({2, 12, 1, 1}, kLast);
      p.input(y, kLast);
      p.check(*t);
    }
    {  // per channel scale, per pixel offset, scalar
      TestProblem p(kConvolutionOp, a);
      make(p);
      p.epilogue("4 inputs; r4=mul.f32 r0 r1; r5=add.f32 r4 r2; r6=div.f32 r5 r3; r7=gelu_erf.f32 r6; out r7");
      p.input({12, 1, 1});
      p.input({2, 1, 6, 9});
      p.input({});
      p.check(*t);
    }
  }
}

TEST_F(ConvTactics, TailsBeyondTheKernels) {
  ConvolutionAttrs a;
  a.window.pre_pad = {1, 0};
  for (const Tactic* t : {&conv_gemm(), &conv_staged()})
    for (const char* program : {"2 inputs; r2=mish.f32 r0; r3=add.f32 r2 r1; out r3",
                                "2 inputs; r2=exp.f32 r0; r3=add.f32 r0 r2; r4=mul.f32 r3 r1; out r4"}) {
      SCOPED_TRACE(program);
      TestProblem p(kConvolutionOp, a);
      p.input({2, 8, 6, 9}, kLast);
      p.input({12, 8, 2, 3}, Format::kLinear, 0, true);
      p.input({12}, Format::kLinear, 0, true);
      p.epilogue(program);
      p.input({1, 12, 1, 7}, kLast);  // repeats along one axis only
      p.output(kLast);
      p.threads(2);
      p.check(*t);
    }
}

TEST_F(ConvTactics, MinimalFiltering) {
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    ConvolutionAttrs a;
    a.window.pre_pad = {pick(0, 2), pick(0, 2)}, a.window.post_pad = {pick(0, 2), pick(0, 2)};
    const int64_t in = 16 * pick(1, 5), out = 16 * pick(1, 9), n = pick(1, 3);
    TestProblem p(kConvolutionOp, a);
    p.input({n, in, pick(3, 17), pick(3, 17)}, kLast, round % 3 == 0 ? in + 5 : 0);
    p.input({out, in, 3, 3}, Format::kLinear, 0, true);
    if (round % 2 == 0)
      p.input({out}, Format::kLinear, 0, true);
    else
      p.missing_input();
    const char* programs[] = {"1 inputs; r1=relu.f32 r0; out r1", "1 inputs; r1=silu.f32 r0 a=1 b=0; out r1",
                              "1 inputs; r1=mish.f32 r0; out r1"};
    p.epilogue(programs[round % 3]);
    p.output(kLast, round % 4 == 0 ? 3 : 0);
    p.threads(static_cast<int>(pick(1, 3)));
    p.check(conv_winograd());
    if (HasFailure()) return;
  }
}

TEST_F(ConvTactics, MinimalFilteringWithResidual) {
  ConvolutionAttrs a;
  a.window.pre_pad = a.window.post_pad = {1, 1};
  TestProblem p(kConvolutionOp, a);
  p.input({2, 64, 7, 9}, kLast);
  p.input({48, 64, 3, 3}, Format::kLinear, 0, true);
  p.input({48}, Format::kLinear, 0, true);
  p.epilogue("2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; r4=gelu_tanh.f32 r3; out r4");
  p.input({2, 48, 7, 9}, kLast);
  p.output(kLast);
  p.threads(2);
  p.check(conv_winograd(), 3e-6);
}

TEST_F(ConvTactics, SayWhyNot) {
  ConvolutionAttrs a;
  const auto reason = [&](const Tactic& t, std::string_view program, Dims extra, Format extra_format) {
    TestProblem p(kConvolutionOp, a);
    p.input({1, 8, 6, 9}, kLast);
    p.input({12, 8, 1, 1}, Format::kLinear, 0, true);
    p.output(kLast);
    p.epilogue(program);
    p.input(std::move(extra), extra_format);
    return t.supports(p.problem()).reason;
  };
  const char* add = "2 inputs; r2=add.f32 r0 r1; out r2";
  EXPECT_EQ(reason(conv_gemm(), add, {1, 12, 6, 9}, kLast), "");
  EXPECT_NE(reason(conv_gemm(), add, {1, 12, 6, 9}, Format::kLinear), "");  // another layout
  TestProblem p(kConvolutionOp, a);
  p.input({1, 8, 6, 9}, kLast);
  p.input({12, 8, 1, 1});
  p.output(kLast);
  EXPECT_NE(conv_gemm().supports(p.problem()).reason, "");  // variable weights
}

}  // namespace
}  // namespace hone::cpu
