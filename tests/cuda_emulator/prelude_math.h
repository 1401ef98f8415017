// Functions of CUDA's device library that are not in the host's, in plain C++. Fast variants are the exact ones here.
#pragma once

#define HONE_MIN_MAX(T)                            \
  inline T min(T a, T b) { return b < a ? b : a; } \
  inline T max(T a, T b) { return a < b ? b : a; }
HONE_MIN_MAX(int)
HONE_MIN_MAX(unsigned)
HONE_MIN_MAX(long)
HONE_MIN_MAX(unsigned long)
HONE_MIN_MAX(long long)
HONE_MIN_MAX(unsigned long long)
#undef HONE_MIN_MAX
inline unsigned min(unsigned a, int b) { return min(a, static_cast<unsigned>(b)); }
inline unsigned min(int a, unsigned b) { return min(static_cast<unsigned>(a), b); }
inline unsigned max(unsigned a, int b) { return max(a, static_cast<unsigned>(b)); }
inline unsigned max(int a, unsigned b) { return max(static_cast<unsigned>(a), b); }
inline long long min(long long a, long b) { return min(a, static_cast<long long>(b)); }
inline long long min(long a, long long b) { return min(static_cast<long long>(a), b); }
inline long long max(long long a, long b) { return max(a, static_cast<long long>(b)); }
inline long long max(long a, long long b) { return max(static_cast<long long>(a), b); }
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float rcbrtf(float x) { return 1.0f / cbrtf(x); }
inline float normcdff(float x) { return 0.5f * erfcf(-x * 0.70710678118654752f); }
inline float exp10f_(float x) { return powf(10.0f, x); }
inline float sinpif(float x) { return sinf(x * 3.14159265358979324f); }
inline float cospif(float x) { return cosf(x * 3.14159265358979324f); }
inline float __saturatef(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __expf(float x) { return expf(x); }
inline float __exp10f(float x) { return powf(10.0f, x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __powf(float a, float b) { return powf(a, b); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __tanhf(float x) { return tanhf(x); }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return 1.0f / sqrtf(x); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }

// Conversions to integers saturate, and give 0 for NaN.
template <class I>
inline I emulated_to_integer(double x) {
  if (x != x) return 0;
  constexpr double low = static_cast<double>(static_cast<I>(-1) < 0 ? I(1) << (sizeof(I) * 8 - 1) : 0);
  constexpr I high = static_cast<I>(-1) < 0 ? static_cast<I>(~(I(1) << (sizeof(I) * 8 - 1))) : static_cast<I>(~I(0));
  if (x <= low) return static_cast<I>(low);
  return x >= static_cast<double>(high) ? high : static_cast<I>(x);
}
inline int __float2int_rn(float x) { return emulated_to_integer<int>(rint(x)); }
inline int __float2int_rz(float x) { return emulated_to_integer<int>(trunc(x)); }
inline int __float2int_rd(float x) { return emulated_to_integer<int>(floor(x)); }
inline int __float2int_ru(float x) { return emulated_to_integer<int>(ceil(x)); }
inline unsigned __float2uint_rn(float x) { return emulated_to_integer<unsigned>(rint(x)); }
inline unsigned __float2uint_rz(float x) { return emulated_to_integer<unsigned>(trunc(x)); }
inline long long __float2ll_rn(float x) { return emulated_to_integer<long long>(rint(x)); }
inline long long __float2ll_rz(float x) { return emulated_to_integer<long long>(trunc(x)); }
inline unsigned long long __float2ull_rz(float x) { return emulated_to_integer<unsigned long long>(trunc(x)); }
inline int __double2int_rn(double x) { return emulated_to_integer<int>(rint(x)); }
inline int __double2int_rz(double x) { return emulated_to_integer<int>(trunc(x)); }
inline long long __double2ll_rn(double x) { return emulated_to_integer<long long>(rint(x)); }
inline long long __double2ll_rz(double x) { return emulated_to_integer<long long>(trunc(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

template <class To, class From>
inline To emulated_bits(From v) {
  static_assert(sizeof(To) == sizeof(From), "");
  To r;
  memcpy(&r, &v, sizeof(r));
  return r;
}
inline int __float_as_int(float x) { return emulated_bits<int>(x); }
inline unsigned __float_as_uint(float x) { return emulated_bits<unsigned>(x); }
inline float __int_as_float(int x) { return emulated_bits<float>(x); }
inline float __uint_as_float(unsigned x) { return emulated_bits<float>(x); }
inline long long __double_as_longlong(double x) { return emulated_bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emulated_bits<double>(x); }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
  unsigned r = 0;
  for (int i = 0; i < 32; ++i) r |= (x >> i & 1u) << (31 - i);
  return r;
}
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  const unsigned long long both = static_cast<unsigned long long>(b) << 32 | a;
  unsigned r = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned s = selector >> (4 * i) & 0xf;
    unsigned byte = static_cast<unsigned>(both >> (8 * (s & 7))) & 0xff;
    if (s & 8) byte = byte & 0x80 ? 0xff : 0;
    r |= byte << (8 * i);
  }
  return r;
}
inline int __mulhi(int a, int b) { return static_cast<int>(static_cast<long long>(a) * b >> 32); }
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64);
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned n) {
  return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) << (n & 31) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned n) {
  return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) >> (n & 31));
}
inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 4; ++i) c += static_cast<signed char>(a >> (8 * i)) * static_cast<signed char>(b >> (8 * i));
  return c;
}

