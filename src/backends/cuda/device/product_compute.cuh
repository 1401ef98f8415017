// What a block of a matrix product does with its slabs in shared memory: products on the tensor cores or by ordinary
// fused multiply-adds, accumulated in f32 registers, and the way of the results to rows of shared memory.
#pragma once

#include "product_load.cuh"
#include "wgmma.cuh"

namespace product {

template <class T>
struct KindOf;
template <>
struct KindOf<half> {
  static constexpr mma::Kind value = mma::kF16;
};
template <>
struct KindOf<bfloat16> {
  static constexpr mma::Kind value = mma::kBF16;
};
template <>
struct KindOf<float> {
  static constexpr mma::Kind value = mma::kTF32;
};

/// Tensor cores: WARPS_M x WARPS_N warps, each with a part of the BM x BN tile; slabs are CHUNKS chunks deep. A_K, B_K:
/// the slab lies along K.
template <class T, int BM, int BN, int CHUNKS, int WARPS_M, int WARPS_N, bool A_K, bool B_K>
class TensorCores {
 public:
  static constexpr bool kRunsOn = false;
  static constexpr int kThreads = WARPS_M * WARPS_N * 32;
  static constexpr int kPasses = BM / WARPS_M / 16;  // rows leave in this many passes
  static constexpr int kPassRows = WARPS_M * 16;

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kRows; ++i)
#pragma unroll
      for (int j = 0; j < kColumns; ++j)
#pragma unroll
        for (int e = 0; e < 4; ++e) sum_[i][j][e] = 0;
  }

  __device__ __forceinline__ void multiply(const char* a, const char* b) {
#pragma unroll
    for (int step = 0; step < CHUNKS / 2; ++step) {
      unsigned fa[kRows][4], fb[kColumns / 2][4];
#pragma unroll
      for (int i = 0; i < kRows; ++i) load_a(fa[i], a, warp_m() * (BM / WARPS_M) + i * 16, step);
#pragma unroll
      for (int j = 0; j < kColumns / 2; ++j) load_b(fb[j], b, warp_n() * (BN / WARPS_N) + j * 16, step);
#pragma unroll
      for (int i = 0; i < kRows; ++i)
#pragma unroll
        for (int j = 0; j < kColumns; ++j)
          mma::multiply_add<kKind>(sum_[i][j], fa[i], fb[j / 2][j % 2 * 2], fb[j / 2][j % 2 * 2 + 1]);
    }
  }

  /// Row of the tile that is row `r` of a pass.
  static __device__ __forceinline__ int row_of(int pass, int r) { return r / 16 * (BM / WARPS_M) + pass * 16 + r % 16; }
  /// Writes the rows of a pass.
  template <int PITCH>
  __device__ __forceinline__ void put(int pass, float* stage) const {
    const int g = mma::lane() / 4, t = mma::lane() % 4;
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (i != pass) continue;
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        float* to = stage + (warp_m() * 16 + g) * PITCH + warp_n() * (BN / WARPS_N) + j * 8 + t * 2;
        *reinterpret_cast<Pack<float, 2>*>(to) = {{sum_[i][j][0], sum_[i][j][1]}};
        *reinterpret_cast<Pack<float, 2>*>(to + 8 * PITCH) = {{sum_[i][j][2], sum_[i][j][3]}};
      }
    }
  }

 protected:
  static constexpr mma::Kind kKind = KindOf<T>::value;
  float sum_[BM / WARPS_M / 16][BN / WARPS_N / 8][4];

 private:
  static constexpr int kRows = BM / WARPS_M / 16, kColumns = BN / WARPS_N / 8;
  static constexpr int kElements = 16 / sizeof(T);
  static_assert(kRows >= 1 && kColumns >= 2 && kColumns % 2 == 0 && CHUNKS % 2 == 0, "tile of a warp");
  static __device__ __forceinline__ int warp_m() { return threadIdx.x / 32 % WARPS_M; }
  static __device__ __forceinline__ int warp_n() { return threadIdx.x / 32 / WARPS_M; }

  static __device__ __forceinline__ void round(unsigned (&f)[4]) {
    if constexpr (kKind == mma::kTF32) {
#pragma unroll
      for (int i = 0; i < 4; ++i) f[i] = mma::round_tf32(f[i]);
    }
  }
  // Elements of a slab across K, one by one: 4-byte elements have no transposing load.
  template <int WIDTH>
  static __device__ __forceinline__ unsigned element(const char* slab, int k, int at) {
    return *reinterpret_cast<const unsigned*>(slab + chunk_offset<WIDTH / kElements>(k, at / kElements) +
                                              at % kElements * 4);
  }
  static __device__ __forceinline__ void load_a(unsigned (&f)[4], const char* slab, int row, int step) {
    const int lane = mma::lane();
    if constexpr (A_K) {
      mma::load_matrices(f, slab + chunk_offset<CHUNKS>(row + lane % 16, step * 2 + lane / 16));
    } else if constexpr (sizeof(T) == 2) {
      const int k = step * 16 + lane % 8 + lane / 16 * 8;
      mma::load_matrices_transposed(f, slab + chunk_offset<BM / kElements>(k, row / 8 + lane / 8 % 2));
    } else {
      const int k = step * 8 + lane % 4, m = row + lane / 4;
      f[0] = element<BM>(slab, k, m), f[1] = element<BM>(slab, k, m + 8);
      f[2] = element<BM>(slab, k + 4, m), f[3] = element<BM>(slab, k + 4, m + 8);
    }
    round(f);
  }
  // Two neighbouring tiles of 8 columns: registers 0, 1 and 2, 3.
  static __device__ __forceinline__ void load_b(unsigned (&f)[4], const char* slab, int column, int step) {
    const int lane = mma::lane();
    if constexpr (B_K) {
      mma::load_matrices(f, slab + chunk_offset<CHUNKS>(column + lane % 8 + lane / 16 * 8, step * 2 + lane / 8 % 2));
    } else if constexpr (sizeof(T) == 2) {
      const int k = step * 16 + lane % 16;
      mma::load_matrices_transposed(f, slab + chunk_offset<BN / kElements>(k, column / 8 + lane / 16));
    } else {
      const int k = step * 8 + lane % 4, n = column + lane / 4;
      f[0] = element<BN>(slab, k, n), f[1] = element<BN>(slab, k + 4, n);
      f[2] = element<BN>(slab, k, n + 8), f[3] = element<BN>(slab, k + 4, n + 8);
    }
    round(f);
  }
};

