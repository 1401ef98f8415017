// Cache blocking and threading of matrix products. A strip of A (one register tile high) lies in the first-level
// cache, a block of B's panels in the second; where all of B's columns at hand fit there, each strip of C is finished
// before the next begins, else the blocks of k run outside and C is accumulated.
#include "backends/cpu/simd/gemm.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/simd/cache_size.h"
#include "backends/cpu/simd/gemm_kernels.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

constexpr int64_t kMaxBlockK = 320;
constexpr int64_t kStripPitch = kMaxBlockK + 16;  // rows of a copied strip begin in different cache sets

int64_t div_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Rows [row0, row1) and panels [panel0, panel1) of C.
struct Region {
  int64_t row0, row1, panel0, panel1;
};

class RegionWorker {
 public:
  RegionWorker(const GemmKernels& kernels, const Gemm& g, const Region& r)
      : kernels_(kernels), g_(g), r_(r), panel_width_(2 * kernels.lanes) {
    static const Epilogue kPlain{};
    epilogue_ = g.epilogue != nullptr ? g.epilogue : &kPlain;
    strips_ = std::max<int64_t>(1, div_up(r.row1 - r.row0, kernels.rows));
    copy_a_ = g.rows != nullptr || (g.lda % 512 == 0 && r.row1 - r.row0 > 8);
    block_k_ = choose_block_k();
  }

  void run() {
    const int64_t panel_bytes = g_.k * panel_width_ * 4, budget = second_level_cache() * 5 / 8;
    if ((r_.panel1 - r_.panel0) * panel_bytes <= budget || strips_ == 1) {
      for (int64_t s = 0; s < strips_; ++s)
        for_blocks_of_k([&](int64_t k0, int64_t k1) { run_strip(s, k0, k1, r_.panel0, r_.panel1); });
      return;
    }
    const int64_t step = std::max<int64_t>(1, budget / (block_k_ * panel_width_ * 4));
    for (int64_t p = r_.panel0; p < r_.panel1; p += step)
      for_blocks_of_k([&](int64_t k0, int64_t k1) {
        for (int64_t s = 0; s < strips_; ++s) run_strip(s, k0, k1, p, std::min(p + step, r_.panel1));
      });
  }

 private:
  int64_t choose_block_k() const {
    if (strips_ == 1 && !copy_a_) return std::max<int64_t>(1, g_.k);  // C stays in registers
    const int64_t blocks = std::max<int64_t>(1, div_up(g_.k, kMaxBlockK));
    return std::min(kMaxBlockK, std::max<int64_t>(4, div_up(div_up(g_.k, blocks), 4) * 4));
  }

  template <class F>
  void for_blocks_of_k(F f) {
    int64_t k0 = 0;
    do {
      const int64_t k1 = std::min(g_.k, k0 + block_k_);
      f(k0, k1);
      k0 = k1;
    } while (k0 < g_.k);
  }

  void run_strip(int64_t strip, int64_t k0, int64_t k1, int64_t panel0, int64_t panel1) {
    const int64_t rows = r_.row1 - r_.row0;
    const int64_t first = r_.row0 + part_begin(rows, strip, strips_),
                  last = r_.row0 + part_begin(rows, strip + 1, strips_);
    Tile t;
    t.k = k1 - k0;
    t.accumulate = k0 > 0;
    load_a(first, last, k0, t);
    for (int64_t p = panel0; p < panel1; ++p) run_tile(t, first, last - first, p, k0, k1 == g_.k);
  }

  void load_a(int64_t row0, int64_t row1, int64_t k0, Tile& t) {
    if (!copy_a_) {
      t.a = g_.a + row0 * g_.lda + k0;
      t.a_stride = g_.lda;
      return;
    }
    if (g_.rows != nullptr) {
      g_.rows->fetch(row0, row1 - row0, k0, t.k, strip_, kStripPitch);
    } else {
      for (int64_t r = row0; r < row1; ++r)
        std::memcpy(strip_ + (r - row0) * kStripPitch, g_.a + r * g_.lda + k0,
                    static_cast<size_t>(t.k) * sizeof(float));
    }
    t.a = strip_;
    t.a_stride = kStripPitch;
  }

  void run_tile(Tile& t, int64_t row0, int64_t rows, int64_t panel, int64_t k0, bool last) {
    const int64_t col0 = panel * panel_width_, cols = std::min<int64_t>(panel_width_, g_.n - col0);
    const int vectors = cols <= kernels_.lanes ? 1 : 2;
    const int64_t width = int64_t{vectors} * kernels_.lanes;
    const Epilogue& e = *epilogue_;
    t.b = g_.b + panel * panel_width_ * g_.k + k0 * width;
    t.bias = e.bias != nullptr ? e.bias + col0 : nullptr;
    t.residual =
        last && e.residual != nullptr ? e.residual + (g_.epilogue_row0 + row0) * e.residual_pitch + col0 : nullptr;
    t.ldr = e.residual_pitch;
    t.clamp = last && e.clip;
    t.lo = e.lo, t.hi = e.hi;
    t.c = g_.c + row0 * g_.ldc + col0;
    t.ldc = g_.ldc;
    const TileKernel kernel = kernels_.tile[rows - 1][vectors - 1];
    float* c = t.c;
    if (cols == width)
      kernel(t);
    else
      run_narrow_tile(t, kernel, rows, cols);
    if (last && e.step_count > 0) kernels_.apply_steps(e, c, g_.ldc, g_.epilogue_row0 + row0, col0, rows, cols);
  }

