// Elementary functions on float vectors, shared by every SIMD source. Included once per instruction set (inside
// foreach_target.h); all functions live in hone::cpu::HWY_NAMESPACE and take the vector's tag first.
// Coefficients are minimax fits made for these ranges. NaN goes in, NaN comes out.
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/highway.h>

#include <cmath>
#include <limits>

#if defined(HONE_CPU_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_CPU_VECTOR_MATH_INL_H_
#undef HONE_CPU_VECTOR_MATH_INL_H_
#else
#define HONE_CPU_VECTOR_MATH_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// c[0] + c[1] x + ... by Horner's rule.
template <class D, class V, size_t N>
HWY_INLINE V polynomial(D d, V x, const float (&c)[N]) {
  V y = hn::Set(d, c[N - 1]);
  for (size_t i = N - 1; i-- > 0;) y = hn::MulAdd(y, x, hn::Set(d, c[i]));
  return y;
}

/// 1/x to about 2e-7 relative for normal x with normal reciprocal; not for 0, infinity or NaN semantics.
template <class D, class V>
HWY_INLINE V fast_reciprocal(D d, V x) {
  const V y = hn::ApproximateReciprocal(x);
  return hn::Mul(y, hn::NegMulAdd(x, y, hn::Set(d, 2.0f)));
}

/// n / x for normal x. Where vectors are short, one division costs less than a refined estimate of the reciprocal.
template <class D, class V>
HWY_INLINE V fast_quotient(D d, V n, V x) {
  if constexpr (hn::MaxLanes(D()) <= 8)
    return hn::Div(n, x);
  else
    return hn::Mul(n, fast_reciprocal(d, x));
}

namespace detail {
/// exp(r) = 1 + r + r^2 p(r) for |r| <= 0.35.
inline constexpr float kExp[] = {0.49999994f, 0.166665211f, 0.041668389f, 0.0083687352f, 0.00138145592f};
}  // namespace detail

/// exp for x in [-87.33, 88.72], relative error below 2e-7; outside: garbage (callers clamp or use vexp).
template <class D, class V>
HWY_INLINE V exp_in_range(D d, V x) {
  const hn::RebindToSigned<D> di;
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits of the sum.
  const V magic = hn::Set(d, 12582912.0f), shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), magic);
  const V n = hn::Sub(shifted, magic);
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  const V p = hn::MulAdd(hn::Mul(r, r), polynomial(d, r, detail::kExp), hn::Add(r, hn::Set(d, 1.0f)));
  // p lies in [0.7, 1.42]: adding n to its exponent field covers all normal results, also 2^127 * 1.99.
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, shifted))));
}

/// exp, relative error below 2e-7; results below the smallest normal number become 0.
template <class D, class V>
HWY_INLINE V vexp(D d, V x) {
  V y = exp_in_range(d, x);
  y = hn::IfThenElse(hn::Gt(x, hn::Set(d, 88.7228317f)), hn::Set(d, std::numeric_limits<float>::infinity()), y);
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, -87.3365448f)), hn::Zero(d), y);
}

/// exp(x) - 1, relative error below 4e-7: without the cancellation near 0.
template <class D, class V>
HWY_INLINE V vexpm1(D d, V x) {
  const V near = hn::MulAdd(hn::Mul(x, x), polynomial(d, x, detail::kExp), x);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0.34f)), near, hn::Sub(vexp(d, x), hn::Set(d, 1.0f)));
}

/// Natural logarithm, relative error below 3e-7; log(0) = -inf, log(negative) = NaN; subnormal arguments are exact too.
template <class D, class V>
HWY_INLINE V vlog(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto tiny = hn::Lt(x, hn::Set(d, 1.17549435e-38f));
  const V scaled = hn::IfThenElse(tiny, hn::Mul(x, hn::Set(d, 8388608.0f)), x);
  // Exponent such that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const auto bits = hn::Sub(hn::BitCast(di, scaled), hn::Set(di, 0x3f3504f3));
  const auto exponent = hn::ShiftRight<23>(bits);
  const V mantissa = hn::BitCast(d, hn::Add(hn::And(bits, hn::Set(di, 0x007fffff)), hn::Set(di, 0x3f3504f3)));
  V e = hn::ConvertTo(d, exponent);
  e = hn::IfThenElse(tiny, hn::Sub(e, hn::Set(d, 23.0f)), e);
  const V f = hn::Sub(mantissa, hn::Set(d, 1.0f));
  constexpr float kP[] = {0.333333135f,  -0.250000089f, 0.200021192f,  -0.166679963f, 0.142195523f,
                          -0.124055892f, 0.118881628f,  -0.116756514f, 0.0674663857f};
  const V f2 = hn::Mul(f, f);
  V y = hn::Mul(hn::Mul(f2, f), polynomial(d, f, kP));
  y = hn::MulAdd(e, hn::Set(d, -2.12194440e-4f), y);
  y = hn::NegMulAdd(f2, hn::Set(d, 0.5f), y);
  y = hn::MulAdd(e, hn::Set(d, 0.693359375f), hn::Add(y, f));
  const V inf = hn::Set(d, std::numeric_limits<float>::infinity());
  y = hn::IfThenElse(hn::Lt(x, inf), y, x);  // +inf and NaN pass through
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(inf), y);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, std::numeric_limits<float>::quiet_NaN()), y);
}