template <class T>
inline T __ldg(const T* p) {
  return *p;
}
template <class T>
inline T __ldcg(const T* p) {
  return *p;
}
template <class T>
inline T __ldca(const T* p) {
  return *p;
}
template <class T>
inline T __ldcs(const T* p) {
  return *p;
}
template <class T>
inline T __ldlu(const T* p) {
  return *p;
}
template <class T>
inline void __stcg(T* p, T v) {
  *p = v;
}
template <class T>
inline void __stcs(T* p, T v) {
  *p = v;
}
template <class T>
inline void __stwb(T* p, T v) {
  *p = v;
}
template <class T>
inline void __stwt(T* p, T v) {
  *p = v;
}

inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
inline void __nanosleep(unsigned) {}
inline long long clock64() { return 0; }
inline void __trap() { hone_emulated_services->fail("the kernel trapped"); }
#define __builtin_assume(x) ((void)0)
#undef assert
#define assert(x) ((x) ? (void)0 : hone_emulated_services->fail("assertion failed: " #x))
#define __assume(x) ((void)0)
inline size_t __cvta_generic_to_shared(const void* p) {
  return static_cast<size_t>(static_cast<const unsigned char*>(p) - hone_emulated_shared);
}

// Threads take turns, so that plain operations are atomic.
template <class T>
struct EmulatedSame {
  using type = T;
};
#define HONE_ATOMIC(Name, expression)                     \
  template <class T>                                      \
  inline T Name(T* p, typename EmulatedSame<T>::type v) { \
    const T old = *p;                                     \
    *p = expression;                                      \
    return old;                                           \
  }
HONE_ATOMIC(atomicAdd, old + v)
HONE_ATOMIC(atomicSub, old - v)
HONE_ATOMIC(atomicExch, v)
HONE_ATOMIC(atomicMin, v < old ? v : old)
HONE_ATOMIC(atomicMax, old < v ? v : old)
HONE_ATOMIC(atomicAnd, old& v)
HONE_ATOMIC(atomicOr, old | v)
HONE_ATOMIC(atomicXor, old ^ v)
HONE_ATOMIC(atomicInc, old >= v ? T(0) : T(old + 1))
HONE_ATOMIC(atomicDec, old == T(0) || old > v ? v : T(old - 1))
#undef HONE_ATOMIC
template <class T>
inline T atomicCAS(T* p, typename EmulatedSame<T>::type compare, typename EmulatedSame<T>::type v) {
  const T old = *p;
  if (old == compare) *p = v;
  return old;
}
