// Runs register tiles of one product at their place in C: addresses, bias, residual, last columns, epilogue steps; and
// the division of C among threads. Shared by matrix products and convolutions.
#pragma once

#include <atomic>
#include <cstdint>

#include "backends/cpu/simd/gemm_kernels.h"
#include "base/parallel.h"

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
  /// The tiles at rows [row0, row0 + rows) and panels [panel0, panel1) of columns. `t` has a, its strides, k and
  /// accumulate set; k0 is the first row of B, `last` that no further part of k follows.
  void run(Tile& t, int64_t row0, int64_t rows, int64_t panel0, int64_t panel1, int64_t k0, bool last) const noexcept;
  /// The same at any number of rows, whose pieces of k in A lie in place from t.a on.
  void run_strips(Tile& t, int64_t row0, int64_t rows, int64_t panel0, int64_t panel1, int64_t k0,
                  bool last) const noexcept;

 private:
  /// `strips` strips of `rows` rows each.
  struct Strips {
    int64_t row0, rows, strips;
  };
  /// Calls f for at most `most` strips of equal height at a time, none higher than `height`; t.a follows.
  template <class F>
  static void for_strips(Tile& t, int64_t row0, int64_t rows, int64_t height, int64_t most, F f) noexcept;
  void run_some(Tile& t, const Strips& s, int64_t panel0, int64_t panel1, int64_t k0, bool last) const noexcept;
  void run_tiles(Tile& t, const Strips& s, int64_t panel0, int64_t panels, int64_t k0, bool last) const noexcept;
  /// The last whole panel and the half panel after it.
  void run_wide(Tile& t, const Strips& s, int64_t k0, bool last) const noexcept;
  void place(Tile& t, const Strips& s, int64_t col0, int64_t width, int64_t k0, bool last) const noexcept;
  const GemmKernels& kernels_;
  const TileTarget g_;
  const Epilogue& epilogue_;
  const int64_t panel_width_, whole_panels_;
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
  /// Calls f(region, thread) for every part on the caller's team; threads take the next part when they are done with
  /// one, so that a disturbed thread delays the others little.
  template <class F>
  void run(F f) const;
};

template <class F>
void Grid::run(F f) const {
  std::atomic<int64_t> next{0};
  parallel(
      [&](int thread, int) {
        for (int64_t i = next.fetch_add(1, std::memory_order_relaxed); i < parts();
             i = next.fetch_add(1, std::memory_order_relaxed))
          f(part(i), thread);
      },
      parts());
}

/// Splits C over the caller's threads so that the largest part (arithmetic plus the traffic of its operands) is
/// smallest, and that long products come in several parts a thread; small ones stay on one thread. m counts units of
/// `row_unit` rows that are kept together. `narrow`: A is cheap to read, so that the parts of a thread may share rows
/// rather than columns, of which each is then read once.
Grid choose_grid(const GemmKernels& kernels, int64_t m, int64_t n, int64_t k, int64_t row_unit = 1,
                 bool narrow = false) noexcept;

}  // namespace hone::cpu
