// The innermost loop of the register tiles of AVX2, 4 to 6 rows by two vectors, as instructions: a compiler that
// unrolls it derives addresses and moves registers about, which costs a fifth of the time where issue is the limit.
#include <cstdint>

#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/highway.h>

#if defined(HONE_CPU_TILE_RUN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_CPU_TILE_RUN_INL_H_
#undef HONE_CPU_TILE_RUN_INL_H_
#else
#define HONE_CPU_TILE_RUN_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2

// One row of the tile at step u: its element of A times both vectors of B.
#define HONE_TILE_ROW(u, address, left, right) \
  "vbroadcastss 4*" #u address                 \
  ", %[x]\n"                                   \
  "vfmadd231ps %[b0], %[x], %[" left           \
  "]\n"                                        \
  "vfmadd231ps %[b1], %[x], %[" right "]\n"
#define HONE_TILE_B(u) \
  "vmovups 64*" #u     \
  "(%[b]), %[b0]\n"    \
  "vmovups 64*" #u "+32(%[b]), %[b1]\n"
#define HONE_TILE_STEP_4(u)                             \
  HONE_TILE_B(u)                                        \
  HONE_TILE_ROW(u, "(%[a0])", "c00", "c01")             \
  HONE_TILE_ROW(u, "(%[a0],%[stride])", "c10", "c11")   \
  HONE_TILE_ROW(u, "(%[a0],%[stride],2)", "c20", "c21") \
  HONE_TILE_ROW(u, "(%[a3])", "c30", "c31")
#define HONE_TILE_STEP_5(u) HONE_TILE_STEP_4(u) HONE_TILE_ROW(u, "(%[a3],%[stride])", "c40", "c41")
#define HONE_TILE_STEP_6(u) HONE_TILE_STEP_5(u) HONE_TILE_ROW(u, "(%[a3],%[stride],2)", "c50", "c51")
#define HONE_TILE_MOVE(steps) \
  "add $4*" #steps            \
  ", %[a0]\n"                 \
  "add $4*" #steps            \
  ", %[a3]\n"                 \
  "add $64*" #steps ", %[b]\n"
// Eight steps at a time, then one by one, run after run. The sums start as `start`, which comes in b0 and b1.
#define HONE_TILE_LOOP(STEP) \
  "5:\n"                                                                         \
  "mov %[length], %[k]\n"                                                        \
  "sub $8, %[k]\n"                                                               \
  "jl 2f\n"                                                                      \
  ".p2align 5\n"                                                                 \
  "1:\n" STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)         \
  HONE_TILE_MOVE(8)                                                              \
  "sub $8, %[k]\n"                                                               \
  "jge 1b\n"                                                                     \
  "2:\n"                                                                         \
  "add $8, %[k]\n"                                                               \
  "jz 4f\n"                                                                      \
  "3:\n" STEP(0) HONE_TILE_MOVE(1)                                               \
  "dec %[k]\n"                                                                   \
  "jnz 3b\n"                                                                     \
  "4:\n"                                                                         \
  "add %[gap], %[a0]\n"                                                          \
  "add %[gap], %[a3]\n"                                                          \
  "dec %[runs]\n"                                                                \
  "jnz 5b\n"
#define HONE_TILE_START(r) "vmovaps %[b0], %[c" #r "0]\nvmovaps %[b1], %[c" #r "1]\n"