/// Ordinary arithmetic: THREADS_M x THREADS_N threads; thread (y, x) has rows y + i THREADS_M and columns
/// x + j THREADS_N. Elements of any float type, products and sums in f32.
template <class T, int BM, int BN, int CHUNKS, int THREADS_M, int THREADS_N, bool A_K, bool B_K>
class PlainCores {
 public:
  static constexpr bool kRunsOn = false;
  static constexpr int kThreads = THREADS_M * THREADS_N;
  static constexpr int kPasses = BM / THREADS_M;
  static constexpr int kPassRows = THREADS_M;

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kRows; ++i)
#pragma unroll
      for (int j = 0; j < kColumns; ++j) sum_[i][j] = 0;
  }

  __device__ __forceinline__ void multiply(const char* a, const char* b) {
#pragma unroll
    for (int quad = 0; quad < CHUNKS * kElements / 4; ++quad) {
      float fb[kColumns][4];
#pragma unroll
      for (int j = 0; j < kColumns; ++j) load<B_K, BN>(fb[j], b, x() + j * THREADS_N, quad);
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        float fa[4];
        load<A_K, BM>(fa, a, y() + i * THREADS_M, quad);
#pragma unroll
        for (int e = 0; e < 4; ++e)
#pragma unroll
          for (int j = 0; j < kColumns; ++j) sum_[i][j] = fmaf(fa[e], fb[j][e], sum_[i][j]);
      }
    }
  }

  static __device__ __forceinline__ int row_of(int pass, int r) { return pass * THREADS_M + r; }
  template <int PITCH>
  __device__ __forceinline__ void put(int pass, float* stage) const {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (i != pass) continue;
#pragma unroll
      for (int j = 0; j < kColumns; ++j) stage[y() * PITCH + x() + j * THREADS_N] = sum_[i][j];
    }
  }

 private:
  static constexpr int kRows = BM / THREADS_M, kColumns = BN / THREADS_N;
  static constexpr int kElements = 16 / sizeof(T);
  static __device__ __forceinline__ int y() { return threadIdx.x / THREADS_N; }
  static __device__ __forceinline__ int x() { return threadIdx.x % THREADS_N; }
  // Four elements along K of one row or column.
  template <bool ALONG_K, int WIDTH>
  static __device__ __forceinline__ void load(float (&f)[4], const char* slab, int at, int quad) {
    if constexpr (ALONG_K) {
      constexpr int kQuads = kElements / 4;  // of a chunk
      const char* from =
          slab + chunk_offset<CHUNKS>(at, quad / kQuads) + quad % kQuads * 4 * static_cast<int>(sizeof(T));
      load_floats<4>(reinterpret_cast<const T*>(from), f);
    } else {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const char* from = slab + chunk_offset<WIDTH / kElements>(quad * 4 + e, at / kElements);
        f[e] = to_float(reinterpret_cast<const T*>(from)[at % kElements]);
      }
    }
  }
  float sum_[kRows][kColumns];
};

