// The scalar functions of src/ops/scalar.def in kernels: f_<name>(a, b, x[, y[, z]]) on float or double, i_<name> on
// 64-bit integers (the divisions also on 32-bit ones), u_<name> where unsigned 64-bit operands differ. Meaning and
// corner cases are those of evaluate() and evaluate_int() in src/ops/program.cpp.
#pragma once

#include "convert.cuh"

#define HONE_MATH1(name)                                                    \
  __device__ __forceinline__ float m_##name(float x) { return name##f(x); } \
  __device__ __forceinline__ double m_##name(double x) { return name(x); }
#define HONE_MATH2(name)                                                                \
  __device__ __forceinline__ float m_##name(float x, float y) { return name##f(x, y); } \
  __device__ __forceinline__ double m_##name(double x, double y) { return name(x, y); }
HONE_MATH1(fabs)
HONE_MATH1(exp)
HONE_MATH1(expm1)
HONE_MATH1(log)
HONE_MATH1(log1p)
HONE_MATH1(sqrt)
HONE_MATH1(sin)
HONE_MATH1(cos)
HONE_MATH1(tan)
HONE_MATH1(asin)
HONE_MATH1(acos)
HONE_MATH1(atan)
HONE_MATH1(sinh)
HONE_MATH1(cosh)
HONE_MATH1(tanh)
HONE_MATH1(asinh)
HONE_MATH1(acosh)
HONE_MATH1(atanh)
HONE_MATH1(erf)
HONE_MATH1(ceil)
HONE_MATH1(floor)
HONE_MATH1(rint)
HONE_MATH1(trunc)
HONE_MATH2(fmod)
HONE_MATH2(pow)
HONE_MATH2(atan2)
#undef HONE_MATH1
#undef HONE_MATH2

#ifdef HONE_EMULATED
inline float m_rsqrt(float x) { return 1.0f / sqrtf(x); }
inline double m_rsqrt(double x) { return 1.0 / sqrt(x); }
#else
__device__ __forceinline__ float m_rsqrt(float x) { return rsqrtf(x); }
__device__ __forceinline__ double m_rsqrt(double x) { return rsqrt(x); }
#endif

// NaN if either is.
template <class T>
__device__ __forceinline__ T nan_min(T x, T y) {
  return x != x ? x : y != y ? y : y < x ? y : x;
}
template <class T>
__device__ __forceinline__ T nan_max(T x, T y) {
  return x != x ? x : y != y ? y : x < y ? y : x;
}
template <class T>
__device__ __forceinline__ T m_sigmoid(T x) {
  return T(1) / (T(1) + m_exp(-x));
}
template <class T>
__device__ __forceinline__ T m_softplus(T x) {
  return x > T(0) ? x + m_log1p(m_exp(-x)) : m_log1p(m_exp(x));
}

#define HONE_F1(name, expression)                        \
  template <class T>                                     \
  __device__ __forceinline__ T f_##name(T a, T b, T x) { \
    return expression;                                   \
  }
#define HONE_F2(name, expression)                             \
  template <class T>                                          \
  __device__ __forceinline__ T f_##name(T a, T b, T x, T y) { \
    return expression;                                        \
  }
#define HONE_F3(name, expression)                                  \
  template <class T>                                               \
  __device__ __forceinline__ T f_##name(T a, T b, T x, T y, T z) { \
    return expression;                                             \
  }
#define HONE_P1(name, expression)                           \
  template <class T>                                        \
  __device__ __forceinline__ bool f_##name(T a, T b, T x) { \
    return expression;                                      \
  }
#define HONE_P2(name, expression)                                \
  template <class T>                                             \
  __device__ __forceinline__ bool f_##name(T a, T b, T x, T y) { \
    return expression;                                           \
  }
