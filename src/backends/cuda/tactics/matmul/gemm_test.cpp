// Our matrix product kernels against the reference evaluation: every tile, types, odd extents, transposed and broadcast
// operands, vectors, pitches, constants, tails, and products split along K.
#include "backends/cuda/tactics/testing.h"
#include "ops/matmul.h"

namespace hone::cuda {
const Tactic& gemm_few_rows();

#define HONE_MMA_TILE(m, n, ...)      \
  const Tactic& gemm_mma_##m##x##n(); \
  const Tactic& gemm_mma_##m##x##n##_split();
#define HONE_FMA_TILE(m, n, ...)      \
  const Tactic& gemm_fma_##m##x##n(); \
  const Tactic& gemm_fma_##m##x##n##_split();
#define HONE_WGMMA_TILE(m, n, ...)      \
  const Tactic& gemm_wgmma_##m##x##n(); \
  const Tactic& gemm_wgmma_##m##x##n##_split();
#define HONE_TURNS_TILE(m, n, ...)      \
  const Tactic& gemm_turns_##m##x##n(); \
  const Tactic& gemm_turns_##m##x##n##_pairs();
const Tactic& gemm_mma_32x32_cluster();
const Tactic& gemm_fma_16x64_cluster();
const Tactic& gemm_wgmma_64x64_cluster();
#include "backends/cuda/tactics/product/tiles.def"
#undef HONE_WGMMA_TILE
#undef HONE_TURNS_TILE
#undef HONE_MMA_TILE
#undef HONE_FMA_TILE

namespace {

using testing::TestProblem;
constexpr auto kN = MatrixOp::kNone, kT = MatrixOp::kTranspose, kV = MatrixOp::kVector;

class GemmTest : public testing::CudaTest {};

MatMulAttrs attributes(MatrixOp a, MatrixOp b) {
  MatMulAttrs attrs;
  attrs.op_a = a, attrs.op_b = b;
  return attrs;
}

struct TileTactic {
  const Tactic& tactic;
  int64_t m, n;
};

void check_tiles(std::span<const TileTactic> tiles) {
  for (const TileTactic& t : tiles) {
    SCOPED_TRACE(t.tactic.name());
    TestProblem p(kMatMulOp, attributes(kN, kT));
    p.input(DType::kF16, {t.m + 5, 328}).input(DType::kF16, {t.n + 11, 328});
    p.check(t.tactic);
  }
}

TEST_F(GemmTest, EveryTile) {
#define HONE_MMA_TILE(m, n, ...) {gemm_mma_##m##x##n(), m, n},
#define HONE_FMA_TILE(m, n, ...) {gemm_fma_##m##x##n(), m, n},
  const TileTactic tiles[] = {
#include "backends/cuda/tactics/product/tiles.def"
  };
#undef HONE_MMA_TILE
#undef HONE_FMA_TILE
  check_tiles(tiles);
}

TEST_F(GemmTest, EveryTileOfHopper) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
#define HONE_WGMMA_TILE(m, n, ...) {gemm_wgmma_##m##x##n(), m, n},
  const TileTactic tiles[] = {
#include "backends/cuda/tactics/product/tiles.def"
  };
#undef HONE_WGMMA_TILE
  check_tiles(tiles);
}

// Blocks get no tile for one of their groups, one for each, and several; slabs wrap around the ring. Rows of whole 16
// bytes leave by the copy engine.
TEST_F(GemmTest, GroupsTakeTurns) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
#define HONE_TURNS_TILE(m, n, ...) {gemm_turns_##m##x##n(), m, n},
  const TileTactic tiles[] = {
#include "backends/cuda/tactics/product/tiles.def"
  };
#undef HONE_TURNS_TILE
  const int64_t most = gpu().multiprocessors;
  for (const TileTactic& t : tiles)
    for (const auto& [down, k] :
         {std::pair<int64_t, int64_t>{1, 700}, {most + 1, 72}, {3 * most, 200}, {2 * most, 900}}) {
      const int64_t rows = t.m * (down - 1) + 7, columns = t.n + (k == 200 ? 3 : 8);
      SCOPED_TRACE(fmt::format("{} {} {}", t.tactic.name(), down, k));
      TestProblem p(kMatMulOp, attributes(kN, kT));
      p.input(DType::kF16, {rows, k}).input(DType::kF16, {columns, k}, {}, true);
      p.epilogue("3 inputs; r3=add.f16 r0 r1; r4=add.f16 r3 r2; r5=relu.f16 r4; out r5");
      p.input(DType::kF16, {columns}).input(DType::kF16, {rows, columns});
      p.check(t.tactic);
    }
  for (int64_t columns : {70, 72}) {
    TestProblem items(kMatMulOp, attributes(kN, kT));
    items.input(DType::kBF16, {5, 130, 64}).input(DType::kBF16, {5, columns, 64});
    items.check(gemm_turns_128x64());
  }
}