/// sums[r][v] = start[v] + row r of A (`runs` times k columns, `run_stride` floats apart, from a on; `stride` floats
/// from row to row) times B, 16 floats a row; R is 4 to 6.
template <int R, class Vec>
HWY_INLINE void tile_run(const float* a, int64_t stride, int64_t runs, int64_t run_stride, int64_t length,
                         const float* b, Vec start0, Vec start1, Vec (&sums)[R][2]) {
  static_assert(R >= 4 && R <= 6);
  const float* a3 = a + 3 * stride;
  const int64_t bytes = stride * 4, gap = (run_stride - length) * 4;
  int64_t k;
  __m256 b0 = start0.raw, b1 = start1.raw, x;
  if constexpr (R == 6) {
    __m256 c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51;
    asm(HONE_TILE_START(0) HONE_TILE_START(1) HONE_TILE_START(2) HONE_TILE_START(3) HONE_TILE_START(4)
            HONE_TILE_START(5) HONE_TILE_LOOP(HONE_TILE_STEP_6)
        : [c00] "=&x"(c00), [c01] "=&x"(c01), [c10] "=&x"(c10), [c11] "=&x"(c11), [c20] "=&x"(c20), [c21] "=&x"(c21),
          [c30] "=&x"(c30), [c31] "=&x"(c31), [c40] "=&x"(c40), [c41] "=&x"(c41), [c50] "=&x"(c50), [c51] "=&x"(c51),
          [x] "=&x"(x), [b0] "+&x"(b0), [b1] "+&x"(b1), [a0] "+&r"(a), [a3] "+&r"(a3), [b] "+&r"(b), [k] "=&r"(k),
          [runs] "+&r"(runs)
        : [stride] "r"(bytes), [length] "r"(length), [gap] "r"(gap)
        : "cc", "memory");
    sums[0][0].raw = c00, sums[0][1].raw = c01;
    sums[1][0].raw = c10, sums[1][1].raw = c11;
    sums[2][0].raw = c20, sums[2][1].raw = c21;
    sums[3][0].raw = c30, sums[3][1].raw = c31;
    sums[4][0].raw = c40, sums[4][1].raw = c41;
    sums[5][0].raw = c50, sums[5][1].raw = c51;
  } else if constexpr (R == 5) {
    __m256 c00, c01, c10, c11, c20, c21, c30, c31, c40, c41;
    asm(HONE_TILE_START(0) HONE_TILE_START(1) HONE_TILE_START(2) HONE_TILE_START(3) HONE_TILE_START(4)
            HONE_TILE_LOOP(HONE_TILE_STEP_5)
        : [c00] "=&x"(c00), [c01] "=&x"(c01), [c10] "=&x"(c10), [c11] "=&x"(c11), [c20] "=&x"(c20), [c21] "=&x"(c21),
          [c30] "=&x"(c30), [c31] "=&x"(c31), [c40] "=&x"(c40), [c41] "=&x"(c41), [x] "=&x"(x), [b0] "+&x"(b0),
          [b1] "+&x"(b1), [a0] "+&r"(a), [a3] "+&r"(a3), [b] "+&r"(b), [k] "=&r"(k), [runs] "+&r"(runs)
        : [stride] "r"(bytes), [length] "r"(length), [gap] "r"(gap)
        : "cc", "memory");
    sums[0][0].raw = c00, sums[0][1].raw = c01;
    sums[1][0].raw = c10, sums[1][1].raw = c11;
    sums[2][0].raw = c20, sums[2][1].raw = c21;
    sums[3][0].raw = c30, sums[3][1].raw = c31;
    sums[4][0].raw = c40, sums[4][1].raw = c41;
  } else {
    __m256 c00, c01, c10, c11, c20, c21, c30, c31;
    asm(HONE_TILE_START(0) HONE_TILE_START(1) HONE_TILE_START(2) HONE_TILE_START(3) HONE_TILE_LOOP(HONE_TILE_STEP_4)
        : [c00] "=&x"(c00), [c01] "=&x"(c01), [c10] "=&x"(c10), [c11] "=&x"(c11), [c20] "=&x"(c20), [c21] "=&x"(c21),
          [c30] "=&x"(c30), [c31] "=&x"(c31), [x] "=&x"(x), [b0] "+&x"(b0), [b1] "+&x"(b1), [a0] "+&r"(a),
          [a3] "+&r"(a3), [b] "+&r"(b), [k] "=&r"(k), [runs] "+&r"(runs)
        : [stride] "r"(bytes), [length] "r"(length), [gap] "r"(gap)
        : "cc", "memory");
    sums[0][0].raw = c00, sums[0][1].raw = c01;
    sums[1][0].raw = c10, sums[1][1].raw = c11;
    sums[2][0].raw = c20, sums[2][1].raw = c21;
    sums[3][0].raw = c30, sums[3][1].raw = c31;
  }
}

// The same for tiles of 4 rows by three vectors, the third of which comes from a panel of its own.
#define HONE_WIDE_ROW(u, address, r) \
  "vbroadcastss 4*" #u address       \
  ", %[x]\n"                         \
  "vfmadd231ps %[b0], %[x], %[c" #r  \
  "0]\n"                             \
  "vfmadd231ps %[b1], %[x], %[c" #r  \
  "1]\n"                             \
  "vfmadd231ps %[b2], %[x], %[c" #r "2]\n"