/// log(1 + exp(x)), relative error below 6e-7: what the sum with 1 rounds away is put back in proportion.
template <class D, class V>
HWY_INLINE V vsoftplus(D d, V x) {
  const V one = hn::Set(d, 1.0f), e = vexp(d, hn::Neg(hn::Abs(x)));
  const V sum = hn::Add(one, e), kept = hn::Sub(sum, one);
  const V tail = hn::Mul(vlog(d, sum), hn::Div(e, kept));
  return hn::Add(hn::Max(hn::Zero(d), x), hn::IfThenElse(hn::Eq(kept, hn::Zero(d)), e, tail));
}

/// Clamp that lets NaN through: the x86 min/max return their second operand when either is NaN.
template <class D, class V>
HWY_INLINE V clamp_keep_nan(D d, V x, float lo, float hi) {
  return hn::Max(hn::Set(d, lo), hn::Min(hn::Set(d, hi), x));
}

/// tanh, relative error below 6e-7.
template <class D, class V>
HWY_INLINE V vtanh(D d, V x) {
  constexpr float kP[] = {1.0f, 0.134132415f, 0.00353402109f, 2.12509476e-05f, 1.42690908e-08f};
  constexpr float kQ[] = {1.0f, 0.467465639f, 0.0260227304f, 0.000334885524f, 8.14506791e-07f};
  const V c = clamp_keep_nan(d, x, -8.5f, 8.5f), t = hn::Mul(c, c);
  const V y = fast_quotient(d, hn::Mul(c, polynomial(d, t, kP)), polynomial(d, t, kQ));
  return clamp_keep_nan(d, y, -1.0f, 1.0f);
}

/// Error function, relative error below 6e-7 (absolute below 3e-7).
template <class D, class V>
HWY_INLINE V verf(D d, V x) {
  constexpr float kP[] = {1.12837911f, 0.187224865f, 0.0524099208f, 0.0036497633f, 0.00028598326f, 2.12526629e-06f};
  constexpr float kQ[] = {1.0f, 0.499256611f, 0.112868197f, 0.0147365173f, 0.00114117481f, 3.89222441e-05f};
  const V c = clamp_keep_nan(d, x, -3.83f, 3.83f), t = hn::Mul(c, c);
  const V y = fast_quotient(d, hn::Mul(c, polynomial(d, t, kP)), polynomial(d, t, kQ));
  return clamp_keep_nan(d, y, -1.0f, 1.0f);
}

/// 1 + exp(-x) for x in [-87, 87]; its reciprocal has a relative error below 1e-6.
template <class D, class V>
HWY_INLINE V one_plus_exp_minus(D d, V x) {
  // exp(-x) as in exp_in_range, with the sign folded into the constants and a shorter polynomial: the sum with 1 and
  // the reciprocal hide the difference.
  const hn::RebindToSigned<D> di;
  const V c = clamp_keep_nan(d, x, -87.0f, 87.0f);
  const V magic = hn::Set(d, 12582912.0f), shifted = hn::NegMulAdd(c, hn::Set(d, 1.44269504f), magic);
  const V r = hn::MulAdd(hn::Sub(shifted, magic), hn::Set(d, 0.693147182f), c);
  constexpr float kP[] = {0.499992311f, -0.166671157f, 0.041890271f, -0.00831250753f};
  const V p = hn::MulAdd(hn::Mul(r, r), polynomial(d, r, kP), hn::Sub(hn::Set(d, 1.0f), r));
  const V e = hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, shifted))));
  return hn::Add(e, hn::Set(d, 1.0f));
}

