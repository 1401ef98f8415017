// Pooling: channels-last by vectors of channels; planes row by row, first folding the rows of a window, then its
// columns.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/pool.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/pool.h"
#include "backends/cpu/simd/unroll-inl.h"
#include "base/parallel.h"

#ifndef HONE_CPU_POOL_TAPS
#define HONE_CPU_POOL_TAPS
namespace hone::cpu {
// The taps of one window along one axis that lie inside of the input.
struct Taps {
  int64_t start, begin, end;  // input position of tap 0; taps [begin, end)
  int64_t counted;            // for the average, padding included where it counts
};
inline Taps taps_of(int64_t o, int64_t stride, int64_t dilation, int64_t k, int64_t pad, int64_t in, int64_t post,
                    bool include_pad) {
  Taps t{o * stride - pad, 0, k, k};
  // Computed, not counted: a window may be far wider than its input.
  const auto before = [&](int64_t limit) {
    return t.start >= limit ? 0 : std::min(k, (limit - 1 - t.start) / dilation + 1);
  };
  t.begin = before(0);
  t.end = std::max(t.begin, before(in));
  t.counted = before(in + post);
  if (!include_pad) t.counted = t.end - t.begin;
  return t;
}
inline float pool_factor(const PoolShape& s, const Taps& y, const Taps& x) {
  const int64_t n = y.counted * x.counted;
  return s.max ? 1.0f : n > 0 ? 1.0f / static_cast<float>(n) : 0.0f;
}
}  // namespace hone::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());
constexpr float kLowest = -std::numeric_limits<float>::infinity();

HWY_INLINE hn::Mask<D> first(int64_t n) { return hn::FirstN(D(), static_cast<size_t>(n)); }
HWY_INLINE V max_nan(V x, V y) { return hn::IfThenElse(hn::IsNaN(y), y, hn::Max(y, x)); }

template <bool kMax>
HWY_INLINE V join(V acc, V x) {
  if constexpr (kMax) return max_nan(x, acc);
  return hn::Add(acc, x);
}

template <bool kMax, int kVectors>
HWY_INLINE void pixel(const PoolShape& s, const Taps& ty, const Taps& tx, const float* x, int64_t pitch, float* y,
                      V factor) {
  V acc[kVectors];
  unroll<kVectors>([&](auto v) HONE_INLINE_LAMBDA { acc[v] = hn::Set(D(), kMax ? kLowest : 0.0f); });
  for (int64_t i = ty.begin; i < ty.end; ++i) {
    const float* row = x + ((ty.start + i * s.dh) * s.w + tx.start) * pitch;
    for (int64_t j = tx.begin; j < tx.end; ++j)
      unroll<kVectors>([&](auto v) HONE_INLINE_LAMBDA {
        acc[v] = join<kMax>(acc[v], hn::LoadU(D(), row + j * s.dw * pitch + v * kLanes));
      });
  }
  unroll<kVectors>(
      [&](auto v) HONE_INLINE_LAMBDA { hn::StoreU(kMax ? acc[v] : hn::Mul(acc[v], factor), D(), y + v * kLanes); });
}

template <bool kMax>
void pixel_tail(const PoolShape& s, const Taps& ty, const Taps& tx, const float* x, int64_t pitch, float* y, V factor,
                int64_t n) {
  const auto mask = first(n);
  V acc = hn::Set(D(), kMax ? kLowest : 0.0f);
  for (int64_t i = ty.begin; i < ty.end; ++i)
    for (int64_t j = tx.begin; j < tx.end; ++j)
      acc = join<kMax>(acc, hn::MaskedLoad(mask, D(), x + ((ty.start + i * s.dh) * s.w + tx.start + j * s.dw) * pitch));
  hn::BlendedStore(kMax ? acc : hn::Mul(acc, factor), mask, D(), y);
}

