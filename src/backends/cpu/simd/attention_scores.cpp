// The vector parts of attention, once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/attention_scores.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "backends/cpu/simd/attention.h"
#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/unroll-inl.h"
#include "backends/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());
constexpr float kLow = -std::numeric_limits<float>::infinity();

HWY_INLINE hn::Mask<D> first(int64_t n) { return hn::FirstN(D(), static_cast<size_t>(std::max<int64_t>(n, 0))); }

HWY_INLINE V load_mask(const ScoreBlock& b, const std::byte* row, int64_t i, int64_t n) {
  if (b.kind == MaskKind::kAdd) {
    const auto* p = reinterpret_cast<const float*>(row);
    if (b.mask_col == 0) return hn::Set(D(), *p);
    return n >= kLanes ? hn::LoadU(D(), p + i) : hn::MaskedLoad(first(n), D(), p + i);
  }
  HWY_ALIGN float lanes[kLanes];
  for (int64_t k = 0; k < kLanes; ++k)
    lanes[k] = k < n && row[b.mask_col == 0 ? 0 : i + k] != std::byte{0} ? 0.0f : kLow;
  return hn::Load(D(), lanes);
}

// Scales, caps and masks the row in place where that is more than a scale; returns its largest element.
template <bool kPlain>
HWY_INLINE V prepare_row(const ScoreBlock& b, float* HWY_RESTRICT s, const std::byte* mask, int64_t visible) {
  V top = hn::Set(D(), kLow);
  const V scale = hn::Set(D(), b.scale);
  for (int64_t i = 0; i < visible; i += kLanes) {
    V v = hn::LoadU(D(), s + i);
    if constexpr (!kPlain) {
      v = hn::Mul(v, scale);
      if (b.softcap != 0) v = hn::Mul(hn::Set(D(), b.softcap), vtanh(D(), hn::Div(v, hn::Set(D(), b.softcap))));
      if (b.kind != MaskKind::kNone) v = hn::Add(v, load_mask(b, mask, i, visible - i));
    }
    if (visible - i < kLanes) v = hn::IfThenElse(first(visible - i), v, hn::Set(D(), kLow));
    if constexpr (!kPlain) hn::StoreU(v, D(), s + i);
    top = hn::Max(v, top);
  }
  return top;
}

void score_block(const ScoreBlock& b) {
  // A negative scale would turn the order around: then the scaled values are formed first.
  const bool plain = b.softcap == 0 && b.kind == MaskKind::kNone && b.scale > 0;
  const V lowest = hn::Set(D(), -87.3f);
  const int64_t element = b.kind == MaskKind::kAdd ? 4 : 1;
  for (int64_t r = 0; r < b.rows; ++r) {
    float* HWY_RESTRICT s = b.scores + r * b.pitch;
    const int64_t visible = std::clamp<int64_t>(b.visible + r * b.step, 0, b.cols);
    const std::byte* mask = b.mask + r * b.mask_row * element;
    const V tops = plain ? prepare_row<true>(b, s, mask, visible) : prepare_row<false>(b, s, mask, visible);
    const float top = hn::GetLane(hn::MaxOfLanes(D(), tops)), scale = plain ? b.scale : 1.0f;
    const V factor = hn::Set(D(), scale), shift = hn::Set(D(), -top * scale);
    V sum = hn::Zero(D());
    int64_t i = 0;
    for (; i < visible; i += kLanes) {
      const V x = hn::MulAdd(hn::LoadU(D(), s + i), factor, shift);
      V e = hn::IfThenElse(hn::Lt(x, lowest), hn::Zero(D()), exp_in_range(D(), hn::Max(lowest, x)));
      if (visible - i < kLanes) e = hn::IfThenElseZero(first(visible - i), e);
      sum = hn::Add(sum, e);
      hn::StoreU(e, D(), s + i);
    }
    for (; i < b.cols; i += kLanes) hn::StoreU(hn::Zero(D()), D(), s + i);
    b.inverse[r] = 1 / hn::GetLane(hn::SumOfLanes(D(), sum));
  }
}

