// The block of a matrix product: a ring of slabs in shared memory filled by asynchronous copies, products, and the way
// of the sums through shared memory to vectors of neighbouring columns, to which the node's tail is applied. Sources
// define which loaders, cores and tail are meant; extents are kernel arguments.
#pragma once

#include "cluster.cuh"
#include "overlap.cuh"
#include "product_compute.cuh"

namespace product {

struct NoWindows {};

__device__ __forceinline__ char* aligned_up(char* p, int bytes) {
  const int over =
      static_cast<int>(reinterpret_cast<unsigned long long>(p) & static_cast<unsigned long long>(bytes - 1));
  return over == 0 ? p : p + (bytes - over);
}

/// A tensor beside the product: element (row, column) of the product meets data[rows(row) + columns(column)].
/// CONTIGUOUS: neighbouring columns are neighbours in memory, where there are more factors within vectors.
template <class T, int ROWS, int COLUMNS, bool CONTIGUOUS>
struct View {
  T* data;
  Axes<ROWS> rows;
  Axes<COLUMNS> columns;

  /// Elements of `n` <= V columns from `column` on.
  template <int V, class E>
  __device__ __forceinline__ void load(int row, int column, int n, E (&v)[V]) const {
    const T* from = data + rows.offset(row);
    if constexpr (CONTIGUOUS) {
      from += first_of(column);
      if (n == V && aligned(from, vector_bytes<V>())) {
        const auto pack = load_pack<V>(from);
#pragma unroll
        for (int i = 0; i < V; ++i) v[i] = pack.at[i];
        return;
      }
#pragma unroll
      for (int i = 0; i < V; ++i)
        if (i < n) v[i] = from[i];
    } else if constexpr (COLUMNS == 0) {
      if (n <= 0) return;
      const E one = *from;
#pragma unroll
      for (int i = 0; i < V; ++i) v[i] = one;
    } else {
#pragma unroll
      for (int i = 0; i < V; ++i)
        if (i < n) v[i] = from[columns.offset(column + i)];
    }
  }
  /// Pairs of neighbouring columns: column + 8 i and the next, as far as there are columns, of which an even number is
  /// left. The same for all rows.
  template <int N, class E>
  __device__ __forceinline__ void keep_pairs(int column, int left, Kept<E, 2> (&v)[N]) const {
    static_assert(ROWS == 0, "no rows");
    if (COLUMNS == 1 && CONTIGUOUS && aligned(data + column, 2 * sizeof(T))) {
#pragma unroll
      for (int i = 0; i < N; ++i)
        if (i * 8 < left) v[i] = keep_pack<2>(data + column + i * 8);
      return;
    }
#pragma unroll
    for (int i = 0; i < N; ++i) {
      Pack<E, 2> two = {};
      load(0, column + i * 8, left - i * 8 < 2 ? left - i * 8 : 2, two.at);
      v[i] = keep_pack(two);
    }
  }
  template <int V, class E>
  __device__ __forceinline__ void store(int row, int column, int n, const E (&v)[V]) const {
    T* to = data + rows.offset(row);
    if constexpr (CONTIGUOUS) {
      to += first_of(column);
      if (n == V && aligned(to, vector_bytes<V>())) {
        Pack<T, V> pack;
#pragma unroll
        for (int i = 0; i < V; ++i) pack.at[i] = v[i];
        store_pack<V>(to, pack);
        return;
      }
#pragma unroll
      for (int i = 0; i < V; ++i)
        if (i < n) to[i] = v[i];
    } else {
#pragma unroll
      for (int i = 0; i < V; ++i)
        if (i < n) to[columns.offset(column + i)] = v[i];
    }
  }