#define HONE_WIDE_STEP(u)                                                                                       \
  HONE_TILE_B(u)                                                                                                \
  "vmovups 32*" #u "(%[tail]), %[b2]\n" HONE_WIDE_ROW(u, "(%[a0])", 0) HONE_WIDE_ROW(u, "(%[a0],%[stride])", 1) \
      HONE_WIDE_ROW(u, "(%[a0],%[stride],2)", 2) HONE_WIDE_ROW(u, "(%[a3])", 3)
#define HONE_WIDE_MOVE(steps) HONE_TILE_MOVE(steps) "add $32*" #steps ", %[tail]\n"
#define HONE_WIDE_START(r) "vmovaps %[b0], %[c" #r "0]\nvmovaps %[b1], %[c" #r "1]\nvmovaps %[b2], %[c" #r "2]\n"

/// sums[r][v] = start[v] + row r of A times B, whose rows are 16 floats at b and 8 at tail.
template <class Vec>
HWY_INLINE void wide_run(const float* a, int64_t stride, int64_t k, const float* b, const float* tail,
                         const Vec (&start)[3], Vec (&sums)[4][3]) {
  const float* a3 = a + 3 * stride;
  const int64_t bytes = stride * 4;
  __m256 b0 = start[0].raw, b1 = start[1].raw, b2 = start[2].raw, x;
  __m256 c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32;
  asm(HONE_WIDE_START(0) HONE_WIDE_START(1) HONE_WIDE_START(2) HONE_WIDE_START(3)
      "sub $8, %[k]\n"
      "jl 2f\n"
      ".p2align 5\n"
      "1:\n" HONE_WIDE_STEP(0) HONE_WIDE_STEP(1) HONE_WIDE_STEP(2) HONE_WIDE_STEP(3) HONE_WIDE_STEP(4)
      HONE_WIDE_STEP(5) HONE_WIDE_STEP(6) HONE_WIDE_STEP(7) HONE_WIDE_MOVE(8)
      "sub $8, %[k]\n"
      "jge 1b\n"
      "2:\n"
      "add $8, %[k]\n"
      "jz 4f\n"
      "3:\n" HONE_WIDE_STEP(0) HONE_WIDE_MOVE(1)
      "dec %[k]\n"
      "jnz 3b\n"
      "4:\n"
      : [c00] "=&x"(c00), [c01] "=&x"(c01), [c02] "=&x"(c02), [c10] "=&x"(c10), [c11] "=&x"(c11), [c12] "=&x"(c12),
        [c20] "=&x"(c20), [c21] "=&x"(c21), [c22] "=&x"(c22), [c30] "=&x"(c30), [c31] "=&x"(c31), [c32] "=&x"(c32),
        [x] "=&x"(x), [b0] "+&x"(b0), [b1] "+&x"(b1), [b2] "+&x"(b2), [a0] "+&r"(a), [a3] "+&r"(a3), [b] "+&r"(b),
        [tail] "+&r"(tail), [k] "+&r"(k)
      : [stride] "r"(bytes)
      : "cc", "memory");
  sums[0][0].raw = c00, sums[0][1].raw = c01, sums[0][2].raw = c02;
  sums[1][0].raw = c10, sums[1][1].raw = c11, sums[1][2].raw = c12;
  sums[2][0].raw = c20, sums[2][1].raw = c21, sums[2][2].raw = c22;
  sums[3][0].raw = c30, sums[3][1].raw = c31, sums[3][2].raw = c32;
}

#undef HONE_WIDE_ROW
#undef HONE_WIDE_STEP
#undef HONE_WIDE_MOVE
#undef HONE_WIDE_START
#undef HONE_TILE_ROW
#undef HONE_TILE_B
#undef HONE_TILE_STEP_4
#undef HONE_TILE_STEP_5
#undef HONE_TILE_STEP_6
#undef HONE_TILE_MOVE
#undef HONE_TILE_LOOP
#undef HONE_TILE_START

template <int R, int V>
inline constexpr bool kTileRun = R >= 4 && R <= 6 && V == 2;

#else

template <int R, int V>
inline constexpr bool kTileRun = false;
template <int R, class Vec>
HWY_INLINE void tile_run(const float*, int64_t, int64_t, int64_t, int64_t, const float*, Vec, Vec, Vec (&)[R][2]) {}

#endif

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard toggled per target