/// Hopper's tensor cores: GROUPS_M x GROUPS_N groups of four warps. Both slabs lie along K and are 128 bytes deep.
/// multiply() returns while the products run: a slab is free when the multiply() after the next one returns.
template <class T, int BM, int BN, int CHUNKS, int GROUPS_M, int GROUPS_N, bool A_K, bool B_K>
class WarpGroups {
 public:
  static constexpr bool kRunsOn = true;
  static constexpr int kThreads = GROUPS_M * GROUPS_N * 128;
  static constexpr int kPasses = BM / GROUPS_M / 64;
  static constexpr int kPassRows = GROUPS_M * 64;

  /// FIRST: the sums begin here.
  template <bool FIRST>
  __device__ __forceinline__ void multiply(const char* a, const char* b) {
    a += group_m() * (BM / GROUPS_M) * 128, b += group_n() * kColumns * 128;
    hold();
    wgmma::fence_registers();
#pragma unroll
    for (int step = 0; step < 4; ++step)
#pragma unroll
      for (int i = 0; i < kPasses; ++i)
        wgmma::multiply_add<KindOf<T>::value, kColumns>(sum_[i], a + i * 64 * 128, b, step, !FIRST || step > 0);
    wgmma::commit();
    hold();
  }
  __device__ __forceinline__ void finish() {
    wgmma::wait<0>();
    hold();
  }

  static __device__ __forceinline__ int row_of(int pass, int r) {
    return r / 64 * (BM / GROUPS_M) + pass * 64 + r % 64;
  }
  template <int PITCH>
  __device__ __forceinline__ void put(int pass, float* stage) const {
    const int g = mma::lane() / 4, t = mma::lane() % 4, warp = threadIdx.x / 32 % 4;
#pragma unroll
    for (int i = 0; i < kPasses; ++i) {
      if (i != pass) continue;
#pragma unroll
      for (int j = 0; j < kColumns / 8; ++j) {
        float* to = stage + (group_m() * 64 + warp * 16 + g) * PITCH + group_n() * kColumns + j * 8 + t * 2;
        *reinterpret_cast<Pack<float, 2>*>(to) = {{sum_[i][j * 4], sum_[i][j * 4 + 1]}};
        *reinterpret_cast<Pack<float, 2>*>(to + 8 * PITCH) = {{sum_[i][j * 4 + 2], sum_[i][j * 4 + 3]}};
      }
    }
  }
  /// Columns [part WIDTH, (part + 1) WIDTH) of the 16 rows of 64-row block `block` that the caller's warp has.
  template <int PITCH, int WIDTH>
  __device__ __forceinline__ void put_part(int block, int part, float* stage) const {
    const int g = mma::lane() / 4, t = mma::lane() % 4;
#pragma unroll
    for (int i = 0; i < kPasses; ++i)
#pragma unroll
      for (int p = 0; p < kColumns / WIDTH; ++p) {
        if (i != block || p != part) continue;
#pragma unroll
        for (int j = 0; j < WIDTH / 8; ++j) {
          const float* sums = sum_[i] + (p * WIDTH / 8 + j) * 4;
          float* to = stage + g * PITCH + j * 8 + t * 2;
          *reinterpret_cast<Pack<float, 2>*>(to) = {{sums[0], sums[1]}};
          *reinterpret_cast<Pack<float, 2>*>(to + 8 * PITCH) = {{sums[2], sums[3]}};
        }
      }
  }

  /// The caller's two neighbours of columns [8 chunk, 8 chunk + 8) and 64-row block `block`: of the lower (0) or the
  /// upper (1) eight rows of its warp.
  __device__ __forceinline__ void pair(int block, int chunk, int upper, float (&v)[2]) const {
    v[0] = sum_[block][chunk * 4 + upper * 2], v[1] = sum_[block][chunk * 4 + upper * 2 + 1];
  }

 private:
  static constexpr int kColumns = BN / GROUPS_N;
  /// Keeps the compiler from moving the sums about while products run.
  __device__ __forceinline__ void hold() {
#ifndef HONE_EMULATED
#pragma unroll
    for (int i = 0; i < kPasses; ++i)
#pragma unroll
      for (int e = 0; e < kColumns / 2; ++e) asm volatile("" : "+f"(sum_[i][e])::"memory");
#endif
  }
  static_assert(A_K && B_K && CHUNKS == 8 && sizeof(T) == 2, "slabs as the descriptors say");
  static __device__ __forceinline__ int group_m() { return threadIdx.x / 128 % GROUPS_M; }
  static __device__ __forceinline__ int group_n() { return threadIdx.x / 128 / GROUPS_M % GROUPS_N; }
  float sum_[kPasses][kColumns / 2];
};

}  // namespace product
