// Half and brain floats in kernels: storage types, conversions to and from float (round to nearest even), and packs of
// neighbouring elements that are loaded and stored in one access.
#pragma once

struct half {
  unsigned short bits;
};
struct bfloat16 {
  unsigned short bits;
};

#ifdef HONE_EMULATED
inline unsigned bits_of(float x) {
  unsigned u;
  __builtin_memcpy(&u, &x, 4);
  return u;
}
inline float float_of_bits(unsigned u) {
  float x;
  __builtin_memcpy(&x, &u, 4);
  return x;
}
#else
__device__ __forceinline__ unsigned bits_of(float x) { return __float_as_uint(x); }
__device__ __forceinline__ float float_of_bits(unsigned u) { return __uint_as_float(u); }
#endif

#ifdef HONE_EMULATED
inline unsigned short half_bits(float x) {
  const unsigned u = bits_of(x), sign = u >> 16 & 0x8000u, a = u & 0x7fffffffu;
  if (a > 0x7f800000u) return 0x7fff;
  if (a >= 0x477ff000u) return static_cast<unsigned short>(sign | 0x7c00u);
  if (a < 0x38800000u) {  // subnormal: adding 0.5 leaves the mantissa in the lowest bits, rounded
    const unsigned m = bits_of(float_of_bits(a) + 0.5f) - 0x3f000000u;
    return static_cast<unsigned short>(sign | m);
  }
  return static_cast<unsigned short>(sign | (a - 0x38000000u + 0xfffu + (a >> 13 & 1u)) >> 13);
}
inline float float_of_half(unsigned short h) {
  const unsigned sign = (h & 0x8000u) << 16, e = h >> 10 & 31u, m = h & 1023u;
  if (e == 31) return float_of_bits(sign | 0x7f800000u | m << 13);
  if (e == 0) {
    const float v = static_cast<float>(m) * 5.9604644775390625e-8f;
    return float_of_bits(sign | bits_of(v));
  }
  return float_of_bits(sign | (e + 112) << 23 | m << 13);
}
#else
__device__ __forceinline__ unsigned short half_bits(float x) {
  unsigned short h;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x));
  return h;
}
__device__ __forceinline__ float float_of_half(unsigned short h) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(h));
  return x;
}
#endif

__device__ __forceinline__ unsigned short bfloat16_bits(float x) {
#if !defined(HONE_EMULATED) && __CUDA_ARCH__ >= 800
  unsigned short h;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(h) : "f"(x));
  return h;
#else
  const unsigned u = bits_of(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<unsigned short>((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
#endif
}

/// Two neighbours in one register, `lo` in the lower half.
__device__ __forceinline__ unsigned pack_half2(float lo, float hi) {
#if !defined(HONE_EMULATED) && __CUDA_ARCH__ >= 800
  unsigned d;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(d) : "f"(hi), "f"(lo));
  return d;
#else
  return half_bits(lo) | static_cast<unsigned>(half_bits(hi)) << 16;
#endif
}
__device__ __forceinline__ unsigned pack_bfloat162(float lo, float hi) {
#if !defined(HONE_EMULATED) && __CUDA_ARCH__ >= 800
  unsigned d;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(d) : "f"(hi), "f"(lo));
  return d;
#else
  return bfloat16_bits(lo) | static_cast<unsigned>(bfloat16_bits(hi)) << 16;
#endif
}

__device__ __forceinline__ unsigned pack_pair(half, float lo, float hi) { return pack_half2(lo, hi); }
__device__ __forceinline__ unsigned pack_pair(bfloat16, float lo, float hi) { return pack_bfloat162(lo, hi); }

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(half x) { return float_of_half(x.bits); }
__device__ __forceinline__ float to_float(bfloat16 x) { return float_of_bits(static_cast<unsigned>(x.bits) << 16); }

/// from_float<T>(x): rounded to T.
template <class T>
__device__ __forceinline__ T from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ half from_float<half>(float x) {
  half h;
  h.bits = half_bits(x);
  return h;
}
template <>
__device__ __forceinline__ bfloat16 from_float<bfloat16>(float x) {
  bfloat16 h;
  h.bits = bfloat16_bits(x);
  return h;
}

