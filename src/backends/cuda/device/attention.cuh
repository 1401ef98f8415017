// Scaled dot-product attention in one pass over the keys, with running maxima and sums in f32. `TensorCores` multiplies
// 16-bit operands, a warp for 16 queries; `Plain` computes any float type by ordinary arithmetic, a warp for a few
// queries. A query that sees no key gives zeros.
#pragma once

#include "math.cuh"
#include "overlap.cuh"
#include "product_load.cuh"

namespace attention {

/// Distances in elements: from item to item of the batch, head to head, position to position, channel to channel.
struct Strides {
  long long batch, head, position, channel;
};

struct Problem {
  int heads, shared_heads;  // query heads; query heads that share a key head
  int queries, keys, channels, value_channels;
  Strides q, k, v, out, mask;  // of the mask: batch, head, query, key
  float scale, softcap;        // softcap 0: none
  int causal_offset;           // key <= query + offset
  int mask_items;              // of the batch, behind which the mask begins again
};

enum Mask { kNone, kKeep, kAdd };

constexpr float kLog2E = 1.44269504088896340736f;
__device__ __forceinline__ float minus_infinity() { return float_of_bits(0xff800000u); }

/// Which queries a block takes.
struct Place {
  int batch, head, query;
  static __device__ __forceinline__ Place of_block(const Problem& p, int rows) {
    const int blocks = (p.queries + rows - 1) / rows;
    const int rest = static_cast<int>(blockIdx.x) / blocks;
    return {rest / p.heads, rest % p.heads, (static_cast<int>(blockIdx.x) - rest * blocks) * rows};
  }
};

/// A score as the exponent of 2 that its weight is; minus infinity where the key is hidden. `m`: the mask there.
template <Mask MASK, bool CAUSAL, bool SOFTCAP, class M>
__device__ __forceinline__ float score(const Problem& p, float dot, M m, int query, int key) {
  if (key >= p.keys || (CAUSAL && key > query + p.causal_offset)) return minus_infinity();
  float s = dot * p.scale;
  if (SOFTCAP) s = p.softcap * tanhf(s / p.softcap);
  if (MASK == kNone) return s * kLog2E;
  if (MASK == kKeep) return value_of(m) != 0 ? s * kLog2E : minus_infinity();
  return (s + static_cast<float>(value_of(m))) * kLog2E;
}

/// Keys that any query of a block may see.
template <bool CAUSAL>
__device__ __forceinline__ int visible_keys(const Problem& p, int query, int rows) {
  if (!CAUSAL) return p.keys;
  const int last = query + rows - 1 + p.causal_offset + 1;
  return last < 0 ? 0 : last < p.keys ? last : p.keys;
}

/// WARPS warps with 16 queries each, KEYS keys at a time. D, DV: channels rounded up to 16.
template <class T, mma::Kind KIND, int WARPS, int KEYS, int D, int DV, int STAGES, Mask MASK, bool CAUSAL, bool SOFTCAP,
          class M>
struct TensorCores {
  static constexpr int kThreads = WARPS * 32, kRows = WARPS * 16;
  static constexpr int kQChunks = D / 8, kVChunks = DV / 8;
  static constexpr int kHeldChunks = kQChunks > kVChunks ? kQChunks : kVChunks;
  static constexpr int kQBytes = kRows * kHeldChunks * 16;
  static constexpr int kKBytes = KEYS * kQChunks * 16, kVBytes = KEYS * kVChunks * 16;

  template <int CHUNKS, int ROWS>
  static __device__ __forceinline__ void load(char* slab, const T* from, long long step, int rows, int channels) {
    const product::Road road = product::road_of(from, step, channels);
    if constexpr (kThreads % CHUNKS == 0) {
      const int row = threadIdx.x / CHUNKS, chunk = threadIdx.x % CHUNKS;
      product::copy_rows<ROWS, CHUNKS, kThreads / CHUNKS>(slab, row, chunk, road, from + row * step + chunk * 8,
                                                          kThreads / CHUNKS * step, rows - row, channels - chunk * 8);
    } else {
      for (int i = threadIdx.x; i < ROWS * CHUNKS; i += kThreads) {
        const int row = i / CHUNKS, chunk = i % CHUNKS;
        const int count = row < rows ? product::part_of_chunk<T>(channels - chunk * 8) : 0;
        product::copy_part<T>(slab + product::chunk_offset<CHUNKS>(row, chunk),
                              count > 0 ? from + row * step + chunk * 8 : from, count, road != product::kAnywhere);
      }
    }
  }

