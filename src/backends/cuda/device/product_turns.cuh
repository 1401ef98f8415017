// A matrix product by blocks that stay on their multiprocessor: one group of four warps fetches the slabs of one tile
// after another, two groups multiply the tiles in turn, so that the tensor cores work for one while the other applies
// its tile's tail. Hopper only.
#pragma once

#include "bulk.cuh"
#include "cluster.cuh"
#include "product.cuh"

namespace product {

/// The shared memory of such a block, and the places of its threads in it. BYTES: of the slabs of one stage. OUT: bytes
/// in which a warp that multiplies prepares its results. BULK: one thread fetches by bulk copies. BLOCKS: that work on
/// tiles below each other, as a cluster, and fetch a part of their second operand each for all.
template <int STAGES, int BYTES, int OUT, bool BULK, int BLOCKS>
struct Turns {
  static_assert(BLOCKS == 1 || BULK, "the copy engine writes to several blocks");
  static constexpr int kBlocks = BLOCKS;
  static constexpr int kGroup = 128;                                                             // threads
  static constexpr int kFetchRegisters = BULK ? 40 : 88, kMultiplyRegisters = BULK ? 232 : 208;  // 64512 in all

  char *slabs, *out;
  signals::Signal *full, *free;  // of each stage
  signals::Signal* turn;         // of each group that multiplies
  signals::Signal* landed;       // of each warp that multiplies

  __device__ __forceinline__ explicit Turns(char* shared)
      : slabs(shared),
        out(shared + STAGES * BYTES),
        full(reinterpret_cast<signals::Signal*>(out + 8 * OUT)),
        free(full + STAGES),
        turn(free + STAGES),
        landed(turn + 2) {}
  __device__ __forceinline__ void open() const {
    if (threadIdx.x == 0) {
      for (int s = 0; s < STAGES; ++s) signals::open(full + s, BULK ? 1 : kGroup), signals::open(free + s, 4 * BLOCKS);
      for (int g = 0; g < 2; ++g) signals::open(turn + g, 4);
      for (int w = 0; w < 8; ++w) signals::open(landed + w, 1);
      wgmma::fence_slabs();  // the copy engine arrives at signals too
    }
#ifndef HONE_EMULATED
    if constexpr (BLOCKS > 1) {
      if (threadIdx.x == 0) signals::show_to_cluster();
      cluster::synchronize();
      return;
    }
#endif
    __syncthreads();
  }
  /// No block ends while another one of the cluster arrives at its signals.
  __device__ __forceinline__ void close() const {
#ifndef HONE_EMULATED
    if constexpr (BLOCKS > 1) __syncwarp(), cluster::synchronize();
#endif
  }
  /// A stage that the caller's warp has read, to all who fill it.
  __device__ __forceinline__ void give_back(int stage) const {
    if (mma::lane() >= BLOCKS) return;
#ifndef HONE_EMULATED
    if constexpr (BLOCKS > 1) {
      signals::arrive_at(free + stage, static_cast<unsigned>(mma::lane()));
      return;
    }
#endif
    signals::arrive(free + stage);
  }
  static __device__ __forceinline__ int rank() {
#ifndef HONE_EMULATED
    if constexpr (BLOCKS > 1) return static_cast<int>(cluster::rank());
#endif
    return 0;
  }
  /// Tiles are numbered by cluster.
  static __device__ __forceinline__ int first_tile() { return static_cast<int>(blockIdx.x) / BLOCKS; }
  static __device__ __forceinline__ int tile_step() { return static_cast<int>(gridDim.x) / BLOCKS; }
  template <int BM, int BN>
  static __device__ __forceinline__ Place place(int tile, int rows, int columns) {
    Place at = Place::of_tile<BLOCKS * BM, BN>(tile, rows, columns);
    at.row += rank() * BM;
    return at;
  }
  static __device__ __forceinline__ bool fetches() { return threadIdx.x < kGroup; }
  /// Of the two groups that multiply.
  static __device__ __forceinline__ int group() { return static_cast<int>(threadIdx.x) / kGroup - 1; }
  /// Of the eight warps that multiply.
  static __device__ __forceinline__ int warp() { return (static_cast<int>(threadIdx.x) - kGroup) / 32; }
  __device__ __forceinline__ char* out_of_warp() const { return out + warp() * OUT; }
};

/// A place in the ring, and the parity of the round.
template <int STAGES>
struct Position {
  int stage = 0;
  unsigned round = 0;
  __device__ __forceinline__ void next() {
    if (++stage == STAGES) stage = 0, round ^= 1;
  }
  __device__ __forceinline__ void skip(int slabs) {
    const int to = stage + slabs;
    round ^= static_cast<unsigned>(to / STAGES) & 1u;
    stage = to % STAGES;
  }
};

/// The group that fetches. A slab is handed on when the copies of kBehind more are under way.
template <int STAGES, int BYTES, Early EARLY, class Block>
class Fetcher {
 public:
  __device__ __forceinline__ explicit Fetcher(const Block& block) : block_(block) {}

