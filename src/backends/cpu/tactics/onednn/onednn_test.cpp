// The oneDNN tactics against the reference evaluation. Where the library has no optimised code for a problem the tactic
// says so, which is checked to stay the exception.
#include "backends/cpu/tactics/problem_testing.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"

namespace hone::cpu {
const Tactic& conv_onednn();
const Tactic& deconv_onednn();
const Tactic& matmul_onednn();
const Tactic& pointwise_onednn();
const Tactic& conv_onednn_bf16();
const Tactic& matmul_onednn_bf16();

namespace {

using testing::TestProblem;
constexpr Format kLast = Format::kChannelsLast, kLinear = Format::kLinear;

/// 1 where the tactic took the problem (and was right).
int check_if_supported(TestProblem& p, const Tactic& t) {
  const Verdict v = t.supports(p.problem());
  if (!v) return 0;
  p.check(t);
  return 1;
}

TEST(OneDnnTactics, Convolutions) {
  int taken = 0;
  for (Format format : {kLast, kLinear})
    for (int64_t groups : {1, 2})
      for (bool constant : {true, false})
        for (size_t rank : {1, 2, 3}) {
          SCOPED_TRACE(::testing::Message()
                       << static_cast<int>(format) << " " << groups << " " << constant << " " << rank);
          ConvolutionAttrs a;
          a.groups = groups;
          Dims x{2, 16 * groups}, w{16 * groups, 16};
          for (size_t i = 0; i < rank; ++i) {
            x.push_back(9 + static_cast<int64_t>(i)), w.push_back(3);
            a.window.stride.push_back(i == 0 ? 2 : 1), a.window.pre_pad.push_back(1), a.window.post_pad.push_back(2);
          }
          TestProblem p(kConvolutionOp, a);
          p.input(x, format);
          p.input(w, kLinear, 0, constant);
          p.input({16 * groups}, kLinear, 0, constant);
          p.epilogue("2 inputs; r2=relu.f32 r0; r3=add.f32 r2 r1; out r3");
          Dims scale(rank + 1, 1);
          scale[0] = 16 * groups;
          p.input(scale);
          p.output(format);
          p.threads(2);
          const int done = check_if_supported(p, conv_onednn());
          taken += rank == 2 ? done : 0;
          if (HasFailure()) return;
        }
  EXPECT_GE(taken, 4);
}

TEST(OneDnnTactics, ResidualBlockAndActivations) {
  for (const char* program :
       {"2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3", "2 inputs; r2=silu.f32 r0 a=1; r3=mul.f32 r2 r1; out r3",
        "2 inputs; r2=clip.f32 r0 a=-0.5 b=0.5; r3=sub.f32 r2 r1; r4=gelu_erf.f32 r3; out r4",
        "2 inputs; r2=hard_swish.f32 r0; r3=leaky_relu.f32 r2 a=0.1; r4=add.f32 r3 r1; out r4"}) {
    SCOPED_TRACE(program);
    const ConvolutionAttrs a;
    TestProblem p(kConvolutionOp, a);
    p.input({1, 32, 7, 7}, kLast);
    p.input({48, 32, 1, 1}, kLinear, 0, true);
    p.epilogue(program);
    p.input({1, 48, 7, 7}, kLast);
    p.output(kLast);
    p.check(conv_onednn());
  }
}

TEST(OneDnnTactics, TransposedConvolutions) {
  int taken = 0;
  for (Format format : {kLast, kLinear})
    for (int64_t groups : {1, 2}) {
      DeconvolutionAttrs a;
      a.groups = groups;
      a.window.stride = {2, 2}, a.window.pre_pad = {1, 0}, a.window.post_pad = {0, 1};
      a.output_padding = {1, 0};
      TestProblem p(kDeconvolutionOp, a);
      p.input({2, 16 * groups, 5, 6}, format);
      p.input({16 * groups, 16, 3, 3}, kLinear, 0, true);
      p.input({16 * groups}, kLinear, 0, true);
      p.output(format);
      taken += check_if_supported(p, deconv_onednn());
    }
  EXPECT_GE(taken, 1);
}

struct Case {
  Dims a, b;
  MatrixOp op_a, op_b;
};

TEST(OneDnnTactics, MatrixProducts) {
  constexpr auto kN = MatrixOp::kNone, kT = MatrixOp::kTranspose, kV = MatrixOp::kVector;
  const Case cases[] = {
      {{5, 7}, {7, 33}, kN, kN},
      {{7, 5}, {33, 7}, kT, kT},
      {{3, 4, 20, 8}, {8, 17}, kN, kN},
      {{2, 20, 8}, {2, 8, 17}, kN, kN},
      {{2, 3, 8, 20}, {2, 3, 17, 8}, kT, kT},
      {{2, 3, 20, 8}, {2, 1, 8, 17}, kN, kN},
      {{1, 3, 4, 8}, {2, 1, 8, 5}, kN, kN},
      {{8}, {8, 5}, kV, kN},
      {{6, 8}, {8}, kN, kV},
  };
  int taken = 0;
  for (const Case& c : cases)
    for (bool constant : {false, true}) {
      SCOPED_TRACE(str(c.a) + str(c.b) + (constant ? " constant" : ""));
      MatMulAttrs attrs;
      attrs.op_a = c.op_a, attrs.op_b = c.op_b;
      TestProblem p(kMatMulOp, attrs);
      p.input(c.a);
      p.input(c.b, kLinear, 0, constant);
      p.output(kLinear);
      p.threads(2);
      taken += check_if_supported(p, matmul_onednn());
      if (HasFailure()) return;
    }
  EXPECT_GE(taken, 12);
}

TEST(OneDnnTactics, MatrixProductEpilogue) {
  for (bool constant : {false, true}) {
    MatMulAttrs attrs;
    TestProblem p(kMatMulOp, attrs);
    p.input({2, 3, 18, 16});
    p.input(constant ? Dims{16, 20} : Dims{2, 3, 16, 20}, kLinear, 0, constant);
    p.epilogue("3 inputs; r3=add.f32 r0 r1; r4=gelu_tanh.f32 r3; r5=add.f32 r2 r4; out r5");
    p.input({20});
    p.input({2, 3, 18, 20});
    p.output(kLinear);
    p.check(matmul_onednn());
  }
}

TEST(OneDnnTactics, ElementWiseChains) {
  const char* const programs[] = {
      "2 inputs; r2=add.f32 r0 r1; out r2",
      "2 inputs; r2=mul.f32 r0 r1; r3=relu.f32 r2; out r3",
      "2 inputs; r2=sub.f32 r0 r1; r3=abs.f32 r2; r4=mul.f32 r3 r1; out r4",
  };
  const Dims image{2, 16, 5, 7};
  int taken = 0;
  for (const char* text : programs)
    for (Format format : {kLinear, kLast})
      for (const Dims& second : {image, Dims{1, 16, 1, 1}, Dims{1}}) {
        SCOPED_TRACE(std::string(text) + str(second));
        PointwiseAttrs attrs;
        attrs.program = PwProgram::parse(text);
        TestProblem p(kPointwiseOp, attrs);
        p.input(image, format);
        p.input(second, second == image ? format : kLinear);
        p.output(format);
        p.threads(2);
        taken += check_if_supported(p, pointwise_onednn());
      }
  EXPECT_GE(taken, 12);
}

TEST(OneDnnTactics, ElementWiseChainsThatAreNone) {
  for (const char* text :
       {"2 inputs; r2=exp.f32 r1; r3=add.f32 r0 r2; out r3", "2 inputs; r2=less.f32 r0 r1; out r2"}) {
    PointwiseAttrs attrs;
    attrs.program = PwProgram::parse(text);
    TestProblem p(kPointwiseOp, attrs);
    p.input({2, 16, 5, 7}, kLinear);
    p.input({2, 16, 5, 7}, kLinear);
    p.output(kLinear);
    EXPECT_FALSE(static_cast<bool>(pointwise_onednn().supports(p.problem()))) << text;
  }
}

// With data and weights rounded to eight bits of mantissa each, sums are off by about one part in two hundred.
constexpr double kBf16Tolerance = 8e-3;

TEST(OneDnnTactics, RoundedConvolutions) {
  for (int64_t kernel : {1, 3}) {
    ConvolutionAttrs a;
    a.window.stride = {2, 1}, a.window.pre_pad = a.window.post_pad = {kernel / 2, kernel / 2};
    TestProblem p(kConvolutionOp, a);
    p.input({2, 32, 9, 10}, kLast, 40);
    p.input({48, 32, kernel, kernel}, kLinear, 0, true);
    p.input({48}, kLinear, 0, true);
    p.epilogue("2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3");
    p.input({2, 48, 5, 10}, kLast);
    p.output(kLast);
    p.threads(2);
    EXPECT_NE(conv_onednn_bf16().supports(p.problem()).reason, "");  // not unless allowed
    p.allow_bf16();
    const Verdict v = conv_onednn_bf16().supports(p.problem());
    if (v.reason.find("need AMX") != std::string::npos) GTEST_SKIP() << v.reason;
    p.check(conv_onednn_bf16(), kBf16Tolerance);
  }
}

TEST(OneDnnTactics, RoundedMatrixProducts) {
  for (MatrixOp op : {MatrixOp::kNone, MatrixOp::kTranspose}) {
    MatMulAttrs attrs;
    attrs.op_b = op;
    TestProblem p(kMatMulOp, attrs);
    p.input({2, 18, 64}, kLinear, 72);
    p.input(op == MatrixOp::kNone ? Dims{64, 48} : Dims{48, 64}, kLinear, 0, true);
    p.epilogue("3 inputs; r3=add.f32 r0 r1; r4=gelu_erf.f32 r3; r5=add.f32 r2 r4; out r5");
    p.input({48});
    p.input({2, 18, 48});
    p.output(kLinear);
    EXPECT_NE(matmul_onednn_bf16().supports(p.problem()).reason, "");
    p.allow_bf16();
    const Verdict v = matmul_onednn_bf16().supports(p.problem());
    if (v.reason.find("need AMX") != std::string::npos) GTEST_SKIP() << v.reason;
    p.check(matmul_onednn_bf16(), kBf16Tolerance);
  }
}

}  // namespace
}  // namespace hone::cpu
