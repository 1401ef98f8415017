// Merging of what the threads of a group have gathered, in a fixed order, so that results do not vary from run to run.
#pragma once

template <class S>
__device__ __forceinline__ S shuffle_xor(S s, int lanes) {
  static_assert(sizeof(S) % 4 == 0, "states consist of 32-bit words");
  constexpr int kWords = sizeof(S) / 4;
  unsigned w[kWords];
  memcpy(w, &s, sizeof(S));
#pragma unroll
  for (int i = 0; i < kWords; ++i) w[i] = __shfl_xor_sync(0xffffffffu, w[i], lanes);
  memcpy(&s, w, sizeof(S));
  return s;
}

/// Merges the states of each group of T threads (a power of two) of a block of THREADS; all threads of the block call
/// it, and all of a group get the result. merge(a, b) adds b to a.
template <int T, int THREADS, class S, class F>
__device__ __forceinline__ void merge_group(S& s, F merge) {
#pragma unroll
  for (int lanes = 1; lanes < (T < 32 ? T : 32); lanes *= 2) {
    const S other = shuffle_xor(s, lanes);
    merge(s, other);
  }
  if constexpr (T > 32) {
    __shared__ S parts[THREADS / 32];
    const int warp = static_cast<int>(threadIdx.x) / 32, first = warp / (T / 32) * (T / 32);
    if (threadIdx.x % 32 == 0) parts[warp] = s;
    __syncthreads();
    s = parts[first];
#pragma unroll
    for (int i = 1; i < T / 32; ++i) merge(s, parts[first + i]);
    __syncthreads();
  }
}