 private:
  __device__ __forceinline__ long long first_of(int column) const {
    return COLUMNS == 1 ? column : columns.offset(column);
  }
  template <int V>
  static __device__ __forceinline__ constexpr unsigned vector_bytes() {
    return V * sizeof(T) < 16 ? V * sizeof(T) : 16;
  }
};

/// Which tile of which product a block computes. Tiles are taken in bands of rows, so that blocks that run together
/// share operands in the L2 cache.
struct Place {
  int item, row, column;
  template <int BM, int BN>
  static __device__ __forceinline__ Place of_block(int rows, int columns) {
    return of_tile<BM, BN>(static_cast<int>(blockIdx.x), rows, columns);
  }
  template <int BM, int BN>
  static __device__ __forceinline__ Place of_tile(int index, int rows, int columns) {
    constexpr int kBand = 8;
    const int down = (rows + BM - 1) / BM, across = (columns + BN - 1) / BN;
    const int tiles = down * across, item = index / tiles, tile = index - item * tiles;
    const int band = tile / (kBand * across), in_band = tile - band * kBand * across;
    const int height = down - band * kBand < kBand ? down - band * kBand : kBand;
    return {item, (band * kBand + in_band % height) * BM, in_band / height * BN};
  }
};

/// What a kernel may fetch before the one before it has ended: operands that were prepared at build time.
enum Early { kNothing, kFirstOperand, kSecondOperand };

/// Fills the first `count` places of the ring.
template <Early EARLY, class A, class B, class W>
__device__ __forceinline__ void fill_ring(A& a, B& b, const W& windows, char* shared, int count, int slabs) {
  constexpr int kStage = A::kBytes + B::kBytes;
  if (EARLY != kNothing) {
#pragma unroll 1
    for (int s = 0; s < count && s < slabs; ++s) {
      if (EARLY == kFirstOperand) a.fetch(shared + s * kStage, windows);
      if (EARLY == kSecondOperand) b.fetch(shared + s * kStage + A::kBytes, windows);
    }
  }
  wait_for_previous();
#pragma unroll 1
  for (int s = 0; s < count; ++s) {
    char* slab = shared + s * kStage;
    if (s < slabs) {
      if (EARLY != kFirstOperand) a.fetch(slab, windows), a.store(slab);
      if (EARLY != kSecondOperand) b.fetch(slab + A::kBytes, windows), b.store(slab + A::kBytes);
    }
    mma::commit_copies();
  }
  let_next_start();
}

/// Runs over `slabs` >= 1 slabs of K on cores that run on. The loaders stand at the first one. The ring is filled one
/// slab less ahead than elsewhere: where a slab is filled in iteration s, that of s - 3 stood; every group waited for
/// those products before it multiplied slab s - 1, and the barrier before that tells all.
template <int STAGES, Early EARLY, class Cores, class A, class B, class W>
__device__ __forceinline__ void accumulate_running_on(Cores& cores, A& a, B& b, const W& windows, char* shared,
                                                      int slabs) {
  static_assert(STAGES >= 3, "one slab is read, one may still be read, one is filled");
  constexpr int kStage = A::kBytes + B::kBytes, kAhead = STAGES - 2;
  fill_ring<EARLY>(a, b, windows, shared, kAhead, slabs);
  mma::wait_copies<kAhead - 1>();
  wgmma::fence_slabs();
  __syncthreads();
  cores.template multiply<true>(shared, shared + A::kBytes);
  int now = 1, next = kAhead;
#pragma unroll 1
  for (int s = 1; s < slabs; ++s) {
    if (s - 1 + kAhead < slabs)
      a.fetch(shared + next * kStage, windows), b.fetch(shared + next * kStage + A::kBytes, windows);
    mma::commit_copies();
    wgmma::wait<1>();
    mma::wait_copies<kAhead - 1>();
    wgmma::fence_slabs();
    __syncthreads();
    cores.template multiply<false>(shared + now * kStage, shared + now * kStage + A::kBytes);
    now = now + 1 == STAGES ? 0 : now + 1;
    next = next + 1 == STAGES ? 0 : next + 1;
  }
  cores.finish();
  mma::wait_copies<0>();
  __syncthreads();
}

/// Runs over `slabs` slabs of K. The loaders stand at the first one.
template <int STAGES, Early EARLY, class Cores, class A, class B, class W>
__device__ __forceinline__ void accumulate(Cores& cores, A& a, B& b, const W& windows, char* shared, int slabs) {
  constexpr int kStage = A::kBytes + B::kBytes;
  cores.clear();
  fill_ring<EARLY>(a, b, windows, shared, STAGES - 1, slabs);
  int now = 0, next = STAGES - 1;
#pragma unroll 1
  for (int s = 0; s < slabs; ++s) {
    mma::wait_copies<STAGES - 2>();
    __syncthreads();
    char* slab = shared + next * kStage;
    const bool more = s + STAGES - 1 < slabs;
    if (more) a.fetch(slab, windows), b.fetch(slab + A::kBytes, windows);
    mma::commit_copies();
    cores.multiply(shared + now * kStage, shared + now * kStage + A::kBytes);
    if (more) a.store(slab), b.store(slab + A::kBytes);
    now = now + 1 == STAGES ? 0 : now + 1;
    next = next + 1 == STAGES ? 0 : next + 1;
  }
  mma::wait_copies<0>();
  __syncthreads();
}

/// Hands every vector of V sums to finish(values, row of the tile, column of the tile).
template <int BM, int BN, int V, class Cores, class F>
__device__ __forceinline__ void hand_out(const Cores& cores, char* shared, F finish) {
  constexpr int kPitch = BN + 8, kVectors = BN / V;
  float* stage = reinterpret_cast<float*>(shared);
#pragma unroll 1
  for (int pass = 0; pass < Cores::kPasses; ++pass) {
    cores.template put<kPitch>(pass, stage);
    __syncthreads();
#pragma unroll 1
    for (int i = threadIdx.x; i < Cores::kPassRows * kVectors; i += Cores::kThreads) {
      const int r = i / kVectors, column = i % kVectors * V;
      float v[V];
      load_floats<V>(stage + r * kPitch + column, v);
      finish(v, Cores::row_of(pass, r), column);
    }
    __syncthreads();
  }
}

#ifndef HONE_EMULATED
/// The same for a cluster of PARTS blocks, each of which has the sums over a part of K: every block adds up some of the
/// rows, always in the order of the parts.
template <int BM, int BN, int V, int PARTS, class Cores, class F>
__device__ __forceinline__ void hand_out_together(const Cores& cores, char* shared, F finish) {
  constexpr int kPitch = BN + 8, kVectors = BN / V, kRows = Cores::kPassRows / PARTS;
  static_assert(Cores::kPassRows % PARTS == 0 && V % 4 == 0, "blocks share the rows evenly");
  float* stage = reinterpret_cast<float*>(shared);
  const int first = static_cast<int>(cluster::rank()) * kRows;
#pragma unroll 1
  for (int pass = 0; pass < Cores::kPasses; ++pass) {
    cores.template put<kPitch>(pass, stage);
    cluster::synchronize();
#pragma unroll 1
    for (int i = threadIdx.x; i < kRows * kVectors; i += Cores::kThreads) {
      const int r = first + i / kVectors, column = i % kVectors * V;
      float v[V];
#pragma unroll
      for (int part = 0; part < PARTS; ++part) {
        float more[V];
#pragma unroll
        for (int e = 0; e < V; e += 4) cluster::load4(stage + r * kPitch + column + e, part, more + e);
#pragma unroll
        for (int e = 0; e < V; ++e) v[e] = part == 0 ? more[e] : v[e] + more[e];
      }
      finish(v, Cores::row_of(pass, r), column);
    }
    cluster::synchronize();
  }
}
#endif

/// Sums that other blocks complete: one plane of f32 for each part of K. Columns behind the last one, up to the end of
/// the vector, are written too.
template <int V>
__device__ __forceinline__ void put_partial(float* plane, long long pitch, int row, int column, int,
                                            const float (&v)[V]) {
  store_floats<V>(plane + row * pitch + column, v);
}
/// The same where other items stand behind the last column.
template <int V>
__device__ __forceinline__ void put_partial_columns(float* plane, long long pitch, int row, int column, int left,
                                                    const float (&v)[V]) {
  float* to = plane + row * pitch + column;
#pragma unroll
  for (int i = 0; i < V; ++i)
    if (i < left) to[i] = v[i];
}

/// Adds the parts in their order and hands the sums to finish(values, row, column).
template <int V, class F>
__device__ __forceinline__ void add_parts(const float* parts, int count, long long plane, long long pitch, int rows,
                                          F finish) {
  wait_for_previous();
  let_next_start();
  const int vectors = static_cast<int>(pitch / V);
  const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= static_cast<long long>(rows) * vectors) return;
  const int row = static_cast<int>(i / vectors), column = static_cast<int>(i % vectors) * V;
  const float* from = parts + row * pitch + column;
  float sum[V];
  load_floats<V>(from, sum);
#pragma unroll 4
  for (int p = 1; p < count; ++p) {
    float v[V];
    load_floats<V>(from + p * plane, v);
#pragma unroll
    for (int e = 0; e < V; ++e) sum[e] += v[e];
  }
  finish(sum, row, column);
}

}  // namespace product