  static __device__ __forceinline__ void run(const Problem& p, const T* q, const T* k, const T* v, const M* mask,
                                             T* out, char* shared) {
    wait_for_previous();
    let_next_start();
    const Place at = Place::of_block(p, kRows);
    q += at.batch * p.q.batch + at.head * p.q.head + at.query * p.q.position;
    k += at.batch * p.k.batch + at.head / p.shared_heads * p.k.head;
    v += at.batch * p.v.batch + at.head / p.shared_heads * p.v.head;
    out += at.batch * p.out.batch + at.head * p.out.head + at.query * p.out.position;
    if (MASK != kNone) mask += at.batch % p.mask_items * p.mask.batch + at.head * p.mask.head;
    char* ring = shared + kQBytes;
    const int keys = visible_keys<CAUSAL>(p, at.query, kRows), blocks = (keys + KEYS - 1) / KEYS;
    const auto fetch = [&](int block) {
      char* slab = ring + block % STAGES * (kKBytes + kVBytes);
      const int first = block * KEYS;
      load<kQChunks, KEYS>(slab, k + first * p.k.position, p.k.position, p.keys - first, p.channels);
      load<kVChunks, KEYS>(slab + kKBytes, v + first * p.v.position, p.v.position, p.keys - first, p.value_channels);
    };
    load<kQChunks, kRows>(shared, q, p.q.position, p.queries - at.query, p.channels);
    if (blocks > 0) fetch(0);
    mma::commit_copies();

    const int lane = mma::lane(), warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
    float sum[DV / 8][4], top[2] = {minus_infinity(), minus_infinity()}, total[2] = {0, 0};
#pragma unroll
    for (int j = 0; j < DV / 8; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) sum[j][e] = 0;
    const int query = at.query + warp * 16 + g;  // and the one 8 below
    for (int block = 0; block < blocks; ++block) {
      if (STAGES > 1) {
        if (block + 1 < blocks) fetch(block + 1);
        mma::commit_copies();
      }
      Hidden hidden;  // asked for before the wait, so that both take their time together
      fetch_mask(p, mask, block * KEYS, query, hidden);
      if (STAGES > 1)
        mma::wait_copies<1>();
      else
        mma::wait_copies<0>();
      __syncthreads();
      const char* slab = ring + block % STAGES * (kKBytes + kVBytes);
      float s[KEYS / 8][4];
      scores(shared, slab, warp * 16, s);
      make_exponents(p, hidden, block * KEYS, query, s);
      weigh(s, top, total, sum);
      combine(slab + kKBytes, s, sum);
      __syncthreads();
      if (STAGES == 1 && block + 1 < blocks) {
        fetch(block + 1);
        mma::commit_copies();
      }
    }
    mma::wait_copies<0>();
    if (blocks == 0) __syncthreads();
    put(p, shared, warp, total, sum, out, p.queries - at.query);
  }

  static __device__ __forceinline__ void scores(const char* q, const char* k, int row, float (&s)[KEYS / 8][4]) {
    const int lane = mma::lane();
#pragma unroll
    for (int j = 0; j < KEYS / 8; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) s[j][e] = 0;
#pragma unroll
    for (int step = 0; step < D / 16; ++step) {
      unsigned a[4];
      mma::load_matrices(a, q + product::chunk_offset<kQChunks>(row + lane % 16, step * 2 + lane / 16));
#pragma unroll
      for (int j = 0; j < KEYS / 16; ++j) {
        unsigned b[4];
        mma::load_matrices(
            b, k + product::chunk_offset<kQChunks>(j * 16 + lane % 8 + lane / 16 * 8, step * 2 + lane / 8 % 2));
        mma::multiply_add<KIND>(s[j * 2], a, b[0], b[1]);
        mma::multiply_add<KIND>(s[j * 2 + 1], a, b[2], b[3]);
      }
    }
  }

