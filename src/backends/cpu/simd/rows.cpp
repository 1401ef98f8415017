// Softmax and normalisation of rows, once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/rows.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());

HWY_INLINE hn::Mask<D> first(int64_t n) { return hn::FirstN(D(), static_cast<size_t>(n)); }

// Calls f(vector, mask of valid lanes, offset) over a row; lanes beyond its end hold `fill`.
template <class F>
HWY_INLINE void for_row(const float* x, int64_t n, float fill, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) f(hn::LoadU(D(), x + i), i, kLanes);
  if (i < n) f(hn::IfThenElse(first(n - i), hn::MaskedLoad(first(n - i), D(), x + i), hn::Set(D(), fill)), i, n - i);
}
HWY_INLINE void put(V v, float* p, int64_t n) {
  if (n >= kLanes)
    hn::StoreU(v, D(), p);
  else
    hn::BlendedStore(v, first(n), D(), p);
}

/// exp for x <= 0; exactly 0 for what is below the range, NaN for NaN.
HWY_INLINE V exp_not_positive(V x) {
  const V lo = hn::Set(D(), -87.3f);
  const V e = exp_in_range(D(), hn::Max(lo, x));
  return hn::IfThenElse(hn::Lt(x, lo), hn::Zero(D()), e);
}

HWY_INLINE V max_nan(V x, V y) { return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, y)); }

void softmax_row(const float* x, float* y, int64_t n, float scale, bool log) {
  const float low = -std::numeric_limits<float>::infinity();
  V m0 = hn::Set(D(), low), m1 = m0;
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    m0 = hn::Max(hn::LoadU(D(), x + i), m0);
    m1 = hn::Max(hn::LoadU(D(), x + i + kLanes), m1);
  }
  for_row(x + i, n - i, low, [&](V v, int64_t, int64_t) HWY_ATTR { m0 = hn::Max(v, m0); });
  // A negative scale turns the order around.
  float top = hn::GetLane(hn::MaxOfLanes(D(), hn::Max(m0, m1)));
  if (scale < 0) {
    V lowest = hn::Set(D(), -low);
    for_row(x, n, -low, [&](V v, int64_t, int64_t) HWY_ATTR { lowest = hn::Min(v, lowest); });
    top = hn::GetLane(hn::MinOfLanes(D(), lowest));
  }
  const V s = hn::Set(D(), scale), shift = hn::Set(D(), -top * scale);
  V sum = hn::Zero(D());
  if (log) {
    for_row(x, n, low, [&](V v, int64_t, int64_t k) HWY_ATTR {
      const V e = exp_not_positive(hn::MulAdd(v, s, shift));
      sum = hn::Add(sum, k < kLanes ? hn::IfThenElseZero(first(k), e) : e);
    });
    const V offset = hn::Set(D(), std::log(hn::GetLane(hn::SumOfLanes(D(), sum))));
    for_row(x, n, 0,
            [&](V v, int64_t at, int64_t k) HWY_ATTR { put(hn::Sub(hn::MulAdd(v, s, shift), offset), y + at, k); });
    return;
  }
  V sum1 = hn::Zero(D());
  i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const V e0 = exp_not_positive(hn::MulAdd(hn::LoadU(D(), x + i), s, shift));
    const V e1 = exp_not_positive(hn::MulAdd(hn::LoadU(D(), x + i + kLanes), s, shift));
    sum = hn::Add(sum, e0);
    sum1 = hn::Add(sum1, e1);
    hn::StoreU(e0, D(), y + i);
    hn::StoreU(e1, D(), y + i + kLanes);
  }
  for_row(x + i, n - i, low, [&](V v, int64_t at, int64_t k) HWY_ATTR {
    const V e = exp_not_positive(hn::MulAdd(v, s, shift));
    sum = hn::Add(sum, k < kLanes ? hn::IfThenElseZero(first(k), e) : e);
    put(e, y + i + at, k);
  });
  const V r = hn::Set(D(), 1 / hn::GetLane(hn::SumOfLanes(D(), hn::Add(sum, sum1))));
  for_row(y, n, 0, [&](V v, int64_t at, int64_t k) HWY_ATTR { put(hn::Mul(v, r), y + at, k); });
}

void softmax(const float* x, int64_t x_pitch, float* y, int64_t y_pitch, int64_t rows, int64_t cols, float scale,
             bool log) {
  for (int64_t r = 0; r < rows; ++r) softmax_row(x + r * x_pitch, y + r * y_pitch, cols, scale, log);
}

