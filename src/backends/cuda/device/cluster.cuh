// Blocks of a cluster (sm_90 and later): their shared memory read from one another, and barriers over all of them. Not
// emulated: such kernels are only made where the device launches clusters.
#pragma once

#include "mma.cuh"

namespace cluster {

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

}  // namespace cluster
