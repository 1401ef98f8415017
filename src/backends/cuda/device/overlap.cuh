// Kernels that start before the one before them has ended (Recipe::overlaps). Before 9.0 and in the emulator kernels
// start one after another, and these do nothing.
#pragma once

/// Returns when everything that the kernel before this one wrote can be read. Without it nothing may be read or written
/// but what no kernel writes.
__device__ __forceinline__ void wait_for_previous() {
#if !defined(HONE_EMULATED) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// From here on the next kernel may start, if it overlaps; it still waits for this one's writes. Worth it early in a
/// kernel that leaves multiprocessors free.
__device__ __forceinline__ void let_next_start() {
#if !defined(HONE_EMULATED) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}
