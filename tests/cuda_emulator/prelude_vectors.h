// CUDA's vector types.
#pragma once

#define HONE_VECTOR(T, N, A2, A4)                              \
  struct N##1 {                                                \
    T x;                                                       \
  };                                                           \
  struct __attribute__((aligned(A2))) N##2 {                   \
    T x, y;                                                    \
  };                                                           \
  struct N##3 {                                                \
    T x, y, z;                                                 \
  };                                                           \
  struct __attribute__((aligned(A4))) N##4 {                   \
    T x, y, z, w;                                              \
  };                                                           \
  inline N##1 make_##N##1(T x) { return {x}; }                 \
  inline N##2 make_##N##2(T x, T y) { return {x, y}; }         \
  inline N##3 make_##N##3(T x, T y, T z) { return {x, y, z}; } \
  inline N##4 make_##N##4(T x, T y, T z, T w) { return {x, y, z, w}; }
HONE_VECTOR(signed char, char, 2, 4)
HONE_VECTOR(unsigned char, uchar, 2, 4)
HONE_VECTOR(short, short, 4, 8)
HONE_VECTOR(unsigned short, ushort, 4, 8)
HONE_VECTOR(int, int, 8, 16)
HONE_VECTOR(unsigned, uint, 8, 16)
HONE_VECTOR(long, long, 16, 16)
HONE_VECTOR(unsigned long, ulong, 16, 16)
HONE_VECTOR(long long, longlong, 16, 16)
HONE_VECTOR(unsigned long long, ulonglong, 16, 16)
HONE_VECTOR(float, float, 8, 16)
HONE_VECTOR(double, double, 16, 16)
#undef HONE_VECTOR
