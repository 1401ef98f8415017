// Division by numbers that are known before the launch, for turning a linear index into coordinates.
#pragma once

/// Divides 0 <= n < 2^31 by a fixed number with a multiplication (Granlund and Montgomery); made by make_divisor().
struct Divisor32 {
  unsigned divisor, multiplier, shift;
};
/// The same interface for indices that need 64 bits.
struct Divisor64 {
  long long divisor;
};
__device__ __forceinline__ int quotient(int n, Divisor32 d) {
  const unsigned u = static_cast<unsigned>(n);
  return static_cast<int>((__umulhi(u, d.multiplier) + u) >> d.shift);
}
__device__ __forceinline__ long long quotient(long long n, Divisor64 d) { return n / d.divisor; }
/// n becomes n / d; returns n % d.
__device__ __forceinline__ int split(int& n, Divisor32 d) {
  const int q = quotient(n, d), r = n - q * static_cast<int>(d.divisor);
  n = q;
  return r;
}
__device__ __forceinline__ long long split(long long& n, Divisor64 d) {
  const long long q = n / d.divisor, r = n - q * d.divisor;
  n = q;
  return r;
}