// Results by the copy engine with operands of each kind: of the columns, more of them than registers hold, of the rows,
// of the whole output, a second one of it, and a broadcast item.
TEST_F(GemmTest, TailsInBoxes) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
  const DType t = DType::kF16;
  for (const Tactic* tactic : {&gemm_turns_128x128(), &gemm_turns_64x192(), &gemm_turns_64x64()}) {
    SCOPED_TRACE(tactic->name());
    TestProblem p(kMatMulOp, attributes(kN, kT));
    p.input(t, {3, 150, 72}).input(t, {3, 200, 72});
    p.epilogue(
        "7 inputs; r7=add.f16 r0 r1; r8=mul.f16 r7 r2; r9=add.f16 r8 r3; r10=mul.f16 r9 r4; r11=add.f16 r10 r5; "
        "r12=add.f16 r11 r6; r13=gelu_erf.f16 r12; out r13");
    p.input(t, {200}).input(t, {1, 150, 1}).input(t, {3, 150, 200}).input(t, {3, 1, 200}).input(t, {3, 150, 200});
    p.input(t, {1, 150, 200});
    p.check(*tactic);
    TestProblem held(kMatMulOp, attributes(kN, kT));
    held.input(t, {150, 72})
        .input(t, {200, 72})
        .epilogue(
            "6 inputs; r6=add.f16 r0 r1; r7=add.f16 r6 r2; r8=add.f16 r7 r3; r9=add.f16 r8 r4; r10=add.f16 r9 r5; out "
            "r10");
    for (int i = 0; i < 4; ++i) held.input(t, {200});
    held.input(t, {1, 1});
    held.check(*tactic);
  }
}

// Pairs of blocks with whole and half pairs of tiles, several rounds of the ring, items.
TEST_F(GemmTest, PairsFetchForEachOther) {
  if (gpu().major != 9 || !gpu().clusters) GTEST_SKIP() << "needs clusters of compute capability 9.0";
#define HONE_TURNS_TILE(m, n, ...) {gemm_turns_##m##x##n##_pairs(), m, n},
  const TileTactic tiles[] = {
#include "backends/cuda/tactics/product/tiles.def"
  };
#undef HONE_TURNS_TILE
  for (const TileTactic& t : tiles)
    for (const auto& [down, k] : {std::pair<int64_t, int64_t>{2, 704}, {3, 72}, {301, 200}}) {
      SCOPED_TRACE(fmt::format("{} {} {}", t.tactic.name(), down, k));
      const int64_t rows = t.m * (down - 1) + 7, columns = t.n + 8;
      TestProblem p(kMatMulOp, attributes(kN, kT));
      p.input(DType::kF16, {rows, k}).input(DType::kF16, {columns, k}, {}, true);
      p.epilogue("3 inputs; r3=add.f16 r0 r1; r4=add.f16 r3 r2; r5=relu.f16 r4; out r5");
      p.input(DType::kF16, {columns}).input(DType::kF16, {rows, columns});
      p.check(t.tactic);
    }
  TestProblem items(kMatMulOp, attributes(kN, kT));
  items.input(DType::kBF16, {5, 300, 328}).input(DType::kBF16, {5, 72, 328});
  items.check(gemm_turns_128x64_pairs());
}

TEST_F(GemmTest, HopperTailsConstantsAndParts) {
  if (gpu().major != 9) GTEST_SKIP() << "needs compute capability 9.0";
  for (int64_t k : {40, 64, 77, 600}) {
    SCOPED_TRACE(k);
    TestProblem p(kMatMulOp, attributes(kN, kN));
    p.input(DType::kBF16, {3, 30, k}).input(DType::kBF16, {k, 70}, {}, true);
    p.epilogue("3 inputs; r3=add.bf16 r0 r1; r4=add.bf16 r3 r2; out r4");
    p.input(DType::kBF16, {70}).input(DType::kBF16, {3, 30, 70});
    p.check(gemm_wgmma_64x64());
    p.check(gemm_wgmma_128x128());
  }
  TestProblem split(kMatMulOp, attributes(kN, kT));
  split.input(DType::kF16, {30, 2100}).input(DType::kF16, {40, 2100}, {}, true);
  split.check(gemm_wgmma_64x64_split());
}

