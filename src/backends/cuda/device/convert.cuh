// Every element type of tensors in kernels, what its values are computed in (Value<T>), and conversions between them
// with the meaning of Tensor::to: to nearest even between floats, truncation with saturation (NaN to 0) to integers,
// wrapping between integers, "not zero" to bool.
#pragma once

#include "half.cuh"

// The upper half of a binary16 with 5 exponent bits, and the 4-bit exponent format without infinities.
struct fp8e5m2 {
  unsigned char bits;
};
struct fp8e4m3 {
  unsigned char bits;
};

// Magnitude `a` (finite) rounded to `M` mantissa bits over an exponent with bias `BIAS`; the code may overflow.
template <int M, int BIAS>
__device__ __forceinline__ unsigned narrow_magnitude(float a) {
  const unsigned u = bits_of(a);
  const int e = static_cast<int>(u >> 23) - 127;
  if (e < 1 - BIAS) {  // subnormal: units of 2^(1 - BIAS - M)
    const float unit = float_of_bits(static_cast<unsigned>(127 + BIAS - 1 + M) << 23);
    return static_cast<unsigned>(rintf(a * unit));
  }
  const unsigned shift = 23 - M;
  const unsigned rounded = u + ((1u << (shift - 1)) - 1) + (u >> shift & 1u);
  return (rounded >> shift) - (static_cast<unsigned>(127 - BIAS) << M);
}
template <int M, int BIAS>
__device__ __forceinline__ float widen_magnitude(unsigned c) {
  const unsigned e = c >> M, m = c & ((1u << M) - 1);
  if (e == 0) return static_cast<float>(m) * float_of_bits(static_cast<unsigned>(127 + 1 - BIAS - M) << 23);
  return float_of_bits((e + 127 - BIAS) << 23 | m << (23 - M));
}

__device__ __forceinline__ float to_float(fp8e4m3 x) {
  const unsigned c = x.bits & 0x7fu;
  const float v = c == 0x7f ? float_of_bits(0x7fc00000u) : widen_magnitude<3, 7>(c);
  return x.bits >> 7 ? -v : v;
}
__device__ __forceinline__ float to_float(fp8e5m2 x) { return float_of_half(static_cast<unsigned short>(x.bits << 8)); }
template <>
__device__ __forceinline__ fp8e4m3 from_float<fp8e4m3>(float x) {
  const unsigned u = bits_of(x), sign = u >> 24 & 0x80u, a = u & 0x7fffffffu;
  unsigned c = 0x7f;
  if (a <= 0x7f800000u) {
    c = a >= 0x43e80000u ? 0x7eu : narrow_magnitude<3, 7>(float_of_bits(a));
    if (c > 0x7e) c = 0x7e;
  }
  fp8e4m3 r;
  r.bits = static_cast<unsigned char>(sign | c);
  return r;
}
template <>
__device__ __forceinline__ fp8e5m2 from_float<fp8e5m2>(float x) {
  const unsigned u = bits_of(x), sign = u >> 24 & 0x80u, a = u & 0x7fffffffu;
  unsigned c = 0x7e;
  if (a <= 0x7f800000u) {
    c = a == 0x7f800000u ? 0x7cu : a >= 0x47700000u ? 0x7bu : narrow_magnitude<2, 15>(float_of_bits(a));
    if (c > 0x7b && a != 0x7f800000u) c = 0x7b;
  }
  fp8e5m2 r;
  r.bits = static_cast<unsigned char>(sign | c);
  return r;
}

/// What values of an element type are computed in.
template <class T>
struct ValueOf {
  typedef T type;
};
template <>
struct ValueOf<half> {
  typedef float type;
};
template <>
struct ValueOf<bfloat16> {
  typedef float type;
};
template <>
struct ValueOf<fp8e4m3> {
  typedef float type;
};
template <>
struct ValueOf<fp8e5m2> {
  typedef float type;
};
template <class T>
using Value = typename ValueOf<T>::type;

/// Value of a stored element.
template <class T>
__device__ __forceinline__ Value<T> value_of(T x) {
  return x;
}
__device__ __forceinline__ float value_of(half x) { return to_float(x); }
__device__ __forceinline__ float value_of(bfloat16 x) { return to_float(x); }
__device__ __forceinline__ float value_of(fp8e4m3 x) { return to_float(x); }
__device__ __forceinline__ float value_of(fp8e5m2 x) { return to_float(x); }

template <class T>
struct IntegerLimits;
#define HONE_LIMITS(T, LOW, HIGH)   \
  template <>                       \
  struct IntegerLimits<T> {         \
    static constexpr T low = LOW;   \
    static constexpr T high = HIGH; \
  };
HONE_LIMITS(signed char, -128, 127)
HONE_LIMITS(unsigned char, 0, 255)
HONE_LIMITS(short, -32768, 32767)
HONE_LIMITS(unsigned short, 0, 65535)
HONE_LIMITS(int, -2147483647 - 1, 2147483647)
HONE_LIMITS(unsigned, 0, 4294967295u)
HONE_LIMITS(long long, -9223372036854775807ll - 1, 9223372036854775807ll)
HONE_LIMITS(unsigned long long, 0, 18446744073709551615ull)
#undef HONE_LIMITS

template <class To, class From>
struct Converter {  // between integers, and to floats
  static __device__ __forceinline__ To run(From v) { return static_cast<To>(v); }
};
template <class To, class From>
struct Saturator {  // from floats to integers
  static __device__ __forceinline__ To run(From v) {
    if (v != v) return 0;
    if (v <= static_cast<From>(IntegerLimits<To>::low)) return IntegerLimits<To>::low;
    if (v >= static_cast<From>(IntegerLimits<To>::high)) return IntegerLimits<To>::high;
    return static_cast<To>(v);
  }
};
template <class From>
struct Converter<bool, From> {
  static __device__ __forceinline__ bool run(From v) { return v != From(0); }
};
#define HONE_SATURATES(T)                              \
  template <>                                          \
  struct Converter<T, float> : Saturator<T, float> {}; \
  template <>                                          \
  struct Converter<T, double> : Saturator<T, double> {};
HONE_SATURATES(signed char)
HONE_SATURATES(unsigned char)
HONE_SATURATES(short)
HONE_SATURATES(unsigned short)
HONE_SATURATES(int)
HONE_SATURATES(unsigned)
HONE_SATURATES(long long)
HONE_SATURATES(unsigned long long)
#undef HONE_SATURATES

/// Between values (float, double, integers, bool).
template <class To, class From>
__device__ __forceinline__ To convert(From v) {
  return Converter<To, From>::run(v);
}

/// Narrow floats of any value, rounded, as a float.
template <class T>
__device__ __forceinline__ float round_to(float v) {
  return to_float(from_float<T>(v));
}

/// Stored element of a value of any type.
template <class T>
struct ElementOf {
  template <class V>
  static __device__ __forceinline__ T run(V v) {
    return convert<T>(v);
  }
};
#define HONE_NARROW(T)                             \
  template <>                                      \
  struct ElementOf<T> {                            \
    template <class V>                             \
    static __device__ __forceinline__ T run(V v) { \
      return from_float<T>(convert<float>(v));     \
    }                                              \
  };
HONE_NARROW(half)
HONE_NARROW(bfloat16)
HONE_NARROW(fp8e4m3)
HONE_NARROW(fp8e5m2)
#undef HONE_NARROW
template <class T, class V>
__device__ __forceinline__ T element_of(V v) {
  return ElementOf<T>::run(v);
}
