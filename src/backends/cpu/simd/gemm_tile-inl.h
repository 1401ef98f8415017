// The register tile of matrix products: R rows by V vectors of accumulators, one rank-1 update per step of k. Included
// once per instruction set.
#include "backends/cpu/simd/gemm_kernels.h"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#if defined(HONE_CPU_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_CPU_GEMM_TILE_INL_H_
#undef HONE_CPU_GEMM_TILE_INL_H_
#else
#define HONE_CPU_GEMM_TILE_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Addresses of the rows of A: every third row has a pointer, those between are reached by scaled index, so that the
/// whole tile needs few integer registers.
template <int R>
struct RowPointers {
  static constexpr int kGroups = (R + 2) / 3;
  const char* base[kGroups];
  int64_t stride;

  HWY_INLINE RowPointers(const float* a, int64_t a_stride) : stride(a_stride * 4) {
    for (int g = 0; g < kGroups; ++g) base[g] = reinterpret_cast<const char*>(a) + 3 * g * stride;
  }
  template <int kRow>
  HWY_INLINE float at(int64_t offset) const {
    return *reinterpret_cast<const float*>(base[kRow / 3] + (kRow % 3) * stride + offset);
  }
  HWY_INLINE void advance(int64_t bytes) {
#pragma GCC unroll 8
    for (int g = 0; g < kGroups; ++g) base[g] += bytes;
  }
  /// Hides the pointers' origin from the optimiser, which would otherwise keep one induction variable per row and
  /// spill them.
  HWY_INLINE void pin() {
#pragma GCC unroll 8
    for (int g = 0; g < kGroups; ++g) asm("" : "+r"(base[g]));
    asm("" : "+r"(stride));
  }
};

template <int R, int V, class D, class Vec, int kRow = 0>
HWY_INLINE void rank1_rows(D d, const RowPointers<R>& a, int64_t offset, const Vec (&b)[V], Vec (&acc)[R][V]) {
  if constexpr (kRow < R) {
    const Vec x = hn::Set(d, a.template at<kRow>(offset));
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) acc[kRow][v] = hn::MulAdd(x, b[v], acc[kRow][v]);
    rank1_rows<R, V, D, Vec, kRow + 1>(d, a, offset, b, acc);
  }
}

template <int R, int V, class D, class Vec>
HWY_INLINE void rank1(D d, const RowPointers<R>& a, int64_t offset, const float* HWY_RESTRICT b, Vec (&acc)[R][V]) {
  Vec bv[V];
#pragma GCC unroll 2
  for (int v = 0; v < V; ++v) bv[v] = hn::LoadU(d, b + v * static_cast<int>(hn::Lanes(d)));
  rank1_rows<R, V>(d, a, offset, bv, acc);
}

/// acc += A B over k steps. Small tiles keep a second set of accumulators to hide the latency of the multiply-adds.
template <int R, int V, class D, class Vec>
HWY_INLINE void accumulate_tile(D d, const Tile& t, Vec (&acc)[R][V]) {
  constexpr int kPanel = V * static_cast<int>(hn::MaxLanes(D()));
  constexpr bool kTwoSets = R * V <= 6;
  RowPointers<R> a(t.a, t.a_stride);
  const float* HWY_RESTRICT b = t.b;
  int64_t k = t.k;
  if constexpr (kTwoSets) {
    Vec other[R][V];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) other[r][v] = hn::Zero(d);
    for (; k >= 4; k -= 4) {
      a.pin();
      hwy::Prefetch(b + 16 * kPanel);
      hwy::Prefetch(b + 17 * kPanel);
      hwy::Prefetch(b + 18 * kPanel);
      hwy::Prefetch(b + 19 * kPanel);
      rank1<R, V>(d, a, 0, b, acc);
      rank1<R, V>(d, a, 4, b + kPanel, other);
      rank1<R, V>(d, a, 8, b + 2 * kPanel, acc);
      rank1<R, V>(d, a, 12, b + 3 * kPanel, other);
      a.advance(16);
      b += 4 * kPanel;
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) acc[r][v] = hn::Add(acc[r][v], other[r][v]);
  } else {
    for (; k >= 4; k -= 4) {
      a.pin();
      rank1<R, V>(d, a, 0, b, acc);
      rank1<R, V>(d, a, 4, b + kPanel, acc);
      rank1<R, V>(d, a, 8, b + 2 * kPanel, acc);
      rank1<R, V>(d, a, 12, b + 3 * kPanel, acc);
      a.advance(16);
      b += 4 * kPanel;
    }
  }
  for (; k > 0; --k) {
    a.pin();
    rank1<R, V>(d, a, 0, b, acc);
    a.advance(4);
    b += kPanel;
  }
}

template <int R, int V>
void tile_kernel(const Tile& t) {
  const hn::ScalableTag<float> d;
  using Vec = hn::Vec<decltype(d)>;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  Vec acc[R][V];
  float* c = t.c;
  if (t.accumulate) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) acc[r][v] = hn::LoadU(d, c + r * t.ldc + v * kLanes);
  } else {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      const Vec start = t.bias != nullptr ? hn::LoadU(d, t.bias + v * kLanes) : hn::Zero(d);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) acc[r][v] = start;
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) __builtin_prefetch(c + r * t.ldc + v * kLanes, 1);
  }
  accumulate_tile<R, V>(d, t, acc);
  if (t.residual != nullptr) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) acc[r][v] = hn::Add(acc[r][v], hn::LoadU(d, t.residual + r * t.ldr + v * kLanes));
  }
  if (t.clamp) {
    const Vec lo = hn::Set(d, t.lo), hi = hn::Set(d, t.hi);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) acc[r][v] = hn::Max(lo, hn::Min(hi, acc[r][v]));
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) hn::StoreU(acc[r][v], d, c + r * t.ldc + v * kLanes);
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard toggled per target
