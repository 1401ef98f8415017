// Tiles of the matrix product kernels and what they cost on a GPU, roughly.
#pragma once

#include <cstdint>
#include <string>

#include "backends/cuda/recipe.h"

namespace hone::cuda {

struct Tile {
  const char* name;    // "128x64"
  bool tensor_cores;
  int m, n;            // of the block
  int chunks;          // depth of a slab in 16-byte chunks
  int stages;          // most slabs in shared memory
  int cores_m, cores_n;  // warps, or threads where there are no tensor cores
  int threads() const { return cores_m * cores_n * (tensor_cores ? 32 : 1); }
};

/// What a product asks of a tile.
struct TileWork {
  int64_t items, m, n, k;
  int element_bytes;
  bool tf32 = false;
  bool gathered = false;  // an operand passes through registers, element by element
  int64_t traffic = 0;    // bytes to and from memory, once each
};

/// Stages that fit the GPU's shared memory, at most those wished; below 2: none fit.
int stages_of(const Tile& t, const GpuInfo& gpu);
/// Bytes of shared memory with that many stages.
int shared_bytes_of(const Tile& t, int stages);
/// Into how many parts to split K so that the GPU fills; 1: splitting does not pay.
int64_t parts_of(const Tile& t, const TileWork& w, const GpuInfo& gpu);
/// Microseconds, roughly.
double time_of(const Tile& t, const TileWork& w, int64_t parts, const GpuInfo& gpu);

}  // namespace hone::cuda
