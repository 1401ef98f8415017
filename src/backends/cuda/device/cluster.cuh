// Blocks of a cluster (sm_90 and later): their shared memory read from one another, and barriers over all of them. Not
// emulated: such kernels are only made where the device launches clusters; alone, a block is a cluster of one.
#pragma once

#include "mma.cuh"

namespace cluster {

/// M x N blocks along the first axis of the grid that compute neighbouring tiles, rows first: those of a row share the
/// slabs of the first operand, those of a column the second one's.
template <int M, int N>
struct Mesh {
  static constexpr int kRows = M, kColumns = N, kBlocks = M * N;
  static __device__ __forceinline__ int rank() { return kBlocks == 1 ? 0 : static_cast<int>(blockIdx.x) % kBlocks; }
  static __device__ __forceinline__ int row() { return rank() % M; }
  static __device__ __forceinline__ int column() { return rank() / M; }
  /// Bits of the blocks that share the caller's slabs of the first operand, and of the second.
  static __device__ __forceinline__ unsigned same_row() {
    unsigned mask = 0;
    for (int i = 0; i < N; ++i) mask |= 1u << (row() + M * i);
    return mask;
  }
  static __device__ __forceinline__ unsigned same_column() {
    unsigned mask = 0;
    for (int i = 0; i < M; ++i) mask |= 1u << (i + M * column());
    return mask;
  }
};

#ifndef HONE_EMULATED

__device__ __forceinline__ unsigned rank() {
  unsigned r;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(r));
  return r;
}

/// All threads of all blocks; what they wrote to shared memory before is seen after.
__device__ __forceinline__ void synchronize() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive.release.aligned;\n\tbarrier.cluster.wait.acquire.aligned;" ::: "memory");
#endif
}

/// Four neighbours at this place (of the caller's own shared memory, 16-byte aligned) in the memory of block `rank`.
__device__ __forceinline__ void load4(const float* own, unsigned rank, float* v) {
#if __CUDA_ARCH__ >= 900
  unsigned address;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(address) : "r"(mma::shared_address(own)), "r"(rank));
  asm volatile("ld.shared::cluster.v4.f32 {%0, %1, %2, %3}, [%4];"
               : "=f"(v[0]), "=f"(v[1]), "=f"(v[2]), "=f"(v[3])
               : "r"(address)
               : "memory");
#endif
}

#endif

/// A barrier of the caller's block, or of all threads of a cluster of BLOCKS that are left.
template <int BLOCKS>
__device__ __forceinline__ void meet() {
#ifndef HONE_EMULATED
  if (BLOCKS > 1) return synchronize();
#endif
  __syncthreads();
}

}  // namespace cluster
