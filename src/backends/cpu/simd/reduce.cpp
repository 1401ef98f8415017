// Reductions: a row is folded in registers lane by lane, a block of columns vector by vector over all reduced indices.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/reduce.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/reduce.h"
#include "backends/cpu/simd/vector_math-inl.h"
#include "base/parallel.h"

#ifndef HONE_CPU_REDUCE_FOLD
#define HONE_CPU_REDUCE_FOLD
namespace hone::cpu {
// The reduced axes behind one result, outermost first, and the run of contiguous elements at each index.
struct Fold {
  const Reduction::Axis* axes;
  int64_t rank;
  int64_t length;  // contiguous elements folded together at each index; columns: 1
};
}  // namespace hone::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());

HWY_INLINE hn::Mask<D> first(int64_t n) { return hn::FirstN(D(), static_cast<size_t>(n)); }
HWY_INLINE V load_part(const float* p, int64_t n) {
  return n >= kLanes ? hn::LoadU(D(), p) : hn::MaskedLoad(first(n), D(), p);
}
HWY_INLINE V max_nan(V x, V y) { return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, y)); }
HWY_INLINE V min_nan(V x, V y) { return hn::IfThenElse(hn::IsNaN(x), x, hn::Min(x, y)); }

// Each kind: the neutral element, what happens to an element, how two results combine.
struct SumKind {
  static constexpr float kNeutral = 0;
  static HWY_INLINE V map(V x, V) { return x; }
  static HWY_INLINE V join(V a, V b) { return hn::Add(a, b); }
};
struct AbsKind : SumKind {
  static HWY_INLINE V map(V x, V) { return hn::Abs(x); }
};
struct SquareKind : SumKind {
  static HWY_INLINE V map(V x, V) { return hn::Mul(x, x); }
};
struct ExpKind : SumKind {
  static HWY_INLINE V map(V x, V top) { return vexp(D(), hn::Sub(x, top)); }
};
struct ProductKind {
  static constexpr float kNeutral = 1;
  static HWY_INLINE V map(V x, V) { return x; }
  static HWY_INLINE V join(V a, V b) { return hn::Mul(a, b); }
};
struct MaxKind {
  static constexpr float kNeutral = -std::numeric_limits<float>::infinity();
  static HWY_INLINE V map(V x, V) { return x; }
  static HWY_INLINE V join(V a, V b) { return max_nan(a, b); }
};
struct MinKind {
  static constexpr float kNeutral = std::numeric_limits<float>::infinity();
  static HWY_INLINE V map(V x, V) { return x; }
  static HWY_INLINE V join(V a, V b) { return min_nan(a, b); }
};

// Calls f(pointer) for every index of the fold's axes; the innermost is a plain loop.
template <class F>
HWY_INLINE void for_each_index(const Fold& fold, const float* x, F f) {
  int64_t total = 1, inner = 1, step = 0;
  const int64_t rank = fold.rank;
  if (rank > 0) inner = fold.axes[rank - 1].size, step = fold.axes[rank - 1].stride;
  for (int64_t a = 0; a + 1 < rank; ++a) total *= fold.axes[a].size;
  for (int64_t i = 0; i < total; ++i) {
    const float* p = x;
    int64_t rest = i;
    for (int64_t a = rank - 1; a-- > 0; rest /= fold.axes[a].size) p += rest % fold.axes[a].size * fold.axes[a].stride;
    for (int64_t k = 0; k < inner; ++k) f(p + k * step);
  }
}

template <class K>
V fold_columns(const Fold& fold, const float* x, int64_t n, V top) {
  V r = hn::Set(D(), K::kNeutral);
  // Partial results of 256 steps keep long sums accurate.
  V part = r;
  int64_t steps = 0;
  for_each_index(fold, x, [&](const float* p) HWY_ATTR {
    part = K::join(K::map(load_part(p, n), top), part);
    if (++steps % 256 == 0) {
      r = K::join(part, r);
      part = hn::Set(D(), K::kNeutral);
    }
  });
  return K::join(part, r);
}

template <class K>
V fold_rows(const Fold& fold, const float* x, V top) {
  const V neutral = hn::Set(D(), K::kNeutral);
  V r = neutral;
  const auto run = [&](const float* p, int64_t length) HWY_ATTR {
    V a = neutral, b = neutral, c = neutral, d = neutral;
    int64_t i = 0;
    for (; i + 4 * kLanes <= length; i += 4 * kLanes) {
      a = K::join(K::map(hn::LoadU(D(), p + i), top), a);
      b = K::join(K::map(hn::LoadU(D(), p + i + kLanes), top), b);
      c = K::join(K::map(hn::LoadU(D(), p + i + 2 * kLanes), top), c);
      d = K::join(K::map(hn::LoadU(D(), p + i + 3 * kLanes), top), d);
    }
    for (; i < length; i += kLanes) {
      const int64_t n = length - i;
      const V v = K::map(load_part(p + i, n), top);
      a = K::join(n >= kLanes ? v : hn::IfThenElse(first(n), v, neutral), a);
    }
    r = K::join(K::join(K::join(a, b), K::join(c, d)), r);
  };
  constexpr int64_t kPiece = 256 * kLanes;  // pieces keep long sums accurate
  for_each_index(fold, x, [&](const float* p) HWY_ATTR {
    for (int64_t i = 0; i < fold.length; i += kPiece) run(p + i, std::min(kPiece, fold.length - i));
  });
  HWY_ALIGN float lanes[kLanes];
  hn::Store(r, D(), lanes);
  V total = hn::Set(D(), lanes[0]);
  for (int64_t k = 1; k < kLanes; ++k) total = K::join(hn::Set(D(), lanes[k]), total);
  return total;
}

