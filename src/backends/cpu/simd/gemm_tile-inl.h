// The register tile of matrix products: R rows by V vectors of accumulators, one rank-1 update per step of k. Included
// once per instruction set.
#include "backends/cpu/simd/gemm_kernels.h"
#include "backends/cpu/simd/targets.h"
#include "backends/cpu/simd/tile_run-inl.h"
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

/// Addresses of the rows of A. Every fifth row has a pointer and the two rows on either side of it are reached with
/// scaled index registers: with a pointer per row the kernel would be bound by instruction issue (88 % of peak instead
/// of 98 %).
template <int R>
class RowPointers {
 public:
  HWY_INLINE RowPointers(const float* a, int64_t stride) : up_(stride * 4), down_(-stride * 4) {
    row2_ = reinterpret_cast<const char*>(a) + 2 * up_;
    row7_ = row2_ + 5 * up_;
    row12_ = row7_ + 5 * up_;
  }
  template <int kRow>
  HWY_INLINE float at(int k) const {
    static_assert(kRow < 15);
    const char* base = kRow < 5 ? row2_ : kRow < 10 ? row7_ : row12_;
    constexpr int kStep = kRow % 5 - 2;
    const char* row = kStep > 0 ? base + kStep * up_ : kStep < 0 ? base - kStep * down_ : base;
    return *reinterpret_cast<const float*>(row + 4 * k);
  }
  HWY_INLINE void advance(int k) {
    row2_ += 4 * k;
    if constexpr (R > 5) row7_ += 4 * k;
    if constexpr (R > 10) row12_ += 4 * k;
  }
  /// Hides how the values came about from the optimiser, which would derive one induction variable per row and spill.
  HWY_INLINE void pin() {
    asm("" : "+r"(row2_), "+r"(up_), "+r"(down_));
    if constexpr (R > 5) asm("" : "+r"(row7_));
    if constexpr (R > 10) asm("" : "+r"(row12_));
  }

 private:
  const char *row2_, *row7_, *row12_;
  int64_t up_, down_;
};

template <int R, int V, class D, class Vec, int kRow = 0>
HWY_INLINE void rank1_rows(D d, const RowPointers<R>& a, int k, const Vec (&b)[V], Vec (&acc)[R][V]) {
  if constexpr (kRow < R) {
    const Vec x = hn::Set(d, a.template at<kRow>(k));
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[kRow][v] = hn::MulAdd(x, b[v], acc[kRow][v]);
    rank1_rows<R, V, D, Vec, kRow + 1>(d, a, k, b, acc);
  }
}

/// acc += column k of A times the row of B at b.
template <int R, int V, class D, class Vec>
HWY_INLINE void rank1(D d, const RowPointers<R>& a, int k, const float* b, Vec (&acc)[R][V]) {
  Vec bv[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) bv[v] = hn::LoadU(d, b + v * static_cast<int>(hn::Lanes(d)));
  rank1_rows<R, V>(d, a, k, bv, acc);
}

template <int R, int V, class D, class Vec>
HWY_INLINE void clear(D d, Vec (&acc)[R][V]) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = hn::Zero(d);
}

/// acc += A B over one run of k; b moves on.
template <int R, int V, class D, class Vec>
HWY_INLINE void accumulate_run(D d, RowPointers<R> a, int64_t k, const float*& b, Vec (&acc)[R][V]) {
  constexpr int kPanel = V * static_cast<int>(hn::MaxLanes(D()));
  // Few rows stream B from afar and fetch it ahead; taller tiles are limited by issue and find it in the caches, where
  // their caller brought it.
  constexpr bool kFetch = kPanel / V >= 16 || R <= 4;
  constexpr int kAhead = 16;  // rows of B: covers the third-level cache's latency
  constexpr int kSteps = kFetch ? 4 : 8;
  for (; k >= kSteps; k -= kSteps) {
    a.pin();
#pragma GCC unroll 8
    for (int u = 0; u < kSteps; ++u) {
      if constexpr (kFetch)
#pragma GCC unroll 4
        for (int line = 0; line < kPanel; line += 32) __builtin_prefetch(b + (u + kAhead) * kPanel + line);
      rank1<R, V>(d, a, u, b + u * kPanel, acc);
    }
    a.advance(kSteps);
    b += kSteps * kPanel;
  }
  for (; k > 0; --k) {
    a.pin();
    rank1<R, V>(d, a, 0, b, acc);
    a.advance(1);
    b += kPanel;
  }
}

