// Signals between the warps of a block (mbarriers of the PTX manual): phases that end when a fixed number of arrivals
// has come, and waiting for the end of one. Hopper and later; the emulated form counts in the same word.
#pragma once

#include "mma.cuh"

namespace signals {

using Signal = unsigned long long;  // in shared memory, 8-byte aligned

#ifdef HONE_EMULATED

// Bit 32: parity of the current phase; above it, arrivals of a phase; below, those that are missing.
__device__ inline void open(Signal* s, unsigned arrivals) { *s = static_cast<Signal>(arrivals) << 33 | arrivals; }
__device__ inline void arrive(Signal* s) {
  const Signal arrivals = *s >> 33, parity = *s >> 32 & 1, missing = (*s & 0xffffffffu) - 1;
  *s = arrivals << 33 | (missing == 0 ? parity ^ 1 : parity) << 32 | (missing == 0 ? arrivals : missing);
}
__device__ inline void wait(const Signal* s, unsigned parity) {
  // The vote keeps the warp together, and lets others run.
  while (__any_sync(0xffffffffu, (*static_cast<const volatile Signal*>(s) >> 32 & 1) == parity)) {
  }
}
template <int>
__device__ inline void keep_registers() {}
template <int>
__device__ inline void take_registers() {}

#else

/// By one thread, before a barrier of the block.
__device__ __forceinline__ void open(Signal* s, unsigned arrivals) {
#if __CUDA_ARCH__ >= 900
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(mma::shared_address(s)), "r"(arrivals) : "memory");
#endif
}
/// What the thread wrote before is seen by those that waited for the phase.
__device__ __forceinline__ void arrive(Signal* s) {
#if __CUDA_ARCH__ >= 900
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(mma::shared_address(s)) : "memory");
#endif
}
/// The same at this place in the shared memory of block `rank` of the cluster, for what was read before: writes are not
/// released to other blocks, which would wait for all that are under way.
__device__ __forceinline__ void arrive_at(Signal* s, unsigned rank) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{ .reg .b32 there; mapa.shared::cluster.u32 there, %0, %1; mbarrier.arrive.shared::cluster.b64 _, [there]; }" ::
          "r"(mma::shared_address(s)),
      "r"(rank)
      : "memory");
#endif
}
/// By who opened signals that other blocks of the cluster arrive at, before the barrier of the cluster.
__device__ __forceinline__ void show_to_cluster() {
#if __CUDA_ARCH__ >= 900
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}
/// Until the phase of this parity has ended: 0 is that of the first; before it, one of parity 1 counts as ended.
__device__ __forceinline__ void wait(const Signal* s, unsigned parity) {
#if __CUDA_ARCH__ >= 900
  const unsigned address = mma::shared_address(s);
  unsigned over = 0;
  do {
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                 : "=r"(over)
                 : "r"(address), "r"(parity)
                 : "memory");
  } while (over == 0);
#endif
}
/// Registers of a thread from here on, by all warps of a group of four: fewer, or more of those that others left.
template <int N>
__device__ __forceinline__ void keep_registers() {
#if __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N));
#endif
}
template <int N>
__device__ __forceinline__ void take_registers() {
#if __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N));
#endif
}

#endif

}  // namespace signals