template <class K>
HWY_INLINE V fold_all(const Fold& fold, const float* x, int64_t n, V top) {
  return fold.length == 1 && n > 0 ? fold_columns<K>(fold, x, n, top) : fold_rows<K>(fold, x, top);
}

V fold_kind(ReduceKind kind, const Fold& fold, const float* x, int64_t n, float count) {
  const V zero = hn::Zero(D());
  switch (kind) {
    case ReduceKind::kSum:
      return fold_all<SumKind>(fold, x, n, zero);
    case ReduceKind::kAvg:
      return hn::Div(fold_all<SumKind>(fold, x, n, zero), hn::Set(D(), count));
    case ReduceKind::kProd:
      return fold_all<ProductKind>(fold, x, n, zero);
    case ReduceKind::kMax:
      return fold_all<MaxKind>(fold, x, n, zero);
    case ReduceKind::kMin:
      return fold_all<MinKind>(fold, x, n, zero);
    case ReduceKind::kL1:
      return fold_all<AbsKind>(fold, x, n, zero);
    case ReduceKind::kL2:
      return hn::Sqrt(fold_all<SquareKind>(fold, x, n, zero));
    case ReduceKind::kSumSquare:
      return fold_all<SquareKind>(fold, x, n, zero);
    case ReduceKind::kLogSum:
      return vlog(D(), fold_all<SumKind>(fold, x, n, zero));
    default: {
      // An infinite maximum is the result itself; subtracting it would give NaN.
      const V top = fold_all<MaxKind>(fold, x, n, zero);
      const V finite = hn::IfThenElseZero(hn::IsFinite(top), top);
      return hn::Add(vlog(D(), fold_all<ExpKind>(fold, x, n, finite)), finite);
    }
  }
}

/// A block of n columns (n <= kReduceBlock) or, with n == 0, one row.
void reduce_item(ReduceKind kind, const Fold& fold, const float* x, float* y, int64_t n, float count) {
  if (n == 0) {
    *y = hn::GetLane(fold_kind(kind, fold, x, 0, count));
    return;
  }
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t k = std::min(kLanes, n - i);
    const V v = fold_kind(kind, fold, x + i, k, count);
    if (k == kLanes)
      hn::StoreU(v, D(), y + i);
    else
      hn::BlendedStore(v, first(k), D(), y + i);
  }
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
namespace {
constexpr int64_t kReduceBlock = 16;

// Neighbours of the same kind that are stepped through as one.
void merge(std::vector<Reduction::Axis>& axes) {
  std::vector<Reduction::Axis> out;
  for (const Reduction::Axis& a : axes) {
    if (a.size == 1) continue;
    if (!out.empty() && out.back().reduced == a.reduced && out.back().stride == a.stride * a.size)
      out.back() = {out.back().size * a.size, a.stride, a.reduced};
    else
      out.push_back(a);
  }
  axes = std::move(out);
}
}  // namespace

Reduction::Reduction(ReduceKind kind, std::vector<Axis> axes) : kind_(kind) {
  for (const Axis& a : axes)
    if (a.reduced) count_ *= a.size;
  merge(axes);
  if (!axes.empty() && axes.back().stride == 1) {
    inner_ = axes.back();
    axes.pop_back();
  }
  for (const Axis& a : axes) (a.reduced ? reduced_ : kept_).push_back(a);
  for (const Axis& a : kept_) items_ *= a.size;
  if (!inner_.reduced) blocks_ = (inner_.size + kReduceBlock - 1) / kReduceBlock;
  items_ *= blocks_;
}

void Reduction::rows(const float* x, float* y, int64_t begin, int64_t end) const {
  const auto item = HONE_CPU_DISPATCH(reduce_item);
  const Fold fold{reduced_.data(), static_cast<int64_t>(reduced_.size()), inner_.reduced ? inner_.size : 1};
  for (int64_t i = begin; i < end; ++i) {
    const int64_t c0 = i % blocks_ * kReduceBlock;
    int64_t rest = i / blocks_;
    const float* p = x + c0;
    for (size_t a = kept_.size(); a-- > 0; rest /= kept_[a].size) p += rest % kept_[a].size * kept_[a].stride;
    if (inner_.reduced)
      item(kind_, fold, p, y + i, 0, static_cast<float>(count_));
    else
      item(kind_, fold, p, y + i / blocks_ * inner_.size + c0, std::min(kReduceBlock, inner_.size - c0),
           static_cast<float>(count_));
  }
}

void Reduction::run(const float* x, float* y) const noexcept {
  const int64_t work = std::max<int64_t>(1, count_ * (inner_.reduced ? 1 : kReduceBlock));
  parallel_for(items_, std::max<int64_t>(1, 16384 / work), [&](int64_t begin, int64_t end) { rows(x, y, begin, end); });
}
}  // namespace hone::cpu
#endif
