// Products with few rows: the second operand is read once, straight into registers, and its memory decides the time.
#pragma once

#include "product.cuh"

namespace few_rows {

/// A warp computes one column of up to M rows; K is divided among its lanes in 16-byte pieces, HELD of which a lane
/// asks for at a time. Both operands lie along K, which is a multiple of a piece; rows of `b` are aligned to it. EARLY:
/// `b` was prepared, so that its first pieces are asked for while the kernel before this one still runs. finish(value,
/// row, column) takes the sums.
template <class T, int M, int HELD, bool EARLY, class F>
__device__ __forceinline__ void run(const T* a, long long a_pitch, const T* b, long long b_pitch, int m, int n, int k,
                                    F finish) {
  constexpr int V = 16 / sizeof(T), kReach = HELD * 32 * V;
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int column = static_cast<int>((blockIdx.x * blockDim.x + threadIdx.x) / 32);
  const bool live = column < n;
  b += (live ? column : 0) * b_pitch;
  Pack<T, V> held[HELD];
  const auto fetch = [&](int first) {
#pragma unroll
    for (int h = 0; h < HELD; ++h) {
      const int at = first + (h * 32 + lane) * V;
#pragma unroll
      for (int e = 0; e < V; ++e) held[h].at[e] = from_float<T>(0);
      if (at < k) held[h] = load_pack<V>(b + at);
    }
  };
  if (EARLY) fetch(0);
  wait_for_previous();
  let_next_start();
  if (!EARLY) fetch(0);
  const bool whole = product::aligned(a, 16) && a_pitch % V == 0;
  float sum[M];
#pragma unroll
  for (int r = 0; r < M; ++r) sum[r] = 0;
#pragma unroll 1
  for (int first = 0; first < k; first += kReach) {
    if (first > 0) fetch(first);
#pragma unroll
    for (int h = 0; h < HELD; ++h) {
      const int at = first + (h * 32 + lane) * V;
      if (at >= k) continue;
#pragma unroll
      for (int r = 0; r < M; ++r) {
        if (r >= m) continue;
        const Pack<T, V> x = load_pack<V>(a + r * a_pitch + at, whole);
#pragma unroll
        for (int e = 0; e < V; ++e) sum[r] = fmaf(to_float(x.at[e]), to_float(held[h].at[e]), sum[r]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < M; ++r) {
#pragma unroll
    for (int d = 16; d > 0; d /= 2) sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], d);
    if (lane == 0 && live && r < m) finish(sum[r], r, column);
  }
}

}  // namespace few_rows
