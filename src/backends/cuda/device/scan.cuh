// Sums over the threads of a block, for kernels that number what they find in order.
#pragma once

/// The sum of `v` over the threads before this one in a block of THREADS, all of which call it; `*all` gets the sum
/// over the whole block.
template <int THREADS>
__device__ __forceinline__ int sum_before(int v, int* all) {
  __shared__ int warps[THREADS / 32];
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  int sum = v;
#pragma unroll
  for (int lanes = 1; lanes < 32; lanes *= 2) {
    const int other = __shfl_up_sync(0xffffffffu, sum, lanes);
    if (lane >= lanes) sum += other;
  }
  if (lane == 31) warps[warp] = sum;
  __syncthreads();
  int before = sum - v;
  *all = 0;
  for (int w = 0; w < THREADS / 32; ++w) {
    if (w < warp) before += warps[w];
    *all += warps[w];
  }
  __syncthreads();  // before the next call writes
  return before;
}
