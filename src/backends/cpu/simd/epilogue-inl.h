// The steps of an epilogue on a tile of C that lies in the first-level cache. Included once per instruction set.
#include "backends/cpu/simd/epilogue.h"
#include "backends/cpu/simd/targets.h"
#include "backends/cpu/simd/vector_math-inl.h"

#if defined(HONE_CPU_EPILOGUE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_CPU_EPILOGUE_INL_H_
#undef HONE_CPU_EPILOGUE_INL_H_
#else
#define HONE_CPU_EPILOGUE_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

/// Where a tile lies in C.
struct TileRegion {
  float* c;
  int64_t ldc, row0, col0, rows, cols;
};

/// x = f(x) over the tile; f works on vectors and also sees lanes beyond the last column (whose results are dropped).
template <class F>
HWY_INLINE void for_each_vector(const TileRegion& t, F f) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t r = 0; r < t.rows; ++r) {
    float* row = t.c + r * t.ldc;
    int64_t j = 0;
    for (; j + lanes <= t.cols; j += lanes) hn::StoreU(f(d, hn::LoadU(d, row + j)), d, row + j);
    if (j < t.cols) {
      const auto mask = hn::FirstN(d, static_cast<size_t>(t.cols - j));
      hn::BlendedStore(f(d, hn::MaskedLoad(mask, d, row + j)), mask, d, row + j);
    }
  }
}

/// x = f(x, operand) over the tile.
template <class F>
HWY_INLINE void for_each_pair(const TileRegion& t, const Operand& o, F f) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t r = 0; r < t.rows; ++r) {
    float* row = t.c + r * t.ldc;
    const int64_t item = o.rows_per_item == 1 ? t.row0 + r : (t.row0 + r) / o.rows_per_item;
    const float* other = o.data + item * o.row_stride + t.col0 * o.col_stride;
    const auto fixed = hn::Set(d, o.col_stride == 0 ? *other : 0.0f);
    int64_t j = 0;
    for (; j + lanes <= t.cols; j += lanes) {
      const auto y = o.col_stride == 0 ? fixed : hn::LoadU(d, other + j);
      hn::StoreU(f(d, hn::LoadU(d, row + j), y), d, row + j);
    }
    if (j < t.cols) {
      const auto mask = hn::FirstN(d, static_cast<size_t>(t.cols - j));
      const auto y = o.col_stride == 0 ? fixed : hn::MaskedLoad(mask, d, other + j);
      hn::BlendedStore(f(d, hn::MaskedLoad(mask, d, row + j), y), mask, d, row + j);
    }
  }
}

inline void apply_binary(const Step& s, const TileRegion& t) {
  const Operand& o = s.operand;
  switch (s.kind) {
    case StepKind::kAdd:
      return for_each_pair(t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::Add(x, y); });
    case StepKind::kSub:
      return for_each_pair(t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::Sub(x, y); });
    case StepKind::kReverseSub:
      return for_each_pair(t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::Sub(y, x); });
    case StepKind::kMul:
      return for_each_pair(t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::Mul(x, y); });
    case StepKind::kDiv:
      return for_each_pair(t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::Div(x, y); });
    case StepKind::kReverseDiv:
      return for_each_pair(t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::Div(y, x); });
    case StepKind::kMin:  // NaN if either is
      return for_each_pair(
          t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::IfThenElse(hn::IsNaN(x), x, hn::Min(x, y)); });
    case StepKind::kMax:
      return for_each_pair(
          t, o, [](auto, auto x, auto y) HWY_ATTR { return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, y)); });
    default:  // kPRelu
      return for_each_pair(t, o, [](auto d, auto x, auto y) HWY_ATTR {
        return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, y), x);
      });
  }
}

inline void apply_unary(const Step& s, const TileRegion& t) {
  const float a = s.alpha, b = s.beta;
  switch (s.kind) {
    case StepKind::kAffine:
      return for_each_vector(t,
                             [a, b](auto d, auto x) HWY_ATTR { return hn::MulAdd(hn::Set(d, a), x, hn::Set(d, b)); });
    case StepKind::kClip:
      return for_each_vector(t, [a, b](auto d, auto x) HWY_ATTR { return clamp_keep_nan(d, x, a, b); });
    case StepKind::kSilu:
      if (a == 1) return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vsilu(d, x); });
      return for_each_vector(
          t, [a](auto d, auto x) HWY_ATTR { return hn::Mul(x, vsigmoid(d, hn::Mul(hn::Set(d, a), x))); });
    case StepKind::kSigmoid:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vsigmoid(d, x); });
    case StepKind::kGeluErf:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vgelu_erf(d, x); });
    case StepKind::kGeluTanh:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vgelu_tanh(d, x); });
    case StepKind::kHardSwish:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR {
        const auto gate = hn::MulAdd(x, hn::Set(d, 1.0f / 6), hn::Set(d, 0.5f));
        return hn::Mul(x, clamp_keep_nan(d, gate, 0.0f, 1.0f));
      });
    case StepKind::kHardSigmoid:
      return for_each_vector(t, [a, b](auto d, auto x) HWY_ATTR {
        return clamp_keep_nan(d, hn::MulAdd(hn::Set(d, a), x, hn::Set(d, b)), 0.0f, 1.0f);
      });
    case StepKind::kTanh:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vtanh(d, x); });
    case StepKind::kScaledTanh:
      return for_each_vector(
          t, [a, b](auto d, auto x) HWY_ATTR { return hn::Mul(hn::Set(d, a), vtanh(d, hn::Mul(hn::Set(d, b), x))); });
    case StepKind::kLeakyRelu:
      return for_each_vector(t, [a](auto d, auto x) HWY_ATTR {
        return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(hn::Set(d, a), x), x);
      });
    case StepKind::kElu:
      return for_each_vector(t, [a](auto d, auto x) HWY_ATTR {
        return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(hn::Set(d, a), vexpm1(d, x)), x);
      });
    case StepKind::kErf:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return verf(d, x); });
    case StepKind::kExp:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vexp(d, x); });
    case StepKind::kLog:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vlog(d, x); });
    case StepKind::kSqrt:
      return for_each_vector(t, [](auto, auto x) HWY_ATTR { return hn::Sqrt(x); });
    case StepKind::kRecip:
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return hn::Div(hn::Set(d, 1.0f), x); });
    case StepKind::kAbs:
      return for_each_vector(t, [](auto, auto x) HWY_ATTR { return hn::Abs(x); });
    case StepKind::kNeg:
      return for_each_vector(t, [](auto, auto x) HWY_ATTR { return hn::Neg(x); });
    case StepKind::kSquare:
      return for_each_vector(t, [](auto, auto x) HWY_ATTR { return hn::Mul(x, x); });
    default:  // kSoftplus
      return for_each_vector(t, [](auto d, auto x) HWY_ATTR { return vsoftplus(d, x); });
  }
}

inline void apply_steps(const Epilogue& e, float* c, int64_t ldc, int64_t row0, int64_t col0, int64_t rows,
                        int64_t cols) {
  const TileRegion t{c, ldc, row0, col0, rows, cols};
  for (int i = 0; i < e.step_count; ++i) {
    const Step& s = e.steps[static_cast<size_t>(i)];
    has_operand(s.kind) ? apply_binary(s, t) : apply_unary(s, t);
  }
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard toggled per target