  /// The loaders stand at the first of `slabs` slabs of a tile.
  template <class A, class B, class W>
  __device__ __forceinline__ void tile(A& a, B& b, const W& windows, int slabs) {
    static_assert(A::kBytes + B::kBytes == BYTES, "a stage holds a slab of each");
    int early = 0;
    if (first_) {
      if (EARLY != kNothing) {
#pragma unroll 1
        for (; early < STAGES && early < slabs; ++early) {
          if (EARLY == kFirstOperand) a.fetch(block_.slabs + early * BYTES, windows);
          if (EARLY == kSecondOperand) b.fetch(block_.slabs + early * BYTES + A::kBytes, windows);
        }
      }
      wait_for_previous();
      let_next_start();
      first_ = false;
    }
#pragma unroll 1
    for (int s = 0; s < slabs; ++s) {
      signals::wait(block_.free + at_.stage, at_.round ^ 1);
      char* slab = block_.slabs + at_.stage * BYTES;
      if (EARLY != kFirstOperand || s >= early) a.fetch(slab, windows);
      if (EARLY != kSecondOperand || s >= early) b.fetch(slab + A::kBytes, windows);
      mma::commit_copies();
      at_.next();
      if (++under_way_ > kBehind) mma::wait_copies<kBehind>(), hand_on();
    }
  }
  __device__ __forceinline__ void finish() {
    mma::wait_copies<0>();
    while (under_way_ > 0) hand_on();
  }

 private:
  static constexpr int kBehind = STAGES - 2;
  static_assert(STAGES >= 3, "one slab is multiplied, one is handed on, one is fetched");
  __device__ __forceinline__ void hand_on() {
    wgmma::fence_slabs();
    signals::arrive(block_.full + to_hand_on_);
    to_hand_on_ = to_hand_on_ + 1 == STAGES ? 0 : to_hand_on_ + 1;
    --under_way_;
  }
  const Block& block_;
  Position<STAGES> at_;
  int under_way_ = 0, to_hand_on_ = 0;
  bool first_ = true;
};

/// The warp that fetches by bulk copies: boxes of BM rows of A and of BN rows of B. Its first lane asks for them.
template <int STAGES, int BM, int BN, Early EARLY, class Block>
class BulkFetcher {
 public:
  static constexpr int kABytes = BM * 128, kBytes = (BM + BN) * 128;
  __device__ __forceinline__ explicit BulkFetcher(const Block& block) : block_(block) {}

