// Tensor-core products, matrix loads from shared memory and asynchronous copies: every PTX instruction that the heavy
// kernels use stands here behind a function. Under HONE_EMULATED each has a plain version that exchanges the lanes'
// registers through memory and means the same. Fragments are those of the PTX manual's mma.m16n8k16 and m16n8k8 (tf32).
#pragma once

#include "half.cuh"

namespace mma {

enum Kind { kF16, kBF16, kTF32 };

/// 16 bytes, moved as one.
struct alignas(16) Chunk {
  unsigned word[4];
};

#ifdef HONE_EMULATED

__device__ inline int lane() { return emulated_lane(); }

struct Registers {
  unsigned a[4], b[2];
};

template <Kind K>
inline float emulated_element(const unsigned* words, int index) {
  if (K == kTF32) return float_of_bits(words[index] & 0xffffe000u);
  const auto bits = static_cast<unsigned short>(words[index / 2] >> (index % 2 * 16));
  if (K == kF16) return float_of_half(bits);
  return float_of_bits(static_cast<unsigned>(bits) << 16);
}

template <Kind K>
__device__ inline void multiply_add(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  const Registers mine = {{a[0], a[1], a[2], a[3]}, {b0, b1}};
  const auto warp = emulated_exchange(0xffffffffu, mine);
  constexpr int kPerWord = K == kTF32 ? 1 : 2;  // elements of a register
  const int g = lane() / 4, t = lane() % 4;
  for (int owner = 0; owner < 4; ++owner) {  // lane within a group of four, which holds these elements of K
    const Registers ra = warp[g * 4 + owner], even = warp[2 * t * 4 + owner], odd = warp[(2 * t + 1) * 4 + owner];
    for (int part = 0; part < 2; ++part)  // along K: registers 0, 1 of A and 0 of B, then the others
      for (int e = 0; e < kPerWord; ++e) {
        const float b_even = emulated_element<K>(even.b + part, e), b_odd = emulated_element<K>(odd.b + part, e);
        const float low = emulated_element<K>(ra.a + part * 2, e), high = emulated_element<K>(ra.a + part * 2 + 1, e);
        c[0] += low * b_even, c[1] += low * b_odd;
        c[2] += high * b_even, c[3] += high * b_odd;
      }
  }
}

/// Four 8x8 matrices of 16-bit elements; lane 8 i + r gives the address of row r of matrix i.
__device__ inline void load_matrices(unsigned (&r)[4], const void* row) {
  const auto rows = emulated_exchange(0xffffffffu, static_cast<const unsigned*>(row));
  for (int i = 0; i < 4; ++i) r[i] = rows[i * 8 + lane() / 4][lane() % 4];
}
__device__ inline void load_matrices_transposed(unsigned (&r)[4], const void* row) {
  const auto rows = emulated_exchange(0xffffffffu, static_cast<const unsigned short*>(row));
  for (int i = 0; i < 4; ++i) {
    const unsigned low = rows[i * 8 + lane() % 4 * 2][lane() / 4], high = rows[i * 8 + lane() % 4 * 2 + 1][lane() / 4];
    r[i] = low | high << 16;
  }
}

/// The way back.
__device__ inline void store_matrices(void* row, const unsigned (&r)[4]) {
  const Registers mine = {{r[0], r[1], r[2], r[3]}, {0, 0}};
  const auto warp = emulated_exchange(0xffffffffu, mine);
  for (int i = 0; i < 4; ++i) static_cast<unsigned*>(row)[i] = warp[lane() % 8 * 4 + i].a[lane() / 8];
}

/// To TF32, halves away from zero.
__device__ inline unsigned round_tf32(unsigned bits) {
  return (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & 0xffffe000u;
}

/// 16 bytes of shared memory: `bytes` from global memory, zeros behind. With bytes 0 nothing is read.
__device__ inline void copy_async(void* shared, const void* global, int bytes) {
  __builtin_memset(shared, 0, 16);
  __builtin_memcpy(shared, global, static_cast<unsigned long>(bytes));
}
/// The same, all or nothing, to `offset` bytes behind `shared`. Where it is nothing the source is no address.
__device__ inline void copy_async16(char* shared, int offset, const void* global, bool valid) {
  copy_async(shared + offset, global, valid ? 16 : 0);
}
/// The same for 4 bytes; all or nothing.
__device__ inline void copy_async4(void* shared, const void* global, bool valid) {
  __builtin_memset(shared, 0, 4);
  if (valid) __builtin_memcpy(shared, global, 4);
}
__device__ inline void commit_copies() {}
/// Waits until at most `Pending` of the thread's latest committed groups are under way.
template <int Pending>
__device__ inline void wait_copies() {}

#else

__device__ __forceinline__ int lane() { return static_cast<int>(threadIdx.x % 32); }

__device__ __forceinline__ unsigned shared_address(const void* p) {
  unsigned a;
  asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(a) : "l"(p));
  return a;
}

/// c += A B for one 16x8 tile; registers hold 16 elements along K of f16 and bf16, 8 of tf32.
template <Kind K>
__device__ __forceinline__ void multiply_add(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#if __CUDA_ARCH__ >= 800
  if constexpr (K == kF16)
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  else if constexpr (K == kBF16)
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  else
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#elif __CUDA_ARCH__ >= 750
  static_assert(K == kF16, "before sm_80 the tensor cores multiply f16 only");
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(b0));
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[2]), "r"(a[3]), "r"(b1));
#endif
}