void softmax_block(const float* x, float* y, int64_t axis, int64_t inner, int64_t n, bool log) {
  const auto load = [&](int64_t a) HWY_ATTR {
    return n >= kLanes ? hn::LoadU(D(), x + a * inner) : hn::MaskedLoad(first(n), D(), x + a * inner);
  };
  V top = load(0), sum = hn::Zero(D());
  for (int64_t a = 1; a < axis; ++a) top = hn::Max(load(a), top);
  if (log) {
    for (int64_t a = 0; a < axis; ++a) sum = hn::Add(sum, exp_not_positive(hn::Sub(load(a), top)));
    const V offset = vlog(D(), sum);
    for (int64_t a = 0; a < axis; ++a) put(hn::Sub(hn::Sub(load(a), top), offset), y + a * inner, n);
    return;
  }
  for (int64_t a = 0; a < axis; ++a) {
    const V e = exp_not_positive(hn::Sub(load(a), top));
    sum = hn::Add(sum, e);
    put(e, y + a * inner, n);
  }
  const V r = hn::Div(hn::Set(D(), 1), sum);
  for (int64_t a = 0; a < axis; ++a) {
    float* p = y + a * inner;
    put(hn::Mul(n >= kLanes ? hn::LoadU(D(), p) : hn::MaskedLoad(first(n), D(), p), r), p, n);
  }
}

constexpr int64_t kColumnBlock = 16;

void softmax_middle(const float* x, float* y, int64_t axis, int64_t inner, int64_t begin, int64_t end, bool log) {
  const int64_t blocks = (inner + kColumnBlock - 1) / kColumnBlock;
  for (int64_t b = begin; b < end; ++b) {
    const int64_t at = b / blocks * axis * inner, c0 = b % blocks * kColumnBlock;
    for (int64_t c = c0; c < std::min(inner, c0 + kColumnBlock); c += kLanes)
      softmax_block(x + at + c, y + at + c, axis, inner, std::min(kLanes, inner - c), log);
  }
}

// Statistics of a row that lies in the first-level cache: two passes, no cancellation.
void statistics(const float* x, int64_t n, float epsilon, bool rms, float* mean, float* inverse) {
  V s0 = hn::Zero(D()), s1 = s0;
  *mean = 0;
  int64_t i = 0;
  if (!rms) {
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
      s0 = hn::Add(s0, hn::LoadU(D(), x + i));
      s1 = hn::Add(s1, hn::LoadU(D(), x + i + kLanes));
    }
    for_row(x + i, n - i, 0, [&](V v, int64_t, int64_t) HWY_ATTR { s0 = hn::Add(s0, v); });
    *mean = hn::GetLane(hn::SumOfLanes(D(), hn::Add(s0, s1))) / static_cast<float>(n);
  }
  const V m = hn::Set(D(), *mean);
  s0 = s1 = hn::Zero(D());
  for (i = 0; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const V a = hn::Sub(hn::LoadU(D(), x + i), m), b = hn::Sub(hn::LoadU(D(), x + i + kLanes), m);
    s0 = hn::MulAdd(a, a, s0);
    s1 = hn::MulAdd(b, b, s1);
  }
  for_row(x + i, n - i, *mean, [&](V v, int64_t, int64_t) HWY_ATTR {
    const V a = hn::Sub(v, m);
    s0 = hn::MulAdd(a, a, s0);
  });
  *inverse = 1 / std::sqrt(hn::GetLane(hn::SumOfLanes(D(), hn::Add(s0, s1))) / static_cast<float>(n) + epsilon);
}

// Long runs (whole channels) in pieces, so that the sums keep their precision.
void long_statistics(const float* x, int64_t n, float epsilon, bool rms, float* mean, float* inverse) {
  constexpr int64_t kPiece = 4096;
  if (n <= kPiece) return statistics(x, n, epsilon, rms, mean, inverse);
  double total = 0, squares = 0;
  const auto pieces = [&](double shift, bool square) HWY_ATTR {
    double result = 0;
    const V m = hn::Set(D(), static_cast<float>(shift));
    for (int64_t p = 0; p < n; p += kPiece) {
      V s = hn::Zero(D());
      const float fill = static_cast<float>(square ? shift : 0.0);
      for_row(x + p, std::min(kPiece, n - p), fill, [&](V v, int64_t, int64_t) HWY_ATTR {
        const V a = hn::Sub(v, m);
        s = square ? hn::MulAdd(a, a, s) : hn::Add(s, v);
      });
      result += static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), s)));
    }
    return result;
  };
  if (!rms) total = pieces(0, false) / static_cast<double>(n);
  *mean = static_cast<float>(total);
  squares = pieces(static_cast<double>(*mean), true) / static_cast<double>(n);
  *inverse = static_cast<float>(1 / std::sqrt(squares + static_cast<double>(epsilon)));
}

