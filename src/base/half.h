// Scalar conversions between float and the narrow floating-point formats (IEEE binary16, bfloat16, OCP FP8 E4M3/E5M2,
// FP4 E2M1, E8M0), with round-to-nearest-even. Plain types for storage; arithmetic is done in float.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace hone {

namespace detail {
/// Rounds a float to a format of `e` exponent bits and `m` mantissa bits; returns the bits without the sign. `ieee`
/// formats have infinities; the others saturate to `max_code` or give `nan_code` for NaN.
inline uint32_t narrow(float x, int e, int m, uint32_t inf_code, uint32_t nan_code, uint32_t overflow_code) {
  if (std::isnan(x)) return nan_code;
  const double a = std::fabs(static_cast<double>(x));
  if (std::isinf(x)) return inf_code;
  if (a == 0) return 0;
  const int bias = (1 << (e - 1)) - 1;
  int exp;
  std::frexp(a, &exp);
  int unbiased = exp - 1;
  if (unbiased < 1 - bias) unbiased = 1 - bias;
  const double scaled = std::ldexp(a, m - unbiased);  // in units of the last place
  const auto q = static_cast<uint32_t>(std::nearbyint(scaled));
  const uint32_t code =
      (static_cast<uint32_t>(unbiased + bias - 1) << m) + q;  // the hidden bit carries into the exponent
  return code > overflow_code ? inf_code : code;
}
inline float widen(uint32_t code, int e, int m) {
  const int bias = (1 << (e - 1)) - 1;
  const uint32_t exp = code >> m, man = code & ((1u << m) - 1);
  return exp == 0 ? std::ldexp(static_cast<float>(man), 1 - bias - m)
                  : std::ldexp(static_cast<float>(man | (1u << m)), static_cast<int>(exp) - bias - m);
}
}  // namespace detail

/// IEEE 754 binary16.
struct half {
  uint16_t bits = 0;
  half() = default;
  explicit half(float x) {
    const uint32_t sign = std::bit_cast<uint32_t>(x) >> 31;
    bits = static_cast<uint16_t>(sign << 15 | detail::narrow(x, 5, 10, 0x7c00, 0x7e00, 0x7bff));
  }
  explicit operator float() const {
    const uint32_t c = bits & 0x7fff;
    float v = c > 0x7c00    ? std::numeric_limits<float>::quiet_NaN()
              : c == 0x7c00 ? std::numeric_limits<float>::infinity()
                            : detail::widen(c, 5, 10);
    return bits >> 15 ? -v : v;
  }
};

/// bfloat16: the upper half of a binary32.
struct bfloat16 {
  uint16_t bits = 0;
  bfloat16() = default;
  explicit bfloat16(float x) {
    uint32_t u = std::bit_cast<uint32_t>(x);
    bits = std::isnan(x) ? static_cast<uint16_t>(u >> 16 | 0x40)
                         : static_cast<uint16_t>((u + 0x7fff + (u >> 16 & 1)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

/// OCP FP8 E4M3 (no infinities; saturating conversion).
struct fp8e4m3 {
  uint8_t bits = 0;
  fp8e4m3() = default;
  explicit fp8e4m3(float x) {
    const uint32_t sign = std::bit_cast<uint32_t>(x) >> 31;
    bits = static_cast<uint8_t>(sign << 7 | detail::narrow(x, 4, 3, 0x7e, 0x7f, 0x7e));
  }
  explicit operator float() const {
    const uint32_t c = bits & 0x7f;
    float v = c == 0x7f ? std::numeric_limits<float>::quiet_NaN() : detail::widen(c, 4, 3);
    return bits >> 7 ? -v : v;
  }
};

/// OCP FP8 E5M2 (with infinities; saturating conversion of finite values).
struct fp8e5m2 {
  uint8_t bits = 0;
  fp8e5m2() = default;
  explicit fp8e5m2(float x) {
    const uint32_t sign = std::bit_cast<uint32_t>(x) >> 31;
    uint32_t code = detail::narrow(x, 5, 2, 0x7c, 0x7e, 0x7b);
    if (code == 0x7c && !std::isinf(x)) code = 0x7b;
    bits = static_cast<uint8_t>(sign << 7 | code);
  }
  explicit operator float() const {
    const uint32_t c = bits & 0x7f;
    float v = c > 0x7c    ? std::numeric_limits<float>::quiet_NaN()
              : c == 0x7c ? std::numeric_limits<float>::infinity()
                          : detail::widen(c, 5, 2);
    return bits >> 7 ? -v : v;
  }
};

/// OCP MX scale E8M0: a power of two.
struct e8m0 {
  uint8_t bits = 0;
  e8m0() = default;
  explicit e8m0(float x) {
    if (std::isnan(x)) {
      bits = 0xff;
      return;
    }
    const float l = x > 0 ? std::nearbyint(std::log2(x)) : -127.f;
    bits = static_cast<uint8_t>((l < -127 ? -127 : l > 127 ? 127 : l) + 127);
  }
  explicit operator float() const {
    return bits == 0xff ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.f, static_cast<int>(bits) - 127);
  }
};

/// FP4 E2M1 code (low four bits) from and to float; saturating.
inline uint8_t fp4_from_float(float x) {
  const uint32_t sign = std::bit_cast<uint32_t>(x) >> 31;
  return static_cast<uint8_t>(sign << 3 | detail::narrow(x, 2, 1, 7, 7, 7));
}
inline float fp4_to_float(uint8_t code) {
  const float v = detail::widen(code & 7, 2, 1);
  return code & 8 ? -v : v;
}

}  // namespace hone