/// 1 / (1 + exp(-x)), relative error below 1e-6 for x > -87, 0 to within 2e-38 below.
template <class D, class V>
HWY_INLINE V vsigmoid(D d, V x) {
  return fast_quotient(d, hn::Set(d, 1.0f), one_plus_exp_minus(d, x));
}

/// x * sigmoid(x) (SiLU, swish).
template <class D, class V>
HWY_INLINE V vsilu(D d, V x) {
  return fast_quotient(d, x, one_plus_exp_minus(d, x));
}

/// 0.5 x (1 + erf(x / sqrt(2))), the exact GELU.
template <class D, class V>
HWY_INLINE V vgelu_erf(D d, V x) {
  const V half = hn::Mul(x, hn::Set(d, 0.5f));
  return hn::MulAdd(half, verf(d, hn::Mul(x, hn::Set(d, 0.707106781f))), half);
}

/// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the tanh form of GELU.
template <class D, class V>
HWY_INLINE V vgelu_tanh(D d, V x) {
  const V half = hn::Mul(x, hn::Set(d, 0.5f));
  const V inner = hn::Mul(x, hn::MulAdd(hn::Mul(x, x), hn::Set(d, 0.0356774081f), hn::Set(d, 0.797884561f)));
  return hn::MulAdd(half, vtanh(d, inner), half);
}

namespace detail {

/// sin (quadrant 0) or cos (quadrant 1) of x, for |x| <= 1e5.
template <class D, class V>
HWY_INLINE V sin_from_quadrant(D d, V x, int quadrant) {
  const hn::RebindToSigned<D> di;
  const V magic = hn::Set(d, 12582912.0f), shifted = hn::MulAdd(x, hn::Set(d, 0.636619772f), magic);
  const V n = hn::Sub(shifted, magic);
  V r = hn::NegMulAdd(n, hn::Set(d, 1.57079637f), x);  // pi/2 in three parts
  r = hn::NegMulAdd(n, hn::Set(d, -4.37113883e-8f), r);
  r = hn::NegMulAdd(n, hn::Set(d, -1.71512451e-15f), r);
  const auto q = hn::Add(hn::BitCast(di, shifted), hn::Set(di, quadrant));
  constexpr float kSin[] = {-0.166666552f, 0.00833215471f, -0.000195144545f};
  constexpr float kCos[] = {0.0416666456f, -0.00138873595f, 2.44375333e-05f};
  const V t = hn::Mul(r, r);
  const V s = hn::MulAdd(hn::Mul(t, r), polynomial(d, t, kSin), r);
  const V c = hn::MulAdd(hn::Mul(t, t), polynomial(d, t, kCos), hn::NegMulAdd(t, hn::Set(d, 0.5f), hn::Set(d, 1.0f)));
  const auto odd = hn::Eq(hn::And(q, hn::Set(di, 1)), hn::Set(di, 1));
  const V y = hn::IfThenElse(hn::RebindMask(d, odd), c, s);
  const V sign = hn::BitCast(d, hn::ShiftLeft<30>(hn::And(q, hn::Set(di, 2))));
  return hn::Xor(y, sign);
}

template <class D, class V, class F>
HWY_NOINLINE V by_lane(D d, V x, F f) {
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(x, d, lanes);
  for (float& v : lanes) v = f(v);
  return hn::Load(d, lanes);
}

}  // namespace detail

/// Sine; absolute error below 1e-7 for |x| <= 1e5, lane by lane with the C library beyond.
template <class D, class V>
HWY_INLINE V vsin(D d, V x) {
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(hn::Abs(x), hn::Set(d, 1e5f)))))
    return detail::by_lane(d, x, [](float v) { return std::sin(v); });
  return detail::sin_from_quadrant(d, x, 0);
}

/// Cosine; as vsin.
template <class D, class V>
HWY_INLINE V vcos(D d, V x) {
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(hn::Abs(x), hn::Set(d, 1e5f)))))
    return detail::by_lane(d, x, [](float v) { return std::cos(v); });
  return detail::sin_from_quadrant(d, x, 1);
}