// Output row oy of one image.
template <bool kMax>
void pixel_row(const PoolShape& s, int64_t oy, const float* x, int64_t x_pitch, float* y, int64_t y_pitch) {
  const Taps ty = taps_of(oy, s.sh, s.dh, s.kh, s.pad_top, s.h, s.pad_bottom, s.include_pad);
  for (int64_t ox = 0; ox < s.ow; ++ox, y += y_pitch) {
    const Taps tx = taps_of(ox, s.sw, s.dw, s.kw, s.pad_left, s.w, s.pad_right, s.include_pad);
    const V factor = hn::Set(D(), pool_factor(s, ty, tx));
    int64_t c = 0;
    for (; c + 4 * kLanes <= s.c; c += 4 * kLanes) pixel<kMax, 4>(s, ty, tx, x + c, x_pitch, y + c, factor);
    for (; c + kLanes <= s.c; c += kLanes) pixel<kMax, 1>(s, ty, tx, x + c, x_pitch, y + c, factor);
    if (c < s.c) pixel_tail<kMax>(s, ty, tx, x + c, x_pitch, y + c, factor, s.c - c);
  }
}

void pixel_rows(const PoolShape& s, int64_t oy, const float* x, int64_t x_pitch, float* y, int64_t y_pitch) {
  s.max ? pixel_row<true>(s, oy, x, x_pitch, y, y_pitch) : pixel_row<false>(s, oy, x, x_pitch, y, y_pitch);
}

// Output row oy of one plane; column: w floats, padded to whole vectors.
template <bool kMax>
void plane_row(const PoolShape& s, int64_t oy, const float* x, float* y, float* HWY_RESTRICT column) {
  const Taps ty = taps_of(oy, s.sh, s.dh, s.kh, s.pad_top, s.h, s.pad_bottom, s.include_pad);
  for (int64_t i = 0; i < s.w; i += kLanes) {
    V acc = hn::Set(D(), kMax ? kLowest : 0.0f);
    const int64_t n = s.w - i;
    for (int64_t k = ty.begin; k < ty.end; ++k) {
      const float* p = x + (ty.start + k * s.dh) * s.w + i;
      acc = join<kMax>(acc, n >= kLanes ? hn::LoadU(D(), p) : hn::MaskedLoad(first(n), D(), p));
    }
    hn::StoreU(acc, D(), column + i);
  }
  for (int64_t ox = 0; ox < s.ow; ++ox) {
    const Taps tx = taps_of(ox, s.sw, s.dw, s.kw, s.pad_left, s.w, s.pad_right, s.include_pad);
    float acc = kMax ? kLowest : 0.0f;
    for (int64_t j = tx.begin; j < tx.end; ++j) {
      const float v = column[tx.start + j * s.dw];
      if constexpr (kMax)
        acc = v > acc || v != v ? v : acc;
      else
        acc += v;
    }
    y[ox] = kMax ? acc : acc * pool_factor(s, ty, tx);
  }
}

void plane_rows(const PoolShape& s, int64_t oy, const float* x, float* y, float* column) {
  s.max ? plane_row<true>(s, oy, x, y, column) : plane_row<false>(s, oy, x, y, column);
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {

void pool_pixels(const PoolShape& s, const float* x, int64_t x_pitch, float* y, int64_t y_pitch) noexcept {
  const auto row = HONE_CPU_DISPATCH(pixel_rows);
  const int64_t taps = std::min(s.kh, s.h) * std::min(s.kw, s.w);  // of a window, inside the image
  const int64_t work = std::max<int64_t>(1, s.ow * s.c * taps);
  parallel_for(s.n * s.oh, (16384 + work) / work, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      row(s, i % s.oh, x + i / s.oh * s.h * s.w * x_pitch, x_pitch, y + i * s.ow * y_pitch, y_pitch);
  });
}

size_t pool_planes_workspace(const PoolShape& s, int threads) {
  return static_cast<size_t>((s.w + 32) * threads) * sizeof(float);
}

void pool_planes(const PoolShape& s, const float* x, float* y, void* workspace, int threads) noexcept {
  const auto row = HONE_CPU_DISPATCH(plane_rows);
  const int64_t total = s.n * s.c * s.oh,
                work = std::max<int64_t>(1, s.w * std::min(s.kh, s.h) + s.ow * std::min(s.kw, s.w));
  parallel(
      [&](int t, int count) {
        float* column = static_cast<float*>(workspace) + t * (s.w + 32);
        for (int64_t i = part_begin(total, t, count), end = part_begin(total, t + 1, count); i < end; ++i)
          row(s, i % s.oh, x + i / s.oh * s.h * s.w, y + i * s.ow, column);
      },
      std::min<int64_t>(threads, total * work / 16384 + 1));
}

}  // namespace hone::cpu
#endif