void scale_each(const float* x, int64_t x_pitch, const float* factors, float* y, int64_t y_pitch, int64_t rows,
                int64_t cols) {
  for (int64_t r = 0; r < rows; ++r, x += x_pitch, y += y_pitch) {
    const V f = hn::Set(D(), factors[r]);
    int64_t i = 0;
    for (; i + kLanes <= cols; i += kLanes) hn::StoreU(hn::Mul(hn::LoadU(D(), x + i), f), D(), y + i);
    if (i < cols) hn::BlendedStore(hn::Mul(hn::LoadU(D(), x + i), f), first(cols - i), D(), y + i);
  }
}

HWY_INLINE V load_part(const float* p, int64_t n) {
  return n >= kLanes ? hn::LoadU(D(), p) : hn::MaskedLoad(first(n), D(), p);
}

void copy_padded(const float* x, int64_t x_pitch, int64_t rows, int64_t cols, float* y, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, x += x_pitch, y += width)
    for (int64_t c = 0; c < width; c += kLanes) hn::StoreU(load_part(x + c, cols - c), D(), y + c);
}

void dots(const float* q, int64_t q_row, const float* k, int64_t k_row, float* scores, int64_t pitch, int64_t rows,
          int64_t keys, int64_t channels) {
  for (int64_t j = 0; j < keys; ++j) {
    const float* key = k + j * k_row;
    for (int64_t r = 0; r < rows; ++r) {
      V sum = hn::Zero(D());
      for (int64_t c = 0; c < channels; c += kLanes)
        sum = hn::MulAdd(load_part(q + r * q_row + c, channels - c), load_part(key + c, channels - c), sum);
      scores[r * pitch + j] = hn::GetLane(hn::SumOfLanes(D(), sum));
    }
  }
}

void combine(const float* p, int64_t pitch, const float* v, int64_t v_row, float* y, int64_t y_pitch, int64_t rows,
             int64_t keys, int64_t channels) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < channels; c += 2 * kLanes) {
      V a = hn::Zero(D()), b = a;
      const int64_t n = channels - c;
      for (int64_t j = 0; j < keys; ++j) {
        const V w = hn::Set(D(), p[r * pitch + j]);
        const float* value = v + j * v_row + c;
        a = hn::MulAdd(w, load_part(value, n), a);
        if (n > kLanes) b = hn::MulAdd(w, load_part(value + kLanes, n - kLanes), b);
      }
      hn::BlendedStore(a, first(n), D(), y + r * y_pitch + c);
      if (n > kLanes) hn::BlendedStore(b, first(n - kLanes), D(), y + r * y_pitch + c + kLanes);
    }
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
void softmax_scores(const ScoreBlock& b) { HONE_CPU_DISPATCH(score_block)(b); }
void scale_rows(const float* x, int64_t x_pitch, const float* factors, float* y, int64_t y_pitch, int64_t rows,
                int64_t cols) {
  HONE_CPU_DISPATCH(scale_each)(x, x_pitch, factors, y, y_pitch, rows, cols);
}
void copy_padded_rows(const float* x, int64_t x_pitch, int64_t rows, int64_t cols, float* y, int64_t width) {
  HONE_CPU_DISPATCH(copy_padded)(x, x_pitch, rows, cols, y, width);
}
void dot_rows(const float* q, int64_t q_row, const float* k, int64_t k_row, float* scores, int64_t pitch, int64_t rows,
              int64_t keys, int64_t channels) {
  HONE_CPU_DISPATCH(dots)(q, q_row, k, k_row, scores, pitch, rows, keys, channels);
}
void combine_rows(const float* p, int64_t pitch, const float* v, int64_t v_row, float* y, int64_t y_pitch, int64_t rows,
                  int64_t keys, int64_t channels) {
  HONE_CPU_DISPATCH(combine)(p, pitch, v, v_row, y, y_pitch, rows, keys, channels);
}
}  // namespace hone::cpu
#endif