  /// The mask of a block of keys: of the thread's two rows, its two columns of each eight.
  struct Hidden {
    Kept<M, 2> at[MASK == kNone ? 1 : KEYS / 8][2];
  };
  static __device__ __forceinline__ void fetch_mask(const Problem& p, const M* mask, int first, int query,
                                                    Hidden& hidden) {
    if constexpr (MASK != kNone) {
      const int t = mma::lane() % 4;
      const M* row[2];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int at = query + half * 8 < p.queries ? query + half * 8 : p.queries - 1;
        row[half] = mask + at * p.mask.position + (first + t * 2) * p.mask.channel;
      }
      const bool one_row = p.mask.position == 0;
      if (p.mask.channel == 1 && first + KEYS <= p.keys && product::aligned(row[0], 2 * sizeof(M)) &&
          product::aligned(row[1], 2 * sizeof(M))) {
#pragma unroll
        for (int half = 0; half < 2; ++half)
#pragma unroll
          for (int j = 0; j < KEYS / 8; ++j) {
            if (half == 1 && one_row) {
              hidden.at[j][1] = hidden.at[j][0];
              continue;
            }
            hidden.at[j][half] = keep_pack<2>(row[half] + j * 8);
          }
      } else {
        const int step = static_cast<int>(p.mask.channel), left = p.keys - first - t * 2;
#pragma unroll
        for (int j = 0; j < KEYS / 8; ++j)
#pragma unroll
          for (int half = 0; half < 2; ++half) {
            if (half == 1 && one_row) {
              hidden.at[j][1] = hidden.at[j][0];
              continue;
            }
            Pack<M, 2> two = {};
#pragma unroll
            for (int e = 0; e < 2; ++e)
              if (j * 8 + e < left) two.at[e] = row[half][(j * 8 + e) * step];
            hidden.at[j][half] = keep_pack(two);
          }
      }
    }
  }

  /// Products of queries and keys become exponents of 2. Whether a key is there is asked only where some are not.
  static __device__ __forceinline__ void make_exponents(const Problem& p, const Hidden& hidden, int first, int query,
                                                        float (&s)[KEYS / 8][4]) {
    const float scale = p.scale * kLog2E;
#pragma unroll
    for (int j = 0; j < KEYS / 8; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        float& x = s[j][e];
        if (SOFTCAP)
          x = p.softcap * kLog2E * tanhf(x * p.scale / p.softcap);
        else
          x *= scale;
        if constexpr (MASK == kKeep) x = value_of(hidden.at[j][e / 2].unpack().at[e % 2]) != 0 ? x : minus_infinity();
        if constexpr (MASK == kAdd)
          x = fmaf(static_cast<float>(value_of(hidden.at[j][e / 2].unpack().at[e % 2])), kLog2E, x);
      }
    const int last = CAUSAL ? query + p.causal_offset : p.keys - 1;  // key that the upper row sees
    if (first + KEYS <= p.keys && (!CAUSAL || first + KEYS - 1 <= last)) return;
    const int at = first + mma::lane() % 4 * 2;
#pragma unroll
    for (int j = 0; j < KEYS / 8; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int key = at + j * 8 + e % 2;
        if (key >= p.keys || (CAUSAL && key > last + e / 2 * 8)) s[j][e] = minus_infinity();
      }
  }

  /// Exponents become weights; earlier sums are scaled to the new maxima.
  static __device__ __forceinline__ void weigh(float (&s)[KEYS / 8][4], float (&top)[2], float (&total)[2],
                                               float (&sum)[DV / 8][4]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float high = top[half];
#pragma unroll
      for (int j = 0; j < KEYS / 8; ++j) high = fmaxf(high, fmaxf(s[j][half * 2], s[j][half * 2 + 1]));
      high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, 1));
      high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, 2));
      const float base = high == minus_infinity() ? 0 : high, rescale = short_exp2(top[half] - base);
      top[half] = high;
      float part = 0;
#pragma unroll
      for (int j = 0; j < KEYS / 8; ++j)
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          float& x = s[j][half * 2 + e];
          x = short_exp2(x - base);
          part += x;
        }
      total[half] = total[half] * rescale + part;
