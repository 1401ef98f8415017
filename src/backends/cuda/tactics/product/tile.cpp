// The model behind the estimates: waves of blocks, each bound by arithmetic, by shared memory or by latency, and memory
// traffic as the floor.
#include "backends/cuda/tactics/product/tile.h"

#include <algorithm>

namespace hone::cuda {
namespace {

constexpr double kCyclesPerMicrosecond = 1600;
constexpr int64_t kLeastSlabs = 4;  // of a part of K

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t slab_depth(const Tile& t, const TileWork& w) { return int64_t{t.chunks} * 16 / w.element_bytes; }
int64_t tiles_of(const Tile& t, const TileWork& w) { return w.items * ceil_div(w.m, t.m) * ceil_div(w.n, t.n); }

int64_t blocks_per_processor(const Tile& t, const GpuInfo& gpu, int64_t slabs) {
  const int shared = shared_bytes_of(t, std::max(2, stages_of(t, gpu, slabs))) + 1024;
  const int64_t by_memory = std::max(1, gpu.shared_per_block / shared);
  // Registers: sums, fragments and addresses.
  const int64_t registers = int64_t{t.m} * t.n + int64_t{t.threads()} * 72;
  return std::clamp<int64_t>(65536 / registers, 1, by_memory);
}

// Cycles that one multiprocessor needs for a slab of one block.
double slab_cycles(const Tile& t, const TileWork& w) {
  const double depth = static_cast<double>(slab_depth(t, w)), area = static_cast<double>(t.m) * t.n;
  const bool plain = t.kind == CoreKind::kPlain, groups = t.on_groups();
  const double rate = plain ? 128 : (groups ? 1900 : 1024) / (w.tf32 ? 2.0 : 1.0);  // products per cycle
  const double core_m = groups ? 64 : static_cast<double>(t.m) / t.cores_m;
  const double core_n = static_cast<double>(t.n) / t.cores_n;
  const double bytes = area * depth * w.element_bytes * (1 / core_m + 1 / core_n);  // read from shared memory
  const double arithmetic = area * depth / rate, shared = bytes / (plain ? 1024 : 128);
  double cycles = std::max(arithmetic, shared) + 0.25 * std::min(arithmetic, shared) + 40;
  if (w.gathered) cycles += (t.m + t.n) * depth / 24;
  return cycles;
}

}  // namespace

int out_bytes_of(const Tile& t) {
  const int rows = 16 * (std::min(t.n, 64) + 8) * 4, results = t.m / 4 * t.n * 2;
  return (std::max(rows, results) + 1023) / 1024 * 1024;
}

int shared_bytes_of(const Tile& t, int stages) {
  const int ring = stages * (t.m + t.n) * t.chunks * 16;
  if (t.kind == CoreKind::kTurns)  // results of the eight warps that multiply, signals, alignment
    return ring + 8 * out_bytes_of(t) + stages * 16 + 2 * 8 + 8 * 8 + 1024;
  const int rows = t.cores_m * (t.kind == CoreKind::kPlain ? 1 : t.kind == CoreKind::kTensor ? 16 : 64);
  const int alignment = t.kind == CoreKind::kWarpGroup ? 1024 : 0;  // slabs start at multiples of it
  return std::max(ring, rows * (t.n + 8) * 4) + alignment;
}

int stages_of(const Tile& t, const GpuInfo& gpu, int64_t slabs) {
  if (t.kind == CoreKind::kTurns) slabs = t.stages;  // the ring runs on from tile to tile
  int stages = static_cast<int>(std::clamp<int64_t>(slabs + 1, t.least_stages(), t.stages));
  while (stages >= t.least_stages() && shared_bytes_of(t, stages) > gpu.shared_per_block) --stages;
  return stages >= t.least_stages() ? stages : 0;
}

int64_t parts_of(const Tile& t, const TileWork& w, const GpuInfo& gpu) {
  const int64_t slabs = ceil_div(w.k, slab_depth(t, w)), tiles = std::max<int64_t>(1, tiles_of(t, w));
  const int64_t wanted = std::min<int64_t>({2 * gpu.multiprocessors / tiles, slabs / kLeastSlabs, 32});
  return std::max<int64_t>(1, wanted);
}

int64_t cluster_of(const Tile& t, const TileWork& w, const GpuInfo& gpu) {
  const int64_t slabs = ceil_div(w.k, slab_depth(t, w)), tiles = std::max<int64_t>(1, tiles_of(t, w));
  const int64_t rows = t.cores_m * (t.kind == CoreKind::kPlain ? 1 : t.kind == CoreKind::kTensor ? 16 : 64);
  int64_t parts = 1;
  while (parts < 8 && parts * 2 * tiles <= 2 * gpu.multiprocessors && slabs >= parts * 4 && rows % (parts * 2) == 0)
    parts *= 2;
  return parts;
}

double time_of(const Tile& t, const TileWork& w, int64_t parts, bool in_cluster, const GpuInfo& gpu) {
  const double memory = static_cast<double>(w.traffic) / 4e6;
  if (t.kind == CoreKind::kTurns) {
    // Cycles to fetch a slab: by the copy engine at best, by the load unit as measured.
    const double fetch = (t.m + t.n) * (w.bulk ? 2.0 : 4.0);
    const double sums = static_cast<double>(ceil_div(w.k, slab_depth(t, w))) * std::max(fetch, slab_cycles(t, w));
    const double tail = 0.15 * t.m * t.n, turn = std::max(sums, tail / 2);
    const auto turns = static_cast<double>(ceil_div(tiles_of(t, w), std::max(1, gpu.multiprocessors)));
    return std::max((turns * turn + tail + 2000) / kCyclesPerMicrosecond, memory) + 1;
  }
  const int64_t blocks = tiles_of(t, w) * parts, slabs = ceil_div(ceil_div(w.k, slab_depth(t, w)), parts);
  const int64_t processors = std::max(1, gpu.multiprocessors), together = blocks_per_processor(t, gpu, slabs);
  const double cycles = slab_cycles(t, w);
  // A block alone waits for memory between slabs; several on a multiprocessor share its arithmetic.
  const double alone = std::max(cycles, 160.0);
  const int64_t waves = ceil_div(blocks, processors * together);
  const double share = static_cast<double>(std::min<int64_t>(together, ceil_div(blocks, processors)));
  const double block = static_cast<double>(slabs) * std::max(alone, cycles * share) + 1500 + 0.06 * t.m * t.n;
  double time = static_cast<double>(waves) * block / kCyclesPerMicrosecond;
  if (in_cluster)
    time += 0.6;
  else if (parts > 1)
    time += 2 + static_cast<double>(w.items * w.m * w.n * 4 * parts) / 3e6;
  return std::max(time, memory) + 1;
}

}  // namespace hone::cuda