/// N neighbours; one access up to 16 bytes, several of 16 bytes above. N elements must be a power of two of bytes, and
/// their address a multiple of 16 or of the pack's size where that is less.
template <class T, int N>
struct alignas(sizeof(T) * N < 16 ? sizeof(T) * N : 16) Pack {
  T at[N];
};
template <int N, class T>
__device__ __forceinline__ Pack<T, N> load_pack(const T* p) {
  return *reinterpret_cast<const Pack<T, N>*>(p);
}
template <int N, class T>
__device__ __forceinline__ void store_pack(T* p, const Pack<T, N>& v) {
  *reinterpret_cast<Pack<T, N>*>(p) = v;
}

template <int BYTES>
struct alignas(BYTES < 16 ? BYTES : 16) Words {
  unsigned word[BYTES / 4];
};
template <>
struct Words<2> {
  unsigned short word[1];
};
template <>
struct Words<1> {
  unsigned char word[1];
};
/// A pack as it was loaded. It is taken apart where it is needed: instructions that take it apart wait for the load, so
/// that several loads are under way together only where that comes behind the last of them.
template <class T, int N>
struct Kept {
  Words<static_cast<int>(sizeof(T)) * N> words;
  __device__ __forceinline__ Pack<T, N> unpack() const { return reinterpret_cast<const Pack<T, N>&>(words); }
};
template <int N, class T>
__device__ __forceinline__ Kept<T, N> keep_pack(const T* p) {
  return *reinterpret_cast<const Kept<T, N>*>(p);
}
template <class T, int N>
__device__ __forceinline__ Kept<T, N> keep_pack(const Pack<T, N>& p) {
  return reinterpret_cast<const Kept<T, N>&>(p);
}
template <int N, class T>
__device__ __forceinline__ Kept<T, N> keep_pack(const T* p, bool aligned) {
  if (aligned) return keep_pack<N>(p);
  Pack<T, N> r;
#pragma unroll
  for (int i = 0; i < N; ++i) r.at[i] = p[i];
  return keep_pack(r);
}

/// One access where `aligned`, else element by element.
template <int N, class T>
__device__ __forceinline__ Pack<T, N> load_pack(const T* p, bool aligned) {
  if (aligned) return load_pack<N>(p);
  Pack<T, N> r;
#pragma unroll
  for (int i = 0; i < N; ++i) r.at[i] = p[i];
  return r;
}
template <int N, class T>
__device__ __forceinline__ void store_pack(T* p, const Pack<T, N>& v, bool aligned) {
  if (aligned) {
    store_pack<N>(p, v);
    return;
  }
#pragma unroll
  for (int i = 0; i < N; ++i) p[i] = v.at[i];
}

/// The same as floats.
template <int N, class T>
__device__ __forceinline__ void load_floats(const T* p, float (&v)[N]) {
  const Pack<T, N> r = load_pack<N>(p);
#pragma unroll
  for (int i = 0; i < N; ++i) v[i] = to_float(r.at[i]);
}

__device__ __forceinline__ void pack_floats(const float* v, Pack<float, 1>& r) { r.at[0] = v[0]; }
template <int N>
__device__ __forceinline__ void pack_floats(const float* v, Pack<float, N>& r) {
#pragma unroll
  for (int i = 0; i < N; ++i) r.at[i] = v[i];
}
template <int N>
__device__ __forceinline__ void pack_floats(const float* v, Pack<half, N>& r) {
  if constexpr (N == 1) {
    r.at[0] = from_float<half>(v[0]);
  } else {
#pragma unroll
    for (int i = 0; i < N; i += 2) {
      const unsigned d = pack_half2(v[i], v[i + 1]);
      r.at[i].bits = static_cast<unsigned short>(d), r.at[i + 1].bits = static_cast<unsigned short>(d >> 16);
    }
  }
}
template <int N>
__device__ __forceinline__ void pack_floats(const float* v, Pack<bfloat16, N>& r) {
  if constexpr (N == 1) {
    r.at[0] = from_float<bfloat16>(v[0]);
  } else {
#pragma unroll
    for (int i = 0; i < N; i += 2) {
      const unsigned d = pack_bfloat162(v[i], v[i + 1]);
      r.at[i].bits = static_cast<unsigned short>(d), r.at[i + 1].bits = static_cast<unsigned short>(d >> 16);
    }
  }
}
template <int N, class T>
__device__ __forceinline__ void store_floats(T* p, const float (&v)[N]) {
  Pack<T, N> r;
  pack_floats(v, r);
  store_pack<N>(p, r);
}