/// The same for tiles too small to hide the latency of the multiply-adds: two sets of accumulators, and B fetched
/// ahead, because these products are bound by reading it.
template <int R, int V, class D, class Vec>
HWY_INLINE void accumulate_small_run(D d, RowPointers<R> a, int64_t k, const float*& b, Vec (&acc)[R][V]) {
  constexpr int kPanel = V * static_cast<int>(hn::MaxLanes(D()));
  Vec other[R][V];
  clear<R, V>(d, other);
  for (; k >= 4; k -= 4) {
    a.pin();
#pragma GCC unroll 2
    for (int u = 0; u < 4; u += 2) {
      __builtin_prefetch(b + (u + 32) * kPanel);
      __builtin_prefetch(b + (u + 33) * kPanel);
      rank1<R, V>(d, a, u, b + u * kPanel, acc);
      rank1<R, V>(d, a, u + 1, b + (u + 1) * kPanel, other);
    }
    a.advance(4);
    b += 4 * kPanel;
  }
  for (; k > 0; --k) {
    rank1<R, V>(d, a, 0, b, acc);
    a.advance(1);
    b += kPanel;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = hn::Add(acc[r][v], other[r][v]);
}

template <int R, int V, int kLanes>
HWY_INLINE void prefetch_tile(const float* from, int64_t pitch) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int i = 0; i < V * kLanes; i += 16) __builtin_prefetch(from + r * pitch + i);
}

template <int R, int V, class D, class Vec>
HWY_INLINE void add_tile(D d, const float* from, int64_t pitch, Vec (&acc)[R][V]) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) acc[r][v] = hn::Add(acc[r][v], hn::LoadU(d, from + r * pitch + v * kLanes));
}

/// Products that are summed one after the other before their sum joins the others: the rounding of a long chain of
/// additions grows with its length. Up to twice as many where that is all there are: one chain is faster.
constexpr int64_t kChain = 96, kLongestChain = kChain * 2;

/// sums (+)= acc, acc = 0.
template <int R, int V, class D, class Vec>
HWY_INLINE void put_aside(D d, bool first, float* sums, Vec (&acc)[R][V]) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      float* p = sums + (r * V + v) * kLanes;
      hn::Store(first ? acc[r][v] : hn::Add(acc[r][v], hn::Load(d, p)), d, p);
    }
  clear<R, V>(d, acc);
}

/// The same piece by piece, each from zero; the sums of the first start as `start`. A piece is a part of a run or,
/// where runs are short, several of them. Out of line, so that the sums of the others stay in registers.
template <int R, class Vec>
HWY_NOINLINE void accumulate_by_runs(const Tile& t, int64_t piece, const float* b, const Vec (&start)[2],
                                     float* HWY_RESTRICT sums) {
  const hn::ScalableTag<float> d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  const int64_t at_once = t.runs == 1 || piece < t.k ? 1 : t.runs * t.k <= kLongestChain ? t.runs : kLongestChain / t.k;
  const Vec zero = hn::Zero(d);
  bool first = true;
  for (int64_t run = 0; run < t.runs; run += at_once)
    for (int64_t done = 0; done < t.k; done += piece) {
      const int64_t k = piece < t.k - done ? piece : t.k - done;
      const int64_t runs = at_once < t.runs - run ? at_once : t.runs - run;
      Vec part[R][2];
      tile_run<R>(t.a + run * t.run_stride + done, t.a_stride, runs, t.run_stride, k, b, first ? start[0] : zero,
                  first ? start[1] : zero, part);
      put_aside<R, 2>(d, first, sums, part);
      b += runs * k * 2 * kLanes;
      first = false;
    }
}

template <int R, int V, class D, class Vec>
HWY_INLINE void accumulate_chain(D d, const RowPointers<R>& a, int64_t k, const float*& b, Vec (&acc)[R][V]) {
  if constexpr (R * V <= 6)
    accumulate_small_run<R, V>(d, a, k, b, acc);
  else
    accumulate_run<R, V>(d, a, k, b, acc);
}