struct Case {
  Dims a, b;
  MatrixOp op_a, op_b;
};
const Case kCases[] = {
    {{5, 7}, {7, 33}, kN, kN},
    {{5, 7}, {33, 7}, kN, kT},
    {{3, 4, 20, 8}, {8, 17}, kN, kN},
    {{2, 20, 72}, {2, 72, 40}, kN, kN},
    {{2, 3, 20, 8}, {2, 3, 17, 8}, kN, kT},
    {{2, 3, 20, 8}, {2, 1, 8, 17}, kN, kN},
    {{1, 3, 4, 8}, {2, 1, 8, 5}, kN, kN},
    {{4, 8}, {3, 8, 5}, kN, kN},
    {{8, 21}, {8, 5}, kT, kN},
    {{3, 24, 70}, {3, 100, 24}, kT, kT},
    {{8}, {8, 5}, kV, kN},
    {{6, 8}, {8}, kN, kV},
    {{8}, {8}, kV, kV},
    {{1, 300}, {300, 100}, kN, kN},
    {{65, 1}, {1, 66}, kN, kN},
    {{2, 8}, {2, 8, 4}, kV, kN},
};

void check_cases(const Tactic& tactic, DType type, bool constant, bool tf32 = false) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(str(c.a) + str(c.b) + (constant ? " constant" : ""));
    TestProblem p(kMatMulOp, attributes(c.op_a, c.op_b));
    p.input(type, c.a, {Format::kLinear, c.a.size() > 1 ? c.a.back() + 3 : 0});
    p.input(type, c.b, {}, constant);
    if (c.op_a != kV && c.op_b != kV) p.output(Format::kLinear, 2);
    if (tf32) p.allow_tf32();
    p.check(tactic);
  }
}

TEST_F(GemmTest, ShapesInHalf) { check_cases(gemm_mma_32x32(), DType::kF16, false); }
TEST_F(GemmTest, ShapesWithConstant) { check_cases(gemm_mma_32x32(), DType::kF16, true); }
TEST_F(GemmTest, ShapesInBrainFloat) { check_cases(gemm_mma_16x64(), DType::kBF16, true); }
TEST_F(GemmTest, ShapesInTf32) { check_cases(gemm_mma_32x32(), DType::kF32, false, true); }
TEST_F(GemmTest, ShapesInFloat) { check_cases(gemm_fma_32x32(), DType::kF32, false); }
TEST_F(GemmTest, ShapesInFloatWithConstant) { check_cases(gemm_fma_32x32(), DType::kF32, true); }
TEST_F(GemmTest, ShapesInHalfWithoutTensorCores) { check_cases(gemm_fma_32x32(), DType::kF16, false); }

TEST_F(GemmTest, AlignedAndPitchedOperands) {
  for (DType t : {DType::kF16, DType::kF32})
    for (int64_t pitch : {64, 72, 67}) {
      SCOPED_TRACE(pitch);
      TestProblem p(kMatMulOp, attributes(kN, kN));
      p.input(t, {40, 64}, {Format::kLinear, pitch}).input(t, {64, 64}, {Format::kLinear, pitch});
      p.output(Format::kLinear, pitch - 64);
      p.check(t == DType::kF16 ? gemm_mma_32x64() : gemm_fma_16x64());
    }
}

TEST_F(GemmTest, SplitAlongK) {
  for (bool f32 : {false, true}) {
    const DType t = f32 ? DType::kF32 : DType::kF16;
    const Tactic& tactic = f32 ? gemm_fma_32x32_split() : gemm_mma_32x32_split();
    TestProblem p(kMatMulOp, attributes(kN, kT));
    p.input(t, {2, 9, 1030}).input(t, {2, 21, 1030});
    p.epilogue(f32 ? "2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3"
                   : "2 inputs; r2=add.f16 r0 r1; r3=relu.f16 r2; out r3");
    p.input(t, {21});
    p.check(tactic);
  }
  TestProblem small(kMatMulOp, attributes(kN, kN));
  small.input(DType::kF16, {16, 32}).input(DType::kF16, {32, 16});
  EXPECT_FALSE(gemm_mma_32x32_split().promises(small.problem()));
  small.check(gemm_mma_32x32_split());
}