HONE_F1(identity, x)
HONE_F1(abs, m_fabs(x))
HONE_F1(neg, -x)
HONE_F1(exp, m_exp(x))
HONE_F1(log, m_log(x))
HONE_F1(sqrt, m_sqrt(x))
HONE_F1(rsqrt, m_rsqrt(x))
HONE_F1(recip, T(1) / x)
HONE_F1(square, x* x)
HONE_F1(sin, m_sin(x))
HONE_F1(cos, m_cos(x))
HONE_F1(tan, m_tan(x))
HONE_F1(asin, m_asin(x))
HONE_F1(acos, m_acos(x))
HONE_F1(atan, m_atan(x))
HONE_F1(sinh, m_sinh(x))
HONE_F1(cosh, m_cosh(x))
HONE_F1(tanh, m_tanh(x))
HONE_F1(asinh, m_asinh(x))
HONE_F1(acosh, m_acosh(x))
HONE_F1(atanh, m_atanh(x))
HONE_F1(erf, m_erf(x))
HONE_F1(ceil, m_ceil(x))
HONE_F1(floor, m_floor(x))
HONE_F1(round, m_rint(x))
HONE_F1(trunc, m_trunc(x))
HONE_F1(sign, x != x ? x : T((x > T(0)) - (x < T(0))))
HONE_P1(isnan, x != x)
HONE_P1(isinf, x - x != x - x && x == x && (x < T(0) ? a != T(0) : b != T(0)))
HONE_P1(not, x == T(0))
HONE_F1(relu, x != x || x > T(0) ? x : T(0))
HONE_F1(sigmoid, m_sigmoid(x))
HONE_F1(leaky_relu, x < T(0) ? a * x : x)
HONE_F1(elu, x < T(0) ? a * m_expm1(x) : x)
HONE_F1(selu, x > T(0) ? b * x : b * a * m_expm1(x))
HONE_F1(celu, x < T(0) ? a * m_expm1(x / a) : x)
HONE_F1(softsign, x / (T(1) + m_fabs(x)))
HONE_F1(softplus, a* m_softplus(b* x))
HONE_F1(clip, x != x ? x : nan_max(a, nan_min(b, x)))
HONE_F1(hard_sigmoid, nan_max(T(0), nan_min(T(1), a* x + b)))
HONE_F1(hard_swish, x* nan_max(T(0), nan_min(T(1), x* T(1.0 / 6) + T(0.5))))
HONE_F1(scaled_tanh, a* m_tanh(b* x))
HONE_F1(thresholded_relu, x > a ? x : T(0))
HONE_F1(shrink, x<-b ? x + a : x> b ? x - a : T(0))
HONE_F1(gelu_erf, T(0.5) * x * (T(1) + m_erf(x * T(0.70710678118654752440))))
// x/2 (1 + tanh u) = x sigmoid(2u), which does not cancel for negative u.
HONE_F1(gelu_tanh, x / (T(1) + m_exp(T(-1.59576912160573071176) * (x + T(0.044715) * x * x * x))))
HONE_F1(silu, x* m_sigmoid(a* x))