/// A tile whose terms are one chain, as most are, goes by itself: a loop around it would keep its sums in memory.
template <int R, int V, class D, class Vec>
HWY_INLINE void accumulate_tile(D d, const Tile& t, const float* b, Vec (&acc)[R][V]) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  alignas(64) float sums[R * V * kLanes];
  const int64_t pieces = (t.k + kChain - 1) / kChain;
  const int64_t piece = t.k <= kLongestChain ? t.k : ((t.k + pieces - 1) / pieces + 3) / 4 * 4;
  if constexpr (kTileRun<R, V>) {
    const Vec start[2] = {acc[0][0], acc[0][1]};
    if (t.runs * t.k <= kLongestChain)
      return tile_run<R>(t.a, t.a_stride, t.runs, t.run_stride, t.k, b, start[0], start[1], acc);
    accumulate_by_runs<R>(t, piece, b, start, sums);
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r)
      acc[r][0] = hn::Load(d, sums + r * 2 * kLanes), acc[r][1] = hn::Load(d, sums + (r * 2 + 1) * kLanes);
    return;
  }
  if (t.runs == 1 && t.k <= kLongestChain)
    return accumulate_chain<R, V>(d, RowPointers<R>(t.a, t.a_stride), t.k, b, acc);
  const int64_t longest = t.k <= kLongestChain ? kLongestChain : piece;
  int64_t chain = 0;
  bool aside = false;
  for (int64_t run = 0; run < t.runs; ++run) {
    int64_t done = 0;
    do {
      const int64_t k = piece < t.k - done ? piece : t.k - done;
      if (chain + k > longest) {
        put_aside<R, V>(d, !aside, sums, acc);
        aside = true;
        chain = 0;
      }
      accumulate_chain<R, V>(d, RowPointers<R>(t.a + run * t.run_stride + done, t.a_stride), k, b, acc);
      chain += k;
      done += k;
    } while (done < t.k);
  }
  if (aside) add_tile<R, V>(d, sums, int64_t{V} * kLanes, acc);
}

/// One strip: the tiles of all panels at the rows from t.a, c and residual on.
template <int R, int V>
HWY_INLINE void run_panels(const Tile& t, float* c, const float* residual) {
  const hn::ScalableTag<float> d;
  using Vec = hn::Vec<decltype(d)>;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  const float *b = t.b, *bias = t.accumulate ? nullptr : t.bias;
  const bool clamp = t.clamp;
  const float low = t.lo, high = t.hi;
  for (int64_t panel = t.panels;;) {
    Vec acc[R][V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      const Vec start = bias != nullptr ? hn::LoadU(d, bias + v * kLanes) : hn::Zero(d);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) acc[r][v] = start;
    }
    if (t.accumulate) prefetch_tile<R, V, kLanes>(c, t.ldc);
    if (residual != nullptr) {  // two streams that the hardware does not follow well
      prefetch_tile<R, V, kLanes>(c, t.ldc);
      prefetch_tile<R, V, kLanes>(residual, t.ldr);
    }
    accumulate_tile<R, V>(d, t, b, acc);
    if (t.accumulate) add_tile<R, V>(d, c, t.ldc, acc);
    if (residual != nullptr) add_tile<R, V>(d, residual, t.ldr, acc);
    if (clamp) {
      const Vec lo = hn::Set(d, low), hi = hn::Set(d, high);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) acc[r][v] = hn::Max(lo, hn::Min(hi, acc[r][v]));
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) hn::StoreU(acc[r][v], d, c + r * t.ldc + v * kLanes);
    if (--panel <= 0) return;
    b += t.b_stride, c += V * kLanes;
    if (bias != nullptr) bias += V * kLanes;
    if (residual != nullptr) residual += V * kLanes;
  }
}

constexpr int64_t kLine = 16;  // floats of a cache line