TEST_F(GemmTest, ClustersShareK) {
  if (!gpu().clusters) GTEST_SKIP() << "needs a GPU that launches clusters";
  for (int64_t k : {256, 1030, 4000}) {
    SCOPED_TRACE(k);
    TestProblem p(kMatMulOp, attributes(kN, kT));
    p.input(DType::kF16, {2, 50, k}).input(DType::kF16, {70, k}, {}, true);
    p.epilogue("2 inputs; r2=add.f16 r0 r1; r3=relu.f16 r2; out r3").input(DType::kF16, {70});
    p.check(gemm_mma_32x32_cluster());
    if (gpu().major == 9) p.check(gemm_wgmma_64x64_cluster());
    TestProblem f32(kMatMulOp, attributes(kN, kN));
    f32.input(DType::kF32, {7, k}).input(DType::kF32, {k, 70});
    f32.check(gemm_fma_16x64_cluster());
  }
}

TEST_F(GemmTest, TailsOverTheWholeBatch) {
  for (bool constant : {false, true}) {
    TestProblem p(kMatMulOp, attributes(kN, kN));
    p.input(DType::kF32, {2, 3, 18, 9});
    p.input(DType::kF32, constant ? Dims{9, 20} : Dims{2, 3, 9, 20}, {}, constant);
    p.epilogue(
        "6 inputs; r6=add.f32 r0 r1; r7=add.f32 r2 r6; r8=gelu_tanh.f32 r7; r9=mul.f32 r8 r3; r10=add.f32 r9 r4; "
        "r11=mul.f32 r10 r5; out r11");
    p.input(DType::kF32, {20}).input(DType::kF32, {2, 3, 18, 20}, {Format::kLinear, 23});
    p.input(DType::kF32, {2, 1, 1, 1}).input(DType::kF32, {2, 3, 18, 1}).input(DType::kF32, {3, 1, 20});
    p.check(gemm_fma_32x32());
  }
}

TEST_F(GemmTest, TailsThatConvert) {
  TestProblem p(kMatMulOp, attributes(kN, kT));
  p.input(DType::kF16, {30, 40}).input(DType::kF16, {50, 40}, {}, true);
  p.epilogue("2 inputs; r2=identity.f32 r0; r3=mul.f32 r2 r1; out r3");
  p.input(DType::kF32, {50});
  p.output_type(DType::kF32);
  p.check(gemm_mma_64x64(), 3e-3);
}

TEST_F(GemmTest, FewRows) {
  for (const auto& [m, n, k] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 10, 96}, {3, 33, 520}, {4, 5, 4096}, {2, 1, 8}})
    for (DType t : {DType::kF16, DType::kBF16, DType::kF32}) {
      SCOPED_TRACE(fmt::format("{} {} {} {}", m, n, k, name(t)));
      TestProblem p(kMatMulOp, attributes(kN, kT));
      p.input(t, {m, k}).input(t, {n, k}, {}, true);
      p.epilogue(fmt::format("1 inputs; r1=relu.{} r0; out r1", name(t))).check(gemm_few_rows());
    }
  TestProblem many(kMatMulOp, attributes(kN, kN));
  many.input(DType::kF16, {5, 64}).input(DType::kF16, {64, 8}, {}, true);
  many.refuses(gemm_few_rows());
  TestProblem odd(kMatMulOp, attributes(kN, kN));
  odd.input(DType::kF16, {1, 63}).input(DType::kF16, {63, 8}, {}, true);
  odd.refuses(gemm_few_rows());
}

TEST_F(GemmTest, OnlyPromisingTilesAreTried) {
  TestProblem p(kMatMulOp, attributes(kN, kN));
  p.input(DType::kF16, {512, 256}).input(DType::kF16, {256, 512}, {}, true);
  int yes = 0;
#define HONE_MMA_TILE(m, n, ...) yes += gemm_mma_##m##x##n().promises(p.problem()) ? 1 : 0;
#include "backends/cuda/tactics/product/tiles.def"
#undef HONE_MMA_TILE
  EXPECT_GE(yes, 2);
  EXPECT_LE(yes, 10);
  EXPECT_FALSE(gemm_fma_64x64().promises(p.problem()));
  EXPECT_TRUE(gemm_fma_64x64().supports(p.problem()));
}

TEST_F(GemmTest, SayWhyNot) {
  TestProblem f32(kMatMulOp, attributes(kN, kN));
  f32.input(DType::kF32, {5, 4}).input(DType::kF32, {4, 6});
  f32.refuses(gemm_mma_64x64());
  TestProblem ints(kMatMulOp, attributes(kN, kN));
  ints.input(DType::kI32, {5, 4}).input(DType::kI32, {4, 6});
  ints.refuses(gemm_fma_64x64());
}

}  // namespace
}  // namespace hone::cuda