  __device__ __forceinline__ void tile(const bulk::Map& a, const bulk::Map& b, const Place& at, bool a_items,
                                       bool b_items, int slabs) {
    const int a_item = a_items ? at.item : 0, b_item = b_items ? at.item : 0;
    const bool asks = mma::lane() == 0;
    const auto fetch_a = [&](int stage, int s) {
      bulk::fetch(block_.slabs + stage * kBytes, a, s * 64, at.row, a_item, block_.full + stage);
    };
    const auto fetch_b = [&](int stage, int s) {
      char* slab = block_.slabs + stage * kBytes + kABytes;
#ifndef HONE_EMULATED
      if constexpr (Block::kBlocks > 1) {
        constexpr int kShare = BN / Block::kBlocks;
        const int first = Block::rank() * kShare;
        bulk::fetch_for_all(slab + first * 128, b, s * 64, at.column + first, b_item, block_.full + stage,
                            (1 << Block::kBlocks) - 1);
        return;
      }
#endif
      bulk::fetch(slab, b, s * 64, at.column, b_item, block_.full + stage);
    };
    int early = 0;
    if (first_) {
      if (EARLY != kNothing) {
#pragma unroll 1
        for (; early < STAGES && early < slabs; ++early) {
          if (!asks) continue;
          bulk::expect(block_.full + early, kBytes);
          if (EARLY == kFirstOperand) fetch_a(early, early);
          if (EARLY == kSecondOperand) fetch_b(early, early);
        }
      }
      wait_for_previous();
      let_next_start();
      first_ = false;
    }
#pragma unroll 1
    for (int s = 0; s < slabs; ++s) {
      signals::wait(block_.free + at_.stage, at_.round ^ 1);
      if (asks) {
        if (s >= early) bulk::expect(block_.full + at_.stage, kBytes);
        if (EARLY != kFirstOperand || s >= early) fetch_a(at_.stage, s);
        if (EARLY != kSecondOperand || s >= early) fetch_b(at_.stage, s);
        bulk::arrive(block_.full + at_.stage);
      }
      at_.next();
    }
  }

 private:
  const Block& block_;
  Position<STAGES> at_;
  bool first_ = true;
};

/// One of the groups that multiply.
template <int STAGES, int BYTES, class Block, class Cores>
class Multiplier {
 public:
  __device__ __forceinline__ explicit Multiplier(const Block& block) : block_(block) {}
  /// The other group's tile.
  __device__ __forceinline__ void skip(int slabs) { at_.skip(slabs); }
  /// The sums of a tile of `slabs` >= 1 slabs; B's slab begins A_BYTES behind A's. Begins when the other group has met
  /// all of its slabs: signals tell one round of the ring from the next only.
  template <int A_BYTES>
  __device__ __forceinline__ void tile(Cores& cores, int slabs) {
    const int group = Block::group();
    signals::wait(block_.turn + group, turns_ ^ (group == 0 ? 1 : 0));
    turns_ ^= 1;
    signals::wait(block_.full + at_.stage, at_.round);
    const char* slab = block_.slabs + at_.stage * BYTES;
    cores.template multiply<true>(slab, slab + A_BYTES);
    int before = at_.stage;
    at_.next();
#pragma unroll 1
    for (int s = 1; s < slabs; ++s) {
      signals::wait(block_.full + at_.stage, at_.round);
      slab = block_.slabs + at_.stage * BYTES;
      cores.template multiply<false>(slab, slab + A_BYTES);
      wgmma::wait<1>();
      block_.give_back(before);
      before = at_.stage;
      at_.next();
    }
    if (mma::lane() == 0) signals::arrive(block_.turn + (group ^ 1));
    cores.finish();
    block_.give_back(before);
  }

 private:
  const Block& block_;
  Position<STAGES> at_;
  unsigned turns_ = 0;
};

/// Hands every vector of V sums of the caller's warp to finish(values, row of the tile, column of the tile). `out`
/// belongs to the warp: 16 rows of WIDTH + 8 floats.
template <int BN, int WIDTH, int V, class Cores, class F>
__device__ __forceinline__ void hand_out_by_warp(const Cores& cores, char* out, F finish) {
  float* stage = reinterpret_cast<float*>(out);
  constexpr int kPitch = WIDTH + 8, kVectors = WIDTH / V, kParts = BN / WIDTH;
  static_assert(BN % WIDTH == 0 && 16 * kVectors % 32 == 0, "whole parts, whole warps");
  const int warp_row = static_cast<int>(threadIdx.x) / 32 % 4 * 16;
#pragma unroll 1
  for (int pass = 0; pass < Cores::kPasses * kParts; ++pass) {
    const int part = pass % kParts, block = pass / kParts;
    cores.template put_part<kPitch, WIDTH>(block, part, stage);
    __syncwarp();
#pragma unroll 2
    for (int i = mma::lane(); i < 16 * kVectors; i += 32) {
      const int r = i / kVectors, column = i % kVectors * V;
      float v[V];
      load_floats<V>(stage + r * kPitch + column, v);
      finish(v, block * 64 + warp_row + r, part * WIDTH + column);
    }
    __syncwarp();
  }
}

/// The way of 16-bit results to memory by the copy engine, for one of the warps that multiply: boxes of 16 rows of 64
/// columns in its part of shared memory. TAKES: the tail reads a tensor of the output's shape, which arrives in the
/// same boxes while products run.
template <int BM, int BN, bool TAKES, class Block>
class OutBoxes {
 public:
  static constexpr int kParts = BN / 64, kBoxes = BM / 64 * kParts, kBoxBytes = 16 * 128;
  __device__ __forceinline__ explicit OutBoxes(const Block& block)
      : boxes_(block.out_of_warp()), landed_(block.landed + Block::warp()) {}