  /// The last columns, fewer than whole vectors: everything goes through padded copies.
  void run_narrow_tile(Tile t, TileKernel kernel, int64_t rows, int64_t cols) {
    alignas(64) float c[kMaxTileRows * kMaxTileColumns], residual[kMaxTileRows * kMaxTileColumns];
    alignas(64) float bias[kMaxTileColumns] = {};
    const auto bytes = static_cast<size_t>(cols) * sizeof(float);
    const auto copy_in = [&](const float* from, int64_t pitch, float* to) {
      for (int64_t r = 0; r < rows; ++r) {
        std::memcpy(to + r * kMaxTileColumns, from + r * pitch, bytes);
        std::fill(to + r * kMaxTileColumns + cols, to + (r + 1) * kMaxTileColumns, 0.0f);
      }
    };
    if (t.accumulate) copy_in(t.c, t.ldc, c);
    if (t.residual != nullptr) {
      copy_in(t.residual, t.ldr, residual);
      t.residual = residual;
      t.ldr = kMaxTileColumns;
    }
    if (t.bias != nullptr) {
      std::memcpy(bias, t.bias, bytes);
      t.bias = bias;
    }
    float* out = t.c;
    const int64_t ldc = t.ldc;
    t.c = c;
    t.ldc = kMaxTileColumns;
    kernel(t);
    for (int64_t r = 0; r < rows; ++r) std::memcpy(out + r * ldc, c + r * kMaxTileColumns, bytes);
  }

  const GemmKernels& kernels_;
  const Gemm& g_;
  const Region r_;
  const int64_t panel_width_;
  const Epilogue* epilogue_;
  int64_t strips_, block_k_;
  bool copy_a_;
  alignas(64) float strip_[kMaxTileRows * kStripPitch];
};

struct Grid {
  int64_t rows, columns;
};

/// Splits C over at most `threads` threads so that the largest part (arithmetic plus the traffic of its operands) is
/// smallest.
Grid choose_grid(const GemmKernels& kernels, const Gemm& g, int threads) {
  const int64_t panels = div_up(g.n, 2 * kernels.lanes), strips = div_up(g.m, kernels.rows);
  Grid best{1, 1};
  double best_cost = 1e300;
  for (int64_t r = 1; r <= std::min<int64_t>(threads, strips); ++r) {
    const int64_t c = std::min<int64_t>(threads / r, panels);
    const double rows = static_cast<double>(div_up(g.m, r));
    const double columns = static_cast<double>(div_up(panels, c) * 2 * kernels.lanes);
    const double cost = rows * columns + 4 * rows + 8 * columns;
    if (cost < best_cost) {
      best_cost = cost;
      best = {r, c};
    }
  }
  return best;
}

}  // namespace

int64_t packed_b_size(Isa isa, int64_t k, int64_t n) noexcept {
  const int64_t lanes = gemm_kernels(isa).lanes;
  return div_up(n, lanes) * lanes * k;
}

void pack_b(Isa isa, int64_t k, int64_t n, const float* b, int64_t ldb, bool transposed, float* out) noexcept {
  const GemmKernels& kernels = gemm_kernels(isa);
  const int64_t panel = 2 * kernels.lanes;
  for (int64_t col = 0; col < n; col += panel) {
    const int64_t cols = std::min(panel, n - col);
    const int width = static_cast<int>(cols <= kernels.lanes ? kernels.lanes : panel);
    kernels.pack_panel(b, ldb, transposed, k, col, cols, width, out + col * k);
  }
}

void gemm_serial(Isa isa, const Gemm& g) noexcept {
  if (g.m <= 0 || g.n <= 0) return;
  const GemmKernels& kernels = gemm_kernels(isa);
  RegionWorker(kernels, g, {0, g.m, 0, div_up(g.n, 2 * kernels.lanes)}).run();
}

void gemm(Isa isa, const Gemm& g) noexcept {
  if (g.m <= 0 || g.n <= 0) return;
  const GemmKernels& kernels = gemm_kernels(isa);
  const int threads =
      static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k) < 32768.0 ? 1 : num_threads();
  const Grid grid = choose_grid(kernels, g, threads);
  const int64_t panels = div_up(g.n, 2 * kernels.lanes), parts = grid.rows * grid.columns;
  parallel(
      [&](int thread, int count) {
        for (int64_t i = thread; i < parts; i += count) {
          const int64_t r = i / grid.columns, c = i % grid.columns;
          const Region region{part_begin(g.m, r, grid.rows), part_begin(g.m, r + 1, grid.rows),
                              part_begin(panels, c, grid.columns), part_begin(panels, c + 1, grid.columns)};
          RegionWorker(kernels, g, region).run();
        }
      },
      parts);
}

}  // namespace hone::cpu