#pragma unroll
      for (int j = 0; j < DV / 8; ++j) sum[j][half * 2] *= rescale, sum[j][half * 2 + 1] *= rescale;
    }
  }

  static __device__ __forceinline__ unsigned pack(float low, float high) {
    return KIND == mma::kF16 ? pack_half2(low, high) : pack_bfloat162(low, high);
  }

  static __device__ __forceinline__ void combine(const char* v, const float (&s)[KEYS / 8][4],
                                                 float (&sum)[DV / 8][4]) {
    const int lane = mma::lane();
#pragma unroll
    for (int step = 0; step < KEYS / 16; ++step) {
      const unsigned a[4] = {pack(s[step * 2][0], s[step * 2][1]), pack(s[step * 2][2], s[step * 2][3]),
                             pack(s[step * 2 + 1][0], s[step * 2 + 1][1]),
                             pack(s[step * 2 + 1][2], s[step * 2 + 1][3])};
#pragma unroll
      for (int j = 0; j < DV / 16; ++j) {
        unsigned b[4];
        mma::load_matrices_transposed(b, v + product::chunk_offset<kVChunks>(step * 16 + lane % 16, j * 2 + lane / 16));
        mma::multiply_add<KIND>(sum[j * 2], a, b[0], b[1]);
        mma::multiply_add<KIND>(sum[j * 2 + 1], a, b[2], b[3]);
      }
    }
  }

  /// Through the warp's own rows of the queries' slab, so that rows leave in 16-byte pieces.
  static __device__ __forceinline__ void put(const Problem& p, char* held, int warp, const float (&total)[2],
                                             const float (&sum)[DV / 8][4], T* out, int rows) {
    const int lane = mma::lane(), g = lane / 4, t = lane % 4;
    char* mine = held + warp * 16 * kHeldChunks * 16;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float all = total[half];
      all += __shfl_xor_sync(0xffffffffu, all, 1);
      all += __shfl_xor_sync(0xffffffffu, all, 2);
      const float factor = all > 0 ? 1 / all : 0;
#pragma unroll
      for (int j = 0; j < DV / 8; ++j)
        *reinterpret_cast<unsigned*>(mine + product::chunk_offset<kVChunks>(g + half * 8, j) + t * 4) =
            pack(sum[j][half * 2] * factor, sum[j][half * 2 + 1] * factor);
    }
    __syncwarp();
    for (int i = lane; i < 16 * kVChunks; i += 32) {
      const int r = i / kVChunks, chunk = i % kVChunks, row = warp * 16 + r;
      if (row >= rows) continue;
      const T* from = reinterpret_cast<const T*>(mine + product::chunk_offset<kVChunks>(r, chunk));
      T* to = out + row * p.out.position + chunk * 8;
      const int left = p.value_channels - chunk * 8;
      if (left >= 8 && product::aligned(to, 16)) {
        store_pack<8>(to, load_pack<8>(from));
      } else {
#pragma unroll
        for (int e = 0; e < 8; ++e)
          if (e < left) to[e] = from[e];
      }
    }
  }
};

/// WARPS warps with ROWS queries each, 32 keys at a time: lanes are keys for the scores and channels for the sums.
/// D, DV: channels rounded up to 4 and to 32.
template <class T, int WARPS, int ROWS, int D, int DV, Mask MASK, bool CAUSAL, bool SOFTCAP, class M>
struct Plain {
  static constexpr int kThreads = WARPS * 32, kQueries = WARPS * ROWS;
  static constexpr int kPitch = D / 4 % 2 == 0 ? D + 4 : D;  // lanes' rows fall into different banks
  static constexpr int kQFloats = kQueries * D, kKFloats = 32 * kPitch, kVFloats = 32 * DV, kPFloats = kQueries * 32;

  static __device__ __forceinline__ void load(float* to, int pitch, int width, const T* from, const Strides& s,
                                              int rows, int all_rows, int channels) {
    for (int i = threadIdx.x; i < all_rows * width; i += kThreads) {
      const int row = i / width, c = i % width;
      to[row * pitch + c] = row < rows && c < channels ? to_float(from[row * s.position + c * s.channel]) : 0;
    }
  }