  /// What the tail reads for the columns of a tile that are the caller's, so that it need not wait for them later.
  template <class Tail>
  static __device__ __forceinline__ typename Tail::Held hold(const Tail& tail, const Place& at, int columns) {
    const int column = at.column + mma::lane() % 4 * 2;
    return tail.hold(column, columns - column);
  }
  /// Before the products of a tile.
  __device__ __forceinline__ void take(const bulk::Map& from, const Place& at) const {
    if (!TAKES || mma::lane() != 0) return;
    bulk::wait_stores_read();
    bulk::expect(landed_, kBoxes * kBoxBytes);
#pragma unroll
    for (int b = 0; b < kBoxes; ++b)
      bulk::fetch(box(b), from, at.column + b % kParts * 64, at.row + row_of(b), at.item, landed_);
    bulk::arrive(landed_);
  }
  /// Tail::run() on all pairs of the warp's sums of a tile, rounded to T; `rows`, `columns`: those of an item.
  template <class T, class Cores, class Tail>
  __device__ __forceinline__ void give(const Cores& cores, const Tail& tail, const typename Tail::Held& held,
                                       const bulk::Map& to, const Place& at, int rows, int columns) {
    const int lane = mma::lane();
    if constexpr (TAKES) {
      signals::wait(landed_, phase_);
      phase_ ^= 1;
    } else {
      if (lane == 0) bulk::wait_stores_read();
      __syncwarp();
    }
#pragma unroll
    for (int b = 0; b < kBoxes; ++b) {
      const int first_row = at.row + row_of(b) + lane / 4, first_column = at.column + b % kParts * 64 + lane % 4 * 2;
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        char* chunk = box(b) + chunk_offset<8>(lane % 16, j + lane / 16);
        unsigned words[4];
        if constexpr (TAKES) mma::load_matrices(words, chunk);
#pragma unroll
        for (int q = 0; q < 4; ++q) {  // lower and upper rows of chunk j, then of the next
          const int row = first_row + q % 2 * 8, column = first_column + (j + q / 2) * 8;
          const int left = row < rows ? columns - column : 0;
          float sum[2];
          cores.pair(b / kParts, b % kParts * 8 + j + q / 2, q % 2, sum);
          T taken[2] = {};
          if constexpr (TAKES) taken[0].bits = words[q] & 0xffffu, taken[1].bits = words[q] >> 16;
          tail.run(sum, held, b % kParts * 8 + j + q / 2, taken, at.item * rows + row, column, left < 2 ? left : 2);
          words[q] = pack_pair(T{}, sum[0], sum[1]);
        }
        mma::store_matrices(chunk, words);
      }
      wgmma::fence_slabs();
      __syncwarp();
      if (lane != 0) continue;
      bulk::store(to, box(b), at.column + b % kParts * 64, at.row + row_of(b), at.item);
      bulk::commit_stores();
    }
  }
  /// Before the block ends.
  __device__ __forceinline__ void finish() const {
    if (mma::lane() == 0) bulk::wait_stores_read();
  }

 private:
  __device__ __forceinline__ char* box(int b) const { return boxes_ + b * kBoxBytes; }
  /// First row of a box within the tile.
  static __device__ __forceinline__ int row_of(int b) { return b / kParts * 64 + Block::warp() % 4 * 16; }
  char* boxes_;
  signals::Signal* landed_;
  unsigned phase_ = 0;
};

}  // namespace product
