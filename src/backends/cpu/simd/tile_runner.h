// Runs register tiles of one product at their place in C: addresses, bias, residual, last columns, epilogue steps; and
// the division of C among threads. Shared by matrix products and convolutions.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/gemm_kernels.h"

namespace hone::cpu {

inline int64_t div_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// What the tiles of one product have in common.
struct TileTarget {
  int64_t n, k;
  const float* b;  // packed
  float* c;
  int64_t ldc;
  const Epilogue* epilogue;  // null: none
  int64_t epilogue_row0;
};

class TileRunner {
 public:
  TileRunner(const GemmKernels& kernels, const TileTarget& target);
  /// The tile at rows [row0, row0 + rows) and a panel of columns. `t` has a, its strides, k and accumulate set; k0 is
  /// the first row of B, `last` that no further part of k follows.
  void run(Tile& t, int64_t row0, int64_t rows, int64_t panel, int64_t k0, bool last) const noexcept;

 private:
  const GemmKernels& kernels_;
  const TileTarget g_;
  const Epilogue& epilogue_;
};

/// Rows [row0, row1) and panels [panel0, panel1) of C.
struct Region {
  int64_t row0, row1, panel0, panel1;
};

/// C divided into rows x columns parts for threads.
struct Grid {
  int64_t m, panels, rows, columns;

  int64_t parts() const { return rows * columns; }
  Region part(int64_t i) const;
};

/// Splits C over the caller's threads so that the largest part (arithmetic plus the traffic of its operands) is
/// smallest; small products stay on one thread. m counts units of `row_unit` rows that are kept together.
Grid choose_grid(const GemmKernels& kernels, int64_t m, int64_t n, int64_t k, int64_t row_unit = 1) noexcept;

}  // namespace hone::cpu
