// Highway bodies of the activations; include once per target, after hwy/highway.h.
#if defined(HONE_CPU_SIMD_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_CPU_SIMD_ACTIVATION_INL
#undef HONE_CPU_SIMD_ACTIVATION_INL
#else
#define HONE_CPU_SIMD_ACTIVATION_INL
#endif

#include <limits>

#include "backends/cpu/simd/activation.h"
#include "backends/cpu/simd/unroll-inl.h"
#include "backends/cpu/simd/vector_math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// n / (1 + exp(-x)) with a relative error below 4e-7 for |x| <= 80; NaN stays NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V times_sigmoid(D d, V n, V x) {
  const hn::RebindToSigned<D> di;
  // 2^t with t = -x / ln 2: the sum with `magic` rounds t to an integer and leaves it in the low mantissa bits.
  const V magic = hn::Set(d, 12582912.0f), rate = hn::Set(d, -1.44269504f);
  const V z = hn::Min(hn::Set(d, 86.0f), hn::Max(hn::Set(d, -86.0f), x));
  const V m = hn::MulAdd(z, rate, magic);
  const V r = hn::MulSub(z, rate, hn::Sub(m, magic));
  // Minimax with a mean near zero: an error on one side adds up from layer to layer.
  V p = hn::Set(d, 1.326472731e-3f);
  p = hn::MulAdd(p, r, hn::Set(d, 9.671512991e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.550733581e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 2.402224243e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 6.931470037e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const V e = hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, m))));
  return fast_quotient(d, n, hn::Add(e, hn::Set(d, 1.0f)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V clip(D d, V x, float lo, float hi) {
  return hn::Min(hn::Set(d, hi), hn::Max(hn::Set(d, lo), x));
}

/// Applies the activation to `count` vectors; the choice is made once for all of them.
template <int kCount, class D, class V = hn::Vec<D>>
HWY_INLINE void activate(D d, const Activation& act, V* HWY_RESTRICT v) {
#define HONE_EACH(...) unroll<kCount>([&](auto i) HONE_INLINE_LAMBDA { v[i] = __VA_ARGS__; })
  switch (act.kind) {
    case ActKind::kNone:
      break;
    case ActKind::kRelu:
      HONE_EACH(hn::Max(hn::Zero(d), v[i]));
      break;
    case ActKind::kClip:
      HONE_EACH(clip(d, v[i], act.alpha, act.beta));
      break;
    case ActKind::kLeakyRelu:
      HONE_EACH(hn::MulAdd(hn::Set(d, act.alpha), hn::Min(hn::Zero(d), v[i]), hn::Max(hn::Zero(d), v[i])));
      break;
    case ActKind::kSigmoid:
      HONE_EACH(times_sigmoid(d, hn::Set(d, 1.0f), v[i]));
      break;
    case ActKind::kSilu:
      HONE_EACH(times_sigmoid(d, v[i], v[i]));
      break;
    case ActKind::kHardSigmoid:
      HONE_EACH(clip(d, hn::MulAdd(v[i], hn::Set(d, act.alpha), hn::Set(d, act.beta)), 0.0f, 1.0f));
      break;
    case ActKind::kHardSwish:
      HONE_EACH(hn::Mul(v[i], clip(d, hn::MulAdd(v[i], hn::Set(d, 1.0f / 6.0f), hn::Set(d, 0.5f)), 0.0f, 1.0f)));
      break;
    case ActKind::kTanh:
      HONE_EACH(vtanh(d, v[i]));
      break;
    case ActKind::kGelu:
      HONE_EACH(vgelu_erf(d, v[i]));
      break;
    case ActKind::kGeluTanh:
      HONE_EACH(vgelu_tanh(d, v[i]));
      break;
  }
#undef HONE_EACH
}

/// The same for long activations as one function, to keep the code of unrolled kernels small.
template <int kCount, class D, class V = hn::Vec<D>>
HWY_NOINLINE void activate_array(D d, const Activation& act, V* v) {
  activate<kCount>(d, act, v);
}

/// Clips are done in place, the rest by activate_array.
template <int kCount, class D, class V = hn::Vec<D>>
HWY_INLINE void activate_block(D d, const Activation& act, V* HWY_RESTRICT v) {
  if (act.kind == ActKind::kNone) return;
  if (act.kind == ActKind::kRelu || act.kind == ActKind::kClip) {
    const bool relu = act.kind == ActKind::kRelu;
    const V lo = hn::Set(d, relu ? 0.0f : act.alpha);
    const V hi = hn::Set(d, relu ? std::numeric_limits<float>::infinity() : act.beta);
    unroll<kCount>([&](auto i) HONE_INLINE_LAMBDA { v[i] = hn::Min(hi, hn::Max(lo, v[i])); });
    return;
  }
  V copy[kCount];
  unroll<kCount>([&](auto i) HONE_INLINE_LAMBDA { copy[i] = v[i]; });
  activate_array<kCount>(d, act, copy);
  unroll<kCount>([&](auto i) HONE_INLINE_LAMBDA { v[i] = copy[i]; });
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
