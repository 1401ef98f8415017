// Tiles of the matrix product kernels and what they cost on a GPU, roughly.
#pragma once

#include <cstdint>
#include <string>

#include "backends/cuda/recipe.h"

namespace hone::cuda {

/// What multiplies: threads with ordinary arithmetic, warps on tensor cores, groups of four warps on Hopper's, or two
/// such groups that take tiles in turn while a third one fetches.
enum class CoreKind { kPlain, kTensor, kWarpGroup, kTurns };

struct Tile {
  const char* name;  // "128x64"
  CoreKind kind;
  int m, n;              // of the block; of a group where groups take turns
  int chunks;            // depth of a slab in 16-byte chunks
  int stages;            // most slabs in shared memory
  int cores_m, cores_n;  // threads, warps or groups of warps along each axis
  int threads() const {
    if (kind == CoreKind::kTurns) return 3 * 128;
    return cores_m * cores_n * (kind == CoreKind::kPlain ? 1 : kind == CoreKind::kTensor ? 32 : 128);
  }
  /// Threads that fetch operands.
  int fetching_threads() const { return kind == CoreKind::kTurns ? 128 : threads(); }
  bool on_groups() const { return kind == CoreKind::kWarpGroup || kind == CoreKind::kTurns; }
  /// Fewest slabs in shared memory that the kernel works with.
  int least_stages() const { return on_groups() ? 3 : 2; }
};

/// What a product asks of a tile.
struct TileWork {
  int64_t items, m, n, k;
  int element_bytes;
  bool tf32 = false;
  bool gathered = false;  // an operand passes through registers, element by element
  bool bulk = false;      // both operands are matrices that the copy engine can fetch
  int64_t traffic = 0;    // bytes to and from memory, once each
};

/// Stages that fit the GPU's shared memory, at most those wished and, where that is enough, one more than there are
/// slabs: what a short K leaves free lets more blocks run together. 0: too few fit.
int stages_of(const Tile& t, const GpuInfo& gpu, int64_t slabs);
/// Bytes in which a warp prepares its results where groups take turns: 16 rows of up to 64 sums, or its part of the
/// tile as 16-bit results.
int out_bytes_of(const Tile& t);
/// Bytes of shared memory with that many stages.
int shared_bytes_of(const Tile& t, int stages);
/// Into how many parts to split K so that the GPU fills; 1: splitting does not pay.
int64_t parts_of(const Tile& t, const TileWork& w, const GpuInfo& gpu);
/// The same for parts that are the blocks of a cluster: a power of two up to 8.
int64_t cluster_of(const Tile& t, const TileWork& w, const GpuInfo& gpu);
/// Microseconds, roughly; `together`: the parts are a cluster.
double time_of(const Tile& t, const TileWork& w, int64_t parts, bool together, const GpuInfo& gpu);

}  // namespace hone::cuda