namespace detail {

/// exp(y * log(x)) for x >= 0 in double precision on half a float vector's lanes.
template <class DD, class VD>
HWY_INLINE VD pow_positive(DD d, VD x, VD y) {
  const hn::RebindToSigned<DD> di;
  // log(x): exponent and mantissa as in vlog, then 2 atanh(s) with s = (m-1)/(m+1), |s| < 0.172.
  const auto bits = hn::Sub(hn::BitCast(di, x), hn::Set(di, int64_t{0x3fe6a09e667f3bcd}));
  const auto mantissa = hn::BitCast(
      d, hn::Add(hn::And(bits, hn::Set(di, int64_t{0x000fffffffffffff})), hn::Set(di, int64_t{0x3fe6a09e667f3bcd})));
  // Signed 64-bit to double through the 2^52 + 2^51 trick (the exponent is small).
  const auto magic = hn::Set(d, 6755399441055744.0);
  const auto shifted = hn::BitCast(di, hn::ShiftRight<52>(hn::BitCast(hn::RebindToUnsigned<DD>(), bits)));
  // Logical shift leaves a 12-bit two's complement number: sign-extend it.
  const auto exponent = hn::Sub(hn::Xor(shifted, hn::Set(di, 2048)), hn::Set(di, 2048));
  const auto e = hn::Sub(hn::BitCast(d, hn::Add(hn::BitCast(di, magic), exponent)), magic);
  const auto one = hn::Set(d, 1.0);
  const auto s = hn::Div(hn::Sub(mantissa, one), hn::Add(mantissa, one)), t = hn::Mul(s, s);
  auto p = hn::Set(d, 1.0 / 13);
  for (double c : {1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1.0}) p = hn::MulAdd(p, t, hn::Set(d, c));
  const auto log_x = hn::MulAdd(e, hn::Set(d, 0.69314718055994531), hn::Mul(hn::Add(s, s), p));
  const auto inf = hn::Set(d, std::numeric_limits<double>::infinity());
  auto l = hn::IfThenElse(hn::Lt(x, inf), log_x, x);
  l = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(inf), l);
  // exp of it, clamped just outside float's range; the final demotion makes infinity or zero.
  const auto product = hn::Mul(y, l);
  const auto z = hn::Max(hn::Set(d, -110.0), hn::Min(hn::Set(d, 90.0), product));
  const auto n = hn::Round(hn::Mul(z, hn::Set(d, 1.4426950408889634)));
  const auto r = hn::NegMulAdd(n, hn::Set(d, 0.69314718055994531), z);
  auto q = hn::Set(d, 1.0 / 40320);
  for (double c : {1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    q = hn::MulAdd(q, r, hn::Set(d, c));
  const auto ni = hn::ShiftLeft<52>(hn::BitCast(di, hn::Add(n, magic)));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, q), ni));
}

}  // namespace detail

/// x to the power y with the C library's special cases; relative error below 2e-7.
template <class D, class V>
HWY_INLINE V vpow(D d, V x, V y) {
  const hn::RepartitionToWide<D> dd;
  const hn::Half<D> dh;
  const V ax = hn::Abs(x);
  const auto lo =
      detail::pow_positive(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, ax)), hn::PromoteTo(dd, hn::LowerHalf(dh, y)));
  const auto hi =
      detail::pow_positive(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, ax)), hn::PromoteTo(dd, hn::UpperHalf(dh, y)));
  V p = hn::Combine(d, hn::DemoteTo(dh, hi), hn::DemoteTo(dh, lo));
  // Sign: odd integers keep x's sign; other non-integers of a negative x have no value.
  const V half_y = hn::Mul(y, hn::Set(d, 0.5f));
  const auto integer = hn::Eq(hn::Floor(y), y);
  const auto odd = hn::And(integer, hn::Ne(hn::Floor(half_y), half_y));
  p = hn::IfThenElse(odd, hn::CopySign(p, x), p);
  const V one = hn::Set(d, 1.0f), inf = hn::Set(d, std::numeric_limits<float>::infinity());
  const auto finite_negative = hn::And(hn::Lt(x, hn::Zero(d)), hn::Lt(ax, inf));
  p = hn::IfThenElse(hn::AndNot(integer, finite_negative), hn::Set(d, std::numeric_limits<float>::quiet_NaN()), p);
  const auto neutral = hn::Or(hn::Eq(x, one), hn::Eq(y, hn::Zero(d)));
  const auto minus_one_to_inf = hn::And(hn::Eq(ax, one), hn::Eq(hn::Abs(y), inf));
  return hn::IfThenElse(hn::Or(neutral, minus_one_to_inf), one, p);
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard toggled per target
