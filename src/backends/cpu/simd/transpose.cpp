// 8 x 8 blocks are transposed in eight 256-bit registers on every instruction set; edges element by element.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/transpose.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/transpose.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<uint32_t, 8>;
using D64 = hn::Repartition<uint64_t, D>;
using V = hn::Vec<D>;

HWY_INLINE V low64(V a, V b) {
  return hn::BitCast(D(), hn::InterleaveLower(D64(), hn::BitCast(D64(), a), hn::BitCast(D64(), b)));
}
HWY_INLINE V high64(V a, V b) {
  return hn::BitCast(D(), hn::InterleaveUpper(D64(), hn::BitCast(D64(), a), hn::BitCast(D64(), b)));
}

HWY_INLINE void block(const uint32_t* HWY_RESTRICT x, int64_t xp, uint32_t* HWY_RESTRICT y, int64_t yp) {
  const D d;
  const V r0 = hn::LoadU(d, x), r1 = hn::LoadU(d, x + xp), r2 = hn::LoadU(d, x + 2 * xp), r3 = hn::LoadU(d, x + 3 * xp);
  const V r4 = hn::LoadU(d, x + 4 * xp), r5 = hn::LoadU(d, x + 5 * xp), r6 = hn::LoadU(d, x + 6 * xp),
          r7 = hn::LoadU(d, x + 7 * xp);
  const V a0 = hn::InterleaveLower(d, r0, r1), a1 = hn::InterleaveUpper(d, r0, r1);
  const V a2 = hn::InterleaveLower(d, r2, r3), a3 = hn::InterleaveUpper(d, r2, r3);
  const V a4 = hn::InterleaveLower(d, r4, r5), a5 = hn::InterleaveUpper(d, r4, r5);
  const V a6 = hn::InterleaveLower(d, r6, r7), a7 = hn::InterleaveUpper(d, r6, r7);
  // Columns 0..3 in the lower halves, 4..7 in the upper ones.
  const V b0 = low64(a0, a2), b1 = high64(a0, a2), b2 = low64(a1, a3), b3 = high64(a1, a3);
  const V b4 = low64(a4, a6), b5 = high64(a4, a6), b6 = low64(a5, a7), b7 = high64(a5, a7);
  hn::StoreU(hn::ConcatLowerLower(d, b4, b0), d, y);
  hn::StoreU(hn::ConcatLowerLower(d, b5, b1), d, y + yp);
  hn::StoreU(hn::ConcatLowerLower(d, b6, b2), d, y + 2 * yp);
  hn::StoreU(hn::ConcatLowerLower(d, b7, b3), d, y + 3 * yp);
  hn::StoreU(hn::ConcatUpperUpper(d, b4, b0), d, y + 4 * yp);
  hn::StoreU(hn::ConcatUpperUpper(d, b5, b1), d, y + 5 * yp);
  hn::StoreU(hn::ConcatUpperUpper(d, b6, b2), d, y + 6 * yp);
  hn::StoreU(hn::ConcatUpperUpper(d, b7, b3), d, y + 7 * yp);
}

void edge(const uint32_t* x, int64_t xp, uint32_t* y, int64_t yp, int64_t rows, int64_t cols) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < cols; ++j) y[j * yp + i] = x[i * xp + j];
}

// Eight rows at a time fill half a cache line of each column; two such strips in turn finish it while it is near.
void transpose(const uint32_t* x, int64_t xp, uint32_t* y, int64_t yp, int64_t rows, int64_t cols) {
  constexpr int64_t kStrip = 16;
  for (int64_t i0 = 0; i0 < rows; i0 += kStrip) {
    const int64_t end = std::min(rows, i0 + kStrip);
    int64_t j = 0;
    for (; j + 8 <= cols; j += 8) {
      int64_t i = i0;
      for (; i + 8 <= end; i += 8) block(x + i * xp + j, xp, y + j * yp + i, yp);
      if (i < end) edge(x + i * xp + j, xp, y + j * yp + i, yp, end - i, 8);
    }
    if (j < cols) edge(x + i0 * xp + j, xp, y + j * yp + i0, yp, end - i0, cols - j);
  }
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
void transpose_words(const uint32_t* x, int64_t x_pitch, uint32_t* y, int64_t y_pitch, int64_t rows, int64_t cols) {
  HONE_CPU_DISPATCH(transpose)(x, x_pitch, y, y_pitch, rows, cols);
}
}  // namespace hone::cpu
#endif