void layer_norm(const LayerNorm& p, const float* x, int64_t x_pitch, const float* residual, float* sum, float* y,
                int64_t y_pitch, int64_t rows) {
  const int64_t n = p.cols;
  for (int64_t r = 0; r < rows; ++r, x += x_pitch, y += y_pitch) {
    const float* row = x;
    if (residual) {
      float* to = sum ? sum + r * x_pitch : y;
      for (int64_t i = 0; i < n; i += kLanes) {
        const int64_t k = n - i;
        const V a = k >= kLanes ? hn::LoadU(D(), x + i) : hn::MaskedLoad(first(k), D(), x + i);
        const float* q = residual + r * x_pitch + i;
        put(hn::Add(a, k >= kLanes ? hn::LoadU(D(), q) : hn::MaskedLoad(first(k), D(), q)), to + i, k);
      }
      row = to;
    }
    float mean, inverse;
    long_statistics(row, n, p.epsilon, p.rms, &mean, &inverse);
    const V a = hn::Set(D(), inverse), b = hn::Set(D(), -mean * inverse);
    for (int64_t i = 0; i < n; i += kLanes) {
      const int64_t k = n - i;
      const auto get = [&](const float* q) HWY_ATTR {
        return k >= kLanes ? hn::LoadU(D(), q + i) : hn::MaskedLoad(first(k), D(), q + i);
      };
      V v = hn::MulAdd(get(row), a, b);
      if (p.scale && p.bias)
        v = hn::MulAdd(v, get(p.scale), get(p.bias));
      else if (p.scale)
        v = hn::Mul(v, get(p.scale));
      else if (p.bias)
        v = hn::Add(v, get(p.bias));
      put(v, y + i, k);
    }
  }
}

void moments(const float* x, int64_t pitch, int64_t pixels, int64_t cols, double* sums, double* squares) {
  constexpr int64_t kPiece = 64;
  for (int64_t c = 0; c < cols; c += kLanes) {
    const int64_t n = std::min(kLanes, cols - c);
    for (int64_t p = 0; p < pixels; p += kPiece) {
      V s = hn::Zero(D()), q = s;
      for (int64_t i = p; i < std::min(pixels, p + kPiece); ++i) {
        const float* at = x + i * pitch + c;
        const V v = n == kLanes ? hn::LoadU(D(), at) : hn::MaskedLoad(first(n), D(), at);
        s = hn::Add(s, v);
        q = hn::MulAdd(v, v, q);
      }
      HWY_ALIGN float a[kLanes], b[kLanes];
      hn::Store(s, D(), a);
      hn::Store(q, D(), b);
      for (int64_t k = 0; k < n; ++k) {
        sums[c + k] += static_cast<double>(a[k]);
        squares[c + k] += static_cast<double>(b[k]);
      }
    }
  }
}

void affine_rows(const float* x, int64_t x_pitch, const float* a, const float* b, float* y, int64_t y_pitch,
                 int64_t rows, int64_t cols) {
  for (int64_t r = 0; r < rows; ++r, x += x_pitch, y += y_pitch)
    for (int64_t c = 0; c < cols; c += kLanes) {
      const int64_t k = cols - c;
      const auto get = [&](const float* q) HWY_ATTR {
        return k >= kLanes ? hn::LoadU(D(), q + c) : hn::MaskedLoad(first(k), D(), q + c);
      };
      put(hn::MulAdd(get(x), get(a), get(b)), y + c, k);
    }
}
void affine(const float* x, float a, float b, float* y, int64_t n) {
  const V va = hn::Set(D(), a), vb = hn::Set(D(), b);
  for_row(x, n, 0, [&](V v, int64_t at, int64_t k) HWY_ATTR { put(hn::MulAdd(v, va, vb), y + at, k); });
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
void softmax_rows(const float* x, int64_t x_pitch, float* y, int64_t y_pitch, int64_t rows, int64_t cols, float scale,
                  bool log) {
  HONE_CPU_DISPATCH(softmax)(x, x_pitch, y, y_pitch, rows, cols, scale, log);
}
int64_t softmax_column_blocks(int64_t inner) { return (inner + 15) / 16; }
void softmax_columns(const float* x, float* y, int64_t axis, int64_t inner, int64_t begin, int64_t end, bool log) {
  HONE_CPU_DISPATCH(softmax_middle)(x, y, axis, inner, begin, end, log);
}
void layer_norm_rows(const LayerNorm& n, const float* x, int64_t x_pitch, const float* residual, float* sum, float* y,
                     int64_t y_pitch, int64_t rows) {
  HONE_CPU_DISPATCH(layer_norm)(n, x, x_pitch, residual, sum, y, y_pitch, rows);
}
void normal_statistics(const float* x, int64_t count, float epsilon, bool rms, float* mean, float* inverse) {
  HONE_CPU_DISPATCH(long_statistics)(x, count, epsilon, rms, mean, inverse);
}
void column_moments(const float* x, int64_t pitch, int64_t pixels, int64_t cols, double* sums, double* squares) {
  HONE_CPU_DISPATCH(moments)(x, pitch, pixels, cols, sums, squares);
}
void scale_shift_rows(const float* x, int64_t x_pitch, const float* a, const float* b, float* y, int64_t y_pitch,
                      int64_t rows, int64_t cols) {
  HONE_CPU_DISPATCH(affine_rows)(x, x_pitch, a, b, y, y_pitch, rows, cols);
}
void scale_shift(const float* x, float a, float b, float* y, int64_t n) { HONE_CPU_DISPATCH(affine)(x, a, b, y, n); }
}  // namespace hone::cpu
#endif