template <int R, int V>
void tile_kernel(const Tile& call) {
  Tile t = call;
  float* c = t.c;
  const float* residual = t.residual;
  for (int64_t strip = t.strips;;) {
    for (int64_t line = 0; line < t.next_lines; ++line) __builtin_prefetch(t.next + line * kLine, 0, 2);
    t.next += t.next_lines * kLine;
    run_panels<R, V>(t, c, residual);
    if (--strip <= 0) return;
    t.a += R * t.a_stride, c += R * t.ldc;
    if (residual != nullptr) residual += R * t.ldr;
  }
}

#if HWY_TARGET == HWY_AVX2

/// acc = start + `rows` (1 to 3) rows of A times B; what is left over by tiles of 4 rows.
template <int R, class D, class Vec>
HWY_INLINE void wide_rest(D d, const float* a, int64_t stride, int64_t k, const float* b, const float* tail,
                          const Vec (&start)[3], Vec (&acc)[R][3]) {
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < 3; ++v) acc[r][v] = start[v];
  for (int64_t i = 0; i < k; ++i, b += 16, tail += 8) {
    const Vec b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + 8), b2 = hn::LoadU(d, tail);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const Vec x = hn::Set(d, a[r * stride + i]);
      acc[r][0] = hn::MulAdd(x, b0, acc[r][0]);
      acc[r][1] = hn::MulAdd(x, b1, acc[r][1]);
      acc[r][2] = hn::MulAdd(x, b2, acc[r][2]);
    }
  }
}

template <int R>
HWY_INLINE void wide_piece(const float* a, int64_t stride, int64_t k, const float* b, const float* tail,
                           const hn::Vec<hn::ScalableTag<float>> (&start)[3],
                           hn::Vec<hn::ScalableTag<float>> (&acc)[R][3]) {
  if constexpr (R == 4)
    wide_run(a, stride, k, b, tail, start, acc);
  else
    wide_rest<R>(hn::ScalableTag<float>(), a, stride, k, b, tail, start, acc);
}

/// A panel and the half panel after it together: R rows by three vectors, strip by strip.
template <int R>
void wide_kernel(const Tile& t) {
  const hn::ScalableTag<float> d;
  using Vec = hn::Vec<decltype(d)>;
  const int64_t pieces = (t.k + kChain - 1) / kChain;
  const int64_t piece = t.k <= kLongestChain ? t.k : ((t.k + pieces - 1) / pieces + 3) / 4 * 4;
  const float *a = t.a, *residual = t.residual;
  float* c = t.c;
  const Vec none[3] = {hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  for (int64_t strip = 0; strip < t.strips; ++strip, a += R * t.a_stride, c += R * t.ldc) {
    Vec acc[R][3], start[3] = {none[0], none[1], none[2]};
    if (t.bias != nullptr && !t.accumulate)
#pragma GCC unroll 4
      for (int v = 0; v < 3; ++v) start[v] = hn::LoadU(d, t.bias + v * 8);
    const float *b = t.b, *tail = t.b_tail;
    bool first = true;
    for (int64_t run = 0; run < t.runs; ++run)
      for (int64_t done = 0; done < t.k || first; done += piece) {
        const int64_t k = piece < t.k - done ? piece : t.k - done;
        const float* at = a + run * t.run_stride + done;
        if (first) {
          wide_piece<R>(at, t.a_stride, k, b, tail, start, acc);
          first = false;
        } else {
          Vec part[R][3];
          wide_piece<R>(at, t.a_stride, k, b, tail, none, part);
#pragma GCC unroll 4
          for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
            for (int v = 0; v < 3; ++v) acc[r][v] = hn::Add(acc[r][v], part[r][v]);
        }
        b += k * 16, tail += k * 8;
      }
    if (t.accumulate) add_tile<R, 3>(d, c, t.ldc, acc);
    if (residual != nullptr) {
      add_tile<R, 3>(d, residual, t.ldr, acc);
      residual += R * t.ldr;
    }
    if (t.clamp) {
      const Vec lo = hn::Set(d, t.lo), hi = hn::Set(d, t.hi);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < 3; ++v) acc[r][v] = hn::Max(lo, hn::Min(hi, acc[r][v]));
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < 3; ++v) hn::StoreU(acc[r][v], d, c + r * t.ldc + v * 8);
  }
}

#endif

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard toggled per target
