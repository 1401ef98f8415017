// Copies of whole boxes of a matrix to shared memory and back by the copy engine of Hopper's multiprocessors
// (cp.async.bulk.tensor of the PTX manual). One thread asks; a signal counts the bytes that arrive.
#pragma once

#include "product_load.cuh"
#include "signal.cuh"

namespace bulk {

#ifdef HONE_EMULATED

/// As the emulated driver writes it.
struct alignas(64) Map {
  const char* data;
  unsigned long long dims[3], strides[2];
  unsigned rows, element_bytes;
  char unused[72];
};
static_assert(sizeof(Map) == 128, "a tensor map");

__device__ inline void expect(signals::Signal*, unsigned) {}
__device__ inline void fetch(char* slab, const Map& map, int column, int row, int matrix, signals::Signal*) {
  for (unsigned r = 0; r < map.rows; ++r)
    for (unsigned c = 0; c < 64; ++c) {
      const unsigned long long x = static_cast<unsigned>(column) + c, y = static_cast<unsigned>(row) + r;
      unsigned short v = 0;
      if (x < map.dims[0] && y < map.dims[1] && static_cast<unsigned>(matrix) < map.dims[2])
        v = *reinterpret_cast<const unsigned short*>(map.data + x * 2 + y * map.strides[0] +
                                                     static_cast<unsigned>(matrix) * map.strides[1]);
      reinterpret_cast<unsigned short*>(
          slab + product::chunk_offset<8>(static_cast<int>(r), static_cast<int>(c / 8)))[c % 8] = v;
    }
}
/// All copies asked for so far count as done where the emulator has made them.
__device__ inline void arrive(signals::Signal* s) { signals::arrive(s); }
__device__ inline void store(const Map& map, const char* slab, int column, int row, int matrix) {
  for (unsigned r = 0; r < map.rows; ++r)
    for (unsigned c = 0; c < 64; ++c) {
      const unsigned long long x = static_cast<unsigned>(column) + c, y = static_cast<unsigned>(row) + r;
      if (x >= map.dims[0] || y >= map.dims[1] || static_cast<unsigned>(matrix) >= map.dims[2]) continue;
      char* to =
          const_cast<char*>(map.data) + x * 2 + y * map.strides[0] + static_cast<unsigned>(matrix) * map.strides[1];
      *reinterpret_cast<unsigned short*>(to) = reinterpret_cast<const unsigned short*>(
          slab + product::chunk_offset<8>(static_cast<int>(r), static_cast<int>(c / 8)))[c % 8];
    }
}
__device__ inline void commit_stores() {}
__device__ inline void wait_stores_read() {}

#else

struct alignas(64) Map {
  char bytes[128];
};

/// One arrival, and `bytes` that are to come before the phase ends.
__device__ __forceinline__ void expect(signals::Signal* s, unsigned bytes) {
#if __CUDA_ARCH__ >= 900
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(mma::shared_address(s)), "r"(bytes)
               : "memory");
#endif
}
/// The box from this column (a multiple of 8) and row of a matrix on, to a slab of rows of 128 bytes.
__device__ __forceinline__ void fetch(char* slab, const Map& map, int column, int row, int matrix, signals::Signal* s) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], "
      "[%5];" ::"r"(mma::shared_address(slab)),
      "l"(&map), "r"(column), "r"(row), "r"(matrix), "r"(mma::shared_address(s))
      : "memory");
#endif
}
/// The same to all blocks of the cluster, at the same place in the shared memory of each, whose signals count it.
__device__ __forceinline__ void fetch_for_all(char* slab, const Map& map, int column, int row, int matrix,
                                              signals::Signal* s, unsigned short blocks) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, "
      "{%2, %3, %4}], [%5], %6;" ::"r"(mma::shared_address(slab)),
      "l"(&map), "r"(column), "r"(row), "r"(matrix), "r"(mma::shared_address(s)), "h"(blocks)
      : "memory");
#endif
}
__device__ __forceinline__ void arrive(signals::Signal*) {}
/// A slab to the box of a matrix, less what lies outside. Who wrote to the slab called wgmma::fence_slabs().
__device__ __forceinline__ void store(const Map& map, const char* slab, int column, int row, int matrix) {
#if __CUDA_ARCH__ >= 900
  asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(&map),
               "r"(mma::shared_address(slab)), "r"(column), "r"(row), "r"(matrix)
               : "memory");
#endif
}
__device__ __forceinline__ void commit_stores() {
#if __CUDA_ARCH__ >= 900
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
#endif
}
/// Until the slabs of all stores that the thread committed have been read.
__device__ __forceinline__ void wait_stores_read() {
#if __CUDA_ARCH__ >= 900
  asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
#endif
}

#endif

}  // namespace bulk