  static __device__ __forceinline__ void run(const Problem& p, const T* q, const T* k, const T* v, const M* mask,
                                             T* out, float* shared) {
    wait_for_previous();
    let_next_start();
    const Place at = Place::of_block(p, kQueries);
    q += at.batch * p.q.batch + at.head * p.q.head + at.query * p.q.position;
    k += at.batch * p.k.batch + at.head / p.shared_heads * p.k.head;
    v += at.batch * p.v.batch + at.head / p.shared_heads * p.v.head;
    out += at.batch * p.out.batch + at.head * p.out.head + at.query * p.out.position;
    if (MASK != kNone) mask += at.batch % p.mask_items * p.mask.batch + at.head * p.mask.head;
    const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
    float *held_q = shared, *held_k = held_q + kQFloats, *held_v = held_k + kKFloats;
    float* held_p = held_v + kVFloats + warp * ROWS * 32;
    load(held_q, D, D, q, p.q, p.queries - at.query, kQueries, p.channels);
    float sum[ROWS][DV / 32], top[ROWS], total[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
      top[r] = minus_infinity(), total[r] = 0;
#pragma unroll
      for (int j = 0; j < DV / 32; ++j) sum[r][j] = 0;
    }
    const int keys = visible_keys<CAUSAL>(p, at.query, kQueries);
    for (int first = 0; first < keys; first += 32) {
      __syncthreads();
      load(held_k, kPitch, D, k + first * p.k.position, p.k, p.keys - first, 32, p.channels);
      load(held_v, DV, DV, v + first * p.v.position, p.v, p.keys - first, 32, p.value_channels);
      __syncthreads();
      float s[ROWS];
#pragma unroll
      for (int r = 0; r < ROWS; ++r) s[r] = 0;
      for (int c = 0; c < D; c += 4) {
        float b[4];
        load_floats<4>(held_k + lane * kPitch + c, b);
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
          float a[4];
          load_floats<4>(held_q + (warp * ROWS + r) * D + c, a);
#pragma unroll
          for (int e = 0; e < 4; ++e) s[r] = fmaf(a[e], b[e], s[r]);
        }
      }
#pragma unroll
      for (int r = 0; r < ROWS; ++r) {
        const int query = at.query + warp * ROWS + r, row = query < p.queries ? query : p.queries - 1;
        const bool there = MASK != kNone && first + lane < p.keys;
        const M m = there ? mask[row * p.mask.position + (first + lane) * p.mask.channel] : M();
        s[r] = score<MASK, CAUSAL, SOFTCAP>(p, s[r], m, row, first + lane);
        float high = s[r];
#pragma unroll
        for (int d = 16; d > 0; d /= 2) high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, d));
        high = fmaxf(high, top[r]);
        const float base = high == minus_infinity() ? 0 : high, rescale = exp2f(top[r] - base),
                    weight = exp2f(s[r] - base);
        top[r] = high;
        total[r] = total[r] * rescale + weight;
        held_p[r * 32 + lane] = weight;
#pragma unroll
        for (int j = 0; j < DV / 32; ++j) sum[r][j] *= rescale;
      }
      __syncwarp();
#pragma unroll 1
      for (int key = 0; key < 32; key += 4) {
        float w[ROWS][4];
#pragma unroll
        for (int r = 0; r < ROWS; ++r) load_floats<4>(held_p + r * 32 + key, w[r]);
#pragma unroll
        for (int e = 0; e < 4; ++e)
#pragma unroll
          for (int j = 0; j < DV / 32; ++j) {
            const float x = held_v[(key + e) * DV + j * 32 + lane];
#pragma unroll
            for (int r = 0; r < ROWS; ++r) sum[r][j] = fmaf(w[r][e], x, sum[r][j]);
          }
      }
      __syncwarp();
    }
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
      float all = total[r];
#pragma unroll
      for (int d = 16; d > 0; d /= 2) all += __shfl_xor_sync(0xffffffffu, all, d);
      const int row = warp * ROWS + r;
      if (at.query + row >= p.queries) continue;
#pragma unroll
      for (int j = 0; j < DV / 32; ++j)
        if (j * 32 + lane < p.value_channels)
          out[row * p.out.position + (j * 32 + lane) * p.out.channel] = from_float<T>(all > 0 ? sum[r][j] / all : 0);
    }
  }
};

}  // namespace attention