/// Four 8x8 matrices of 16-bit elements; lane 8 i + r gives the address of row r of matrix i.
__device__ __forceinline__ void load_matrices(unsigned (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void load_matrices_transposed(unsigned (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

/// The way back. Hopper and later.
__device__ __forceinline__ void store_matrices(void* row, const unsigned (&r)[4]) {
#if __CUDA_ARCH__ >= 900
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(shared_address(row)), "r"(r[0]),
               "r"(r[1]), "r"(r[2]), "r"(r[3])
               : "memory");
#endif
}

/// To TF32, halves away from zero.
__device__ __forceinline__ unsigned round_tf32(unsigned bits) {
#if __CUDA_ARCH__ >= 800
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(__uint_as_float(bits)));
  return r;
#else
  return bits;
#endif
}

/// 16 bytes of shared memory: `bytes` from global memory, zeros behind. With bytes 0 nothing is read.
__device__ __forceinline__ void copy_async(void* shared, const void* global, int bytes) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes)
               : "memory");
#else
  Chunk c = {{0, 0, 0, 0}};
  if (bytes == 16) {
    c = *static_cast<const Chunk*>(global);
  } else {
#pragma unroll
    for (int i = 0; i < 8; ++i)
      if (i * 2 < bytes) {
        const unsigned piece = static_cast<const unsigned short*>(global)[i];
        c.word[i / 2] |= piece << (i % 2 * 16);
      }
  }
  *static_cast<Chunk*>(shared) = c;
#endif
}
/// The same, all or nothing, to `offset` bytes behind `shared`. Where it is nothing the source is no address.
__device__ __forceinline__ void copy_async16(char* shared, int offset, const void* global, bool valid) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "{ .reg .pred skip; setp.eq.s32 skip, %2, 0;\n\t"
      "cp.async.cg.shared.global [%0], [%1], 16, skip; }" ::"r"(shared_address(shared) + static_cast<unsigned>(offset)),
      "l"(global), "r"(static_cast<int>(valid))
      : "memory");
#else
  Chunk c = {{0, 0, 0, 0}};
  if (valid) c = *static_cast<const Chunk*>(global);
  *reinterpret_cast<Chunk*>(shared + offset) = c;
#endif
}
/// The same for 4 bytes; all or nothing.
__device__ __forceinline__ void copy_async4(void* shared, const void* global, bool valid) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(shared)), "l"(global),
               "r"(valid ? 4 : 0)
               : "memory");
#else
  *static_cast<unsigned*>(shared) = valid ? *static_cast<const unsigned*>(global) : 0u;
#endif
}
__device__ __forceinline__ void commit_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
/// Waits until at most `Pending` of the thread's latest committed groups are under way.
template <int Pending>
__device__ __forceinline__ void wait_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
#endif
}

#endif

}  // namespace mma
