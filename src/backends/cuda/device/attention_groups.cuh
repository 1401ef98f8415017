// Attention on Hopper's tensor cores (sm_90a): groups of four warps with 64 queries each. Queries and keys are
// multiplied out of shared memory; weights stay in registers, where they are the first operand of the product with the
// values.
#pragma once

#include "attention.cuh"
#include "product.cuh"
#include "wgmma.cuh"

namespace attention {

/// GROUPS groups, KEYS keys at a time (a multiple of 16). D, DV: channels rounded up to 64, which lie in shared memory
/// as slabs of 64. STAGES: 1 where all keys are one block, else 2.
template <class T, mma::Kind KIND, int GROUPS, int KEYS, int D, int DV, int STAGES, Mask MASK, bool CAUSAL,
          bool SOFTCAP, class M>
struct WarpGroups : TensorCores<T, KIND, GROUPS * 4, KEYS, D, DV, STAGES, MASK, CAUSAL, SOFTCAP, M> {
  using Base = TensorCores<T, KIND, GROUPS * 4, KEYS, D, DV, STAGES, MASK, CAUSAL, SOFTCAP, M>;
  static constexpr int kRows = Base::kRows, kRowBytes = 128;
  static_assert(D % 64 == 0 && DV % 64 == 0 && KEYS % 16 == 0, "whole slabs and instructions");

  /// Rows of CHANNELS channels as slabs of 64.
  template <int CHANNELS, int ROWS>
  static __device__ __forceinline__ void load(char* slab, const T* from, long long step, int rows, int channels) {
#pragma unroll
    for (int part = 0; part < CHANNELS / 64; ++part)
      Base::template load<8, ROWS>(slab + part * ROWS * kRowBytes, from + part * 64, step, rows, channels - part * 64);
  }

  static __device__ __forceinline__ void run(const Problem& p, const T* q, const T* k, const T* v, const M* mask,
                                             T* out, char* memory) {
    char* shared = product::aligned_up(memory, wgmma::kSlabAlignment);
    wait_for_previous();
    let_next_start();
    const Place at = Place::of_block(p, kRows);
    q += at.batch * p.q.batch + at.head * p.q.head + at.query * p.q.position;
    k += at.batch * p.k.batch + at.head / p.shared_heads * p.k.head;
    v += at.batch * p.v.batch + at.head / p.shared_heads * p.v.head;
    out += at.batch * p.out.batch + at.head * p.out.head + at.query * p.out.position;
    if (MASK != kNone) mask += at.batch % p.mask_items * p.mask.batch + at.head * p.mask.head;
    char* ring = shared + Base::kQBytes;
    const int keys = visible_keys<CAUSAL>(p, at.query, kRows), blocks = (keys + KEYS - 1) / KEYS;
    const auto slab_of = [&](int block) { return ring + block % STAGES * (Base::kKBytes + Base::kVBytes); };
    // Keys and values are groups of copies of their own, so that the values come while the scores are made.
    const auto fetch = [&](int block) {
      const int first = block * KEYS;
      if (block < blocks)
        load<D, KEYS>(slab_of(block), k + first * p.k.position, p.k.position, p.keys - first, p.channels);
      mma::commit_copies();
      if (block < blocks)
        load<DV, KEYS>(slab_of(block) + Base::kKBytes, v + first * p.v.position, p.v.position, p.keys - first,
                       p.value_channels);
      mma::commit_copies();
    };
    load<D, kRows>(shared, q, p.q.position, p.queries - at.query, p.channels);
    fetch(0);

    const int warp = static_cast<int>(threadIdx.x / 32), query = at.query + warp * 16 + mma::lane() / 4;
    float sum[DV / 8][4], top[2] = {minus_infinity(), minus_infinity()}, total[2] = {0, 0};
#pragma unroll
    for (int j = 0; j < DV / 8; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) sum[j][e] = 0;
    for (int block = 0; block < blocks; ++block) {
      if (STAGES > 1) fetch(block + 1);
      typename Base::Hidden hidden;
      Base::fetch_mask(p, mask, block * KEYS, query, hidden);
      ready<STAGES * 2 - 1>();
      const char* slab = slab_of(block);
      float s[KEYS / 8][4];
      scores(shared + warp / 4 * 64 * kRowBytes, slab, s);
      Base::make_exponents(p, hidden, block * KEYS, query, s);
      Base::weigh(s, top, total, sum);
      ready<STAGES * 2 - 2>();
      combine(slab + Base::kKBytes, s, sum);
      if (block + STAGES < blocks) __syncthreads();
    }
    mma::wait_copies<0>();
    __syncthreads();  // the queries' slab becomes that of the results
    Base::put(p, shared, warp, total, sum, out, p.queries - at.query);
  }

 private:
  /// All but the latest PENDING groups of copies, of all threads.
  template <int PENDING>
  static __device__ __forceinline__ void ready() {
    mma::wait_copies<PENDING>();
    wgmma::fence_slabs();
    __syncthreads();
  }
  template <int N>
  static __device__ __forceinline__ void hold(float (&d)[N]) {
#ifndef HONE_EMULATED
#pragma unroll
    for (int i = 0; i < N; ++i) asm volatile("" : "+f"(d[i])::"memory");
#endif
  }

  static __device__ __forceinline__ void scores(const char* q, const char* k, float (&s)[KEYS / 8][4]) {
    auto& d = reinterpret_cast<float(&)[KEYS / 2]>(s);
    hold(d);
    wgmma::fence_registers();
#pragma unroll
    for (int step = 0; step < D / 16; ++step)
      wgmma::multiply_add<KIND, KEYS>(d, q + step / 4 * kRows * kRowBytes, k + step / 4 * KEYS * kRowBytes, step % 4,
                                      step > 0);
    wgmma::commit();
    hold(d);
    wgmma::wait<0>();
    hold(d);
  }

  static __device__ __forceinline__ void combine(const char* v, const float (&s)[KEYS / 8][4],
                                                 float (&sum)[DV / 8][4]) {
    unsigned a[KEYS / 16][4];
#pragma unroll
    for (int step = 0; step < KEYS / 16; ++step)
#pragma unroll
      for (int r = 0; r < 4; ++r)
        a[step][r] = Base::pack(s[step * 2 + r / 2][r % 2 * 2], s[step * 2 + r / 2][r % 2 * 2 + 1]);
    auto& d = reinterpret_cast<float(&)[DV / 64][32]>(sum);
#pragma unroll
    for (int part = 0; part < DV / 64; ++part) hold(d[part]);
    wgmma::fence_registers();
#pragma unroll
    for (int step = 0; step < KEYS / 16; ++step)
#pragma unroll
      for (int part = 0; part < DV / 64; ++part)
        wgmma::multiply_add_held<KIND>(d[part], a[step], v + part * KEYS * kRowBytes, step);
    wgmma::commit();
#pragma unroll
    for (int part = 0; part < DV / 64; ++part) hold(d[part]);
    wgmma::wait<0>();
#pragma unroll
    for (int part = 0; part < DV / 64; ++part) hold(d[part]);
  }
};

}  // namespace attention
