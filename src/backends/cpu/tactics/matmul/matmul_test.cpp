// Matrix product tactics against the reference evaluation: constant and variable operands, broadcasting, vectors,
// pitches and epilogues.
#include "ops/matmul.h"

#include "backends/cpu/tactics/problem_testing.h"

namespace hone::cpu {
const Tactic& matmul_packed();
const Tactic& matmul_batched();

namespace {

using testing::TestProblem;

struct Case {
  Dims a, b;
  MatrixOp op_a, op_b;
};
constexpr auto kN = MatrixOp::kNone, kT = MatrixOp::kTranspose, kV = MatrixOp::kVector;

TEST(MatMulTactics, ShapesWithAndWithoutConstantOperand) {
  const Case cases[] = {
      {{5, 7}, {7, 33}, kN, kN},
      {{5, 7}, {33, 7}, kN, kT},
      {{3, 4, 20, 8}, {8, 17}, kN, kN},
      {{2, 20, 8}, {2, 8, 17}, kN, kN},
      {{2, 3, 20, 8}, {2, 3, 17, 8}, kN, kT},
      {{2, 3, 20, 8}, {2, 1, 8, 17}, kN, kN},
      {{1, 3, 4, 8}, {2, 1, 8, 5}, kN, kN},
      {{4, 8}, {3, 8, 5}, kN, kN},
      {{8}, {8, 5}, kV, kN},
      {{6, 8}, {8}, kN, kV},
      {{8}, {8}, kV, kV},
      {{1, 300}, {300, 100}, kN, kN},
  };
  for (const Case& c : cases)
    for (bool constant : {false, true}) {
      SCOPED_TRACE(str(c.a) + str(c.b) + (constant ? " constant" : ""));
      MatMulAttrs attrs;
      attrs.op_a = c.op_a, attrs.op_b = c.op_b;
      TestProblem p(kMatMulOp, attrs);
      p.input(c.a, Format::kLinear, c.a.size() > 1 ? c.a.back() + 3 : 0);
      p.input(c.b, Format::kLinear, 0, constant);
      p.output(Format::kLinear, c.op_b == kV || c.op_a == kV ? 0 : 2);
      p.threads(2);
      if (!constant)
        p.check(matmul_batched());
      else if (c.b.size() <= 2)
        p.check(matmul_packed());
      else
        EXPECT_FALSE(matmul_packed().supports(p.problem()));
    }
}

TEST(MatMulTactics, EpiloguesOverTheWholeBatch) {
  MatMulAttrs attrs;
  for (bool constant : {false, true}) {
    TestProblem p(kMatMulOp, attrs);
    p.input({2, 3, 18, 9});
    p.input(constant ? Dims{9, 20} : Dims{2, 3, 9, 20}, Format::kLinear, 0, constant);
    p.epilogue(
        "5 inputs; r5=add.f32 r0 r1; r6=add.f32 r2 r5; r7=gelu_tanh.f32 r6; r8=mul.f32 r7 r3; r9=add.f32 r8 r4; out "
        "r9");
    p.input({20});
    p.input({2, 3, 18, 20}, Format::kLinear, 23);
    p.input({2, 1, 1, 1});
    p.input({2, 3, 18, 1});
    p.output(Format::kLinear);
    p.threads(3);
    p.check(constant ? matmul_packed() : matmul_batched());
  }
}

TEST(MatMulTactics, TailsBeyondTheKernels) {
  for (bool constant : {false, true}) {
    MatMulAttrs attrs;
    TestProblem p(kMatMulOp, attrs);
    p.input({2, 3, 4, 5});
    p.input({5, 6}, Format::kLinear, 0, constant);
    p.epilogue("2 inputs; r2=add.f32 r0 r1; r3=mul.f32 r0 r2; out r3");
    p.input({3, 1, 6});  // repeats for every item of the first axis
    p.output(Format::kLinear);
    p.threads(2);
    p.check(constant ? matmul_packed() : matmul_batched());
    MatMulAttrs vector;
    vector.op_b = kV;
    TestProblem q(kMatMulOp, vector);
    q.input({7, 5});
    q.input({5}, Format::kLinear, 0, constant);
    q.epilogue("2 inputs; r2=add.f32 r0 r1; out r2");
    q.input({7});
    q.output(Format::kLinear);
    q.check(constant ? matmul_packed() : matmul_batched());
  }
}

TEST(MatMulTactics, SayWhyNot) {
  MatMulAttrs transposed;
  transposed.op_a = kT;
  TestProblem q(kMatMulOp, transposed);
  q.input({5, 4});
  q.input({5, 6});
  q.output(Format::kLinear);
  EXPECT_NE(matmul_batched().supports(q.problem()).reason, "");
}

}  // namespace
}  // namespace hone::cpu
