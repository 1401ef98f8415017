// The innermost kernels of matrix products, one table per instruction set: a register tile of C, the tail steps on a
// tile in the first-level cache, and packing of B into panels. gemm.cpp blocks and threads over them.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/epilogue.h"
#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

/// Register tiles side by side: C[rows, vectors * lanes] = clamp((accumulate ? C : bias) + A B + residual) for each of
/// `panels` panels of B, and the same for `strips` times R rows one below the other. A comes in `runs` pieces of k
/// columns each (kernel rows of a convolution), B has runs * k rows.
struct Tile {
  const float* a = nullptr;
  int64_t a_stride = 0;      // floats from row to row
  int64_t runs = 1;          // at least 1
  int64_t run_stride = 0;    // floats from run to run
  int64_t k = 0;             // of one run
  const float* b = nullptr;  // runs * k rows of vectors * lanes floats, dense
  int64_t panels = 1, strips = 1;
  int64_t b_stride = 0;           // floats from panel to panel
  const float* b_tail = nullptr;  // wide kernels: the half panel
  float* c = nullptr;
  int64_t ldc = 0;
  const float* bias = nullptr;  // null: 0; ignored where accumulate is set
  bool accumulate = false;
  const float* residual = nullptr;  // null: none
  int64_t ldr = 0;
  bool clamp = false;
  float lo = 0, hi = 0;
  const float* next = nullptr;  // what is wanted next: each strip fetches next_lines cache lines of it
  int64_t next_lines = 0;
};

using TileKernel = void (*)(const Tile&);

inline constexpr int kWideRows = 4;
inline constexpr int kMaxTileRows = 14, kMaxTileVectors = 2, kMaxTileColumns = 32;

struct GemmKernels {
  int rows;   // rows of the largest register tile
  int lanes;  // floats in a vector; a panel of B is 2 vectors wide, the last one may be 1 vector wide
  /// tile[r - 1][v - 1]: the kernel for r rows and v vectors; always stores whole vectors.
  TileKernel tile[kMaxTileRows][kMaxTileVectors];
  /// wide[r - 1]: r rows by the last whole panel and the half panel after it; null where there is no such kernel.
  TileKernel wide[kWideRows];
  /// Applies e.steps to the tile C[row0 .. row0 + rows, col0 .. col0 + cols]; `c` points at its first element.
  void (*apply_steps)(const Epilogue& e, float* c, int64_t ldc, int64_t row0, int64_t col0, int64_t rows, int64_t cols);
  /// y[r, i] = x[r, i] * factors[i] for i < cols.
  void (*scale_rows)(const float* x, int64_t x_pitch, const float* factors, int64_t rows, int64_t cols, float* y,
                     int64_t y_pitch);
  /// Packs the columns [col0, col0 + cols) of B (k x n; transposed: stored n x k) into one panel of `width` columns.
  void (*pack_panel)(const float* b, int64_t ldb, bool transposed, int64_t k, int64_t col0, int64_t cols, int width,
                     float* panel);
};

/// The table for an instruction set that this machine has.
const GemmKernels& gemm_kernels(Isa isa) noexcept;

}  // namespace hone::cpu