// Forms for results of 16 bits, s_<name>: within 1e-6 of the value or of 1, with the special function unit's
// exponential and reciprocal.
#ifdef HONE_EMULATED
/// 2^x to two units in the last place, where results too small to be normal count as zeros.
inline float short_exp2(float x) { return exp2f(x); }
inline float short_recip(float x) { return 1.0f / x; }
#else
__device__ __forceinline__ float short_exp2(float x) {
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
__device__ __forceinline__ float short_recip(float x) {
  float r;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
#endif
__device__ __forceinline__ float s_sigmoid(float, float, float x) {
  return short_recip(1.0f + short_exp2(-1.44269504f * x));
}
__device__ __forceinline__ float s_silu(float a, float b, float x) { return x * s_sigmoid(a, b, a * x); }
__device__ __forceinline__ float s_gelu_tanh(float a, float b, float x) {
  return x * s_sigmoid(a, b, 1.59576912f * (x + 0.044715f * x * x * x));
}
// max(x, 0) - |x| Q(|x|): the logarithm of the normal distribution's tail Q to base 2 is smooth enough for a
// polynomial, fitted to the rounding of f16 on [0, 6]. Off by 1e-6 at most; behind 6 the tail is less.
__device__ __forceinline__ float s_gelu_erf(float, float, float x) {
  const float a = fminf(m_fabs(x), 6.0f);
  float p = 3.29819231e-5f;
  p = fmaf(p, a, -7.55010347e-4f), p = fmaf(p, a, 7.97245558e-3f), p = fmaf(p, a, -5.3115949e-2f);
  p = fmaf(p, a, -0.459106565f), p = fmaf(p, a, -1.15106249f), p = fmaf(p, a, -1.0000062f);
  return fmaf(-a, short_exp2(p), x < 0.0f ? 0.0f : x);  // NaN stays
}

template <class T>
__device__ __forceinline__ T f_mish(T a, T b, T x) {  // tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2)
  if (x > T(20)) return x;
  const T e = m_exp(x), n = e * (e + T(2));
  return x * (n / (n + T(2)));
}
HONE_F1(affine, a* x + b)
HONE_F2(add, x + y)
HONE_F2(sub, x - y)
HONE_F2(mul, x* y)
HONE_F2(div, x / y)
template <class T>
__device__ __forceinline__ T f_floor_div(T a, T b, T x, T y) {  // the quotient must not be rounded up to an integer
  return static_cast<T>(floor(static_cast<double>(x) / static_cast<double>(y)));
}
template <class T>
__device__ __forceinline__ T f_floor_mod(T a, T b, T x, T y) {
  const T r = m_fmod(x, y);
  return r != T(0) && ((r < T(0)) != (y < T(0))) ? r + y : r;
}
HONE_F2(fmod, m_fmod(x, y))
HONE_F2(pow, m_pow(x, y))
HONE_F2(min, nan_min(x, y))
HONE_F2(max, nan_max(x, y))
HONE_P2(and, x != T(0) && y != T(0))
HONE_P2(or, x != T(0) || y != T(0))
HONE_P2(xor, (x != T(0)) != (y != T(0)))
HONE_P2(eq, x == y)
HONE_P2(less, x < y)
HONE_P2(greater, x > y)
HONE_P2(less_equal, x <= y)
HONE_P2(greater_equal, x >= y)
HONE_F2(prelu, x < T(0) ? x * y : x)
HONE_F2(atan2, m_atan2(x, y))
HONE_F3(select, x != T(0) ? y : z)
HONE_F3(clip3, nan_max(y, nan_min(z, x)))
HONE_F3(fma, x* y + z)
#undef HONE_F1
#undef HONE_F2
#undef HONE_F3
#undef HONE_P1
#undef HONE_P2

// Two's-complement arithmetic that wraps.
typedef long long i64;
typedef unsigned long long u64;
#define HONE_I1(name, expression) \
  __device__ __forceinline__ i64 i_##name(double a, double b, i64 x) { return expression; }
#define HONE_I2(name, expression) \
  __device__ __forceinline__ i64 i_##name(double a, double b, i64 x, i64 y) { return expression; }
#define HONE_I3(name, expression) \
  __device__ __forceinline__ i64 i_##name(double a, double b, i64 x, i64 y, i64 z) { return expression; }
HONE_I1(ceil, x)
HONE_I1(floor, x)
HONE_I1(round, x)
HONE_I1(trunc, x)
HONE_I1(abs, x < 0 ? i64(u64(0) - u64(x)) : x)
HONE_I1(neg, i64(u64(0) - u64(x)))
HONE_I1(square, i64(u64(x) * u64(x)))
HONE_I1(sign, (x > 0) - (x < 0))
HONE_I1(not, x == 0)
HONE_I1(bitnot, ~x)
HONE_I1(relu, x > 0 ? x : 0)
HONE_I1(isnan, 0)
HONE_I1(isinf, 0)
HONE_I1(clip, f_clip<double>(a, b, double(x)) == double(x) ? x : convert<i64>(f_clip<double>(a, b, double(x))))
HONE_I2(add, i64(u64(x) + u64(y)))
HONE_I2(sub, i64(u64(x) - u64(y)))
HONE_I2(mul, i64(u64(x) * u64(y)))
// Quotients and remainders in the width of the operands; division by zero gives 0, by -1 wraps.
template <class T>
__device__ __forceinline__ T i_div(double, double, T x, T y) {
  return y == 0 ? T(0) : y == -1 ? T(u64(0) - u64(x)) : x / y;
}
template <class T>
__device__ __forceinline__ T i_fmod(double, double, T x, T y) {
  return y == 0 || y == -1 ? T(0) : x % y;
}
template <class T>
__device__ __forceinline__ T i_floor_div(double a, double b, T x, T y) {
  const T q = i_div(a, b, x, y);
  return y != 0 && i_fmod(a, b, x, y) != 0 && ((x < 0) != (y < 0)) ? q - 1 : q;
}
template <class T>
__device__ __forceinline__ T i_floor_mod(double a, double b, T x, T y) {
  const T r = i_fmod(a, b, x, y);
  return r != 0 && ((r < 0) != (y < 0)) ? r + y : r;
}
__device__ __forceinline__ i64 i_pow(double, double, i64 x, i64 y) {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 != 0 ? -1 : 1) : 0;
  u64 r = 1, f = u64(x);
  for (; y != 0; y >>= 1) {
    if (y & 1) r *= f;
    f *= f;
  }
  return i64(r);
}
HONE_I2(min, x < y ? x : y)
HONE_I2(max, x > y ? x : y)
HONE_I2(and, x != 0 && y != 0)
HONE_I2(or, x != 0 || y != 0)
HONE_I2(xor, (x != 0) != (y != 0))
HONE_I2(bitand, x& y)
HONE_I2(bitor, x | y)
HONE_I2(bitxor, x ^ y)
HONE_I2(shl, y<0 || y> 63 ? 0 : i64(u64(x) << y))
HONE_I2(shr, y<0 || y> 63 ? 0 : i64(u64(x) >> y))
HONE_I2(eq, x == y)
HONE_I2(less, x < y)
HONE_I2(greater, x > y)
HONE_I2(less_equal, x <= y)
HONE_I2(greater_equal, x >= y)
HONE_I3(select, x != 0 ? y : z)
HONE_I3(clip3, i_max(a, b, y, i_min(a, b, z, x)))
HONE_I3(fma, i64(u64(x) * u64(y) + u64(z)))
#define HONE_U2(name, expression) \
  __device__ __forceinline__ u64 u_##name(double a, double b, u64 x, u64 y) { return expression; }
HONE_U2(less, x < y)
HONE_U2(greater, x > y)
HONE_U2(less_equal, x <= y)
HONE_U2(greater_equal, x >= y)
HONE_U2(min, x < y ? x : y)
HONE_U2(max, x > y ? x : y)
HONE_U2(div, y == 0 ? 0 : x / y)
#undef HONE_I1
#undef HONE_I2
#undef HONE_I3
#undef HONE_U2
