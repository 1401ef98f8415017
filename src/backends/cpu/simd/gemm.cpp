// Cache blocking and threading of matrix products. A strip of A (one register tile high) lies in the first-level
// cache, a block of B's panels in the second; where all of B's columns at hand fit there, each strip of C is finished
// before the next begins, else the blocks of k run outside and C is accumulated.
#include "backends/cpu/simd/gemm.h"

#include <algorithm>

#include "backends/cpu/simd/cache_size.h"
#include "backends/cpu/simd/copy_floats.h"
#include "backends/cpu/simd/gemm_kernels.h"
#include "backends/cpu/simd/tile_runner.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

constexpr int64_t kMaxBlockK = 320, kStripPitch = kMaxBlockK + 16;  // copied rows begin in different cache sets
constexpr int64_t kMaxInPlaceK = 768;  // longer runs of k spare passes over C where A is not copied
constexpr int64_t kBlockRows = 132;    // most rows of A that are copied for one sweep over the panels of B
constexpr int64_t kPad = 16;           // floats between copied rows
constexpr int64_t kLine = 16;          // floats of a cache line
constexpr int64_t kLeastWholeK = 640, kMostWholeK = 1024, kLeastWholeRows = 96;
constexpr int64_t kWholeFloats = 160 * 1024;  // of A, for one pass over B
constexpr int64_t kLeastSweptRows = 24;
constexpr int64_t kSweepK = 256;  // rows of a panel of B in the first-level cache

class RegionWorker {
 public:
  RegionWorker(const GemmKernels& kernels, const Gemm& g, const Region& r)
      : kernels_(kernels),
        g_(g),
        r_(r),
        panel_width_(2 * kernels.lanes),
        runner_(kernels, {g.n, g.k, g.b, g.c, g.ldc, g.epilogue, g.epilogue_row0}) {
    strips_ = std::max<int64_t>(1, div_up(r.row1 - r.row0, kernels.rows));
    copy_a_ = must_copy(g, r);
  }

  void run() {
    const int64_t panel_bytes = g_.k * panel_width_ * 4, budget = second_level_cache() * 5 / 8;
    const bool fits = (r_.panel1 - r_.panel0) * panel_bytes <= budget;
    block_k_ = choose_block_k(fits && !copy_a_ ? kMaxInPlaceK : kMaxBlockK);
    if (fits && !copy_a_ && block_k_ >= g_.k) {
      Tile t;
      t.a = g_.a + r_.row0 * g_.lda, t.a_stride = g_.lda, t.k = g_.k;
      return runner_.run_strips(t, r_.row0, r_.row1 - r_.row0, r_.panel0, r_.panel1, 0, true);
    }
    if (fits || strips_ == 1) {
      for (int64_t s = 0; s < strips_; ++s)
        for_blocks_of_k([&](int64_t k0, int64_t k1) { run_strip(s, k0, k1, r_.panel0, r_.panel1); });
      return;
    }
    if (sweeps()) return takes_whole_k() ? chunks() : sweep();
    const int64_t step = std::max<int64_t>(1, budget / (block_k_ * panel_width_ * 4));
    for (int64_t p = r_.panel0; p < r_.panel1; p += step)
      for_blocks_of_k([&](int64_t k0, int64_t k1) {
        for (int64_t s = 0; s < strips_; ++s) run_strip(s, k0, k1, p, std::min(p + step, r_.panel1));
      });
  }

 private:
  int64_t choose_block_k(int64_t most) const {
    if (strips_ == 1 && !copy_a_) return std::max<int64_t>(1, g_.k);  // C stays in registers
    const int64_t blocks = std::max<int64_t>(1, div_up(g_.k, most));
    return std::min(most, std::max<int64_t>(4, div_up(div_up(g_.k, blocks), 4) * 4));
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

  /// Larger second-level caches, as processors with AVX-512 have, hold blocks of B instead.
  bool sweeps() const { return kernels_.lanes == 8 && r_.row1 - r_.row0 >= kLeastSweptRows; }

  /// B's panels one by one in the first-level cache, each for all rows of a block of A in the second: B, which comes
  /// from far, is read once for many rows, and the next panel is fetched meanwhile.
  void sweep() {
    alignas(64) float block[kBlockRows * (kSweepK + kPad)];
    const int64_t rows = r_.row1 - r_.row0, k_blocks = std::max<int64_t>(1, div_up(g_.k, kSweepK));
    block_k_ = std::max<int64_t>(4, div_up(div_up(g_.k, k_blocks), 4) * 4);
    const int64_t blocks = div_up(rows, kBlockRows);
    for (int64_t i = 0; i < blocks; ++i) {
      const Span at{r_.row0 + part_begin(rows, i, blocks), r_.row0 + part_begin(rows, i + 1, blocks)};
      for_blocks_of_k([&](int64_t k0, int64_t k1) {
        copy_rows(at.begin, at.end, k0, k1 - k0, block, k1 - k0 + kPad);
        for (int64_t p = r_.panel0; p < r_.panel1; ++p) sweep_panel(at, p, k0, k1, block);
      });
    }
  }

  struct Span {
    int64_t begin, end;
  };

  /// All rows of the block by one piece of a panel, while the next panel's is fetched.
  void sweep_panel(const Span& rows, int64_t p, int64_t k0, int64_t k1, const float* block) {
    const int64_t count = rows.end - rows.begin, strips = div_up(count, kernels_.rows);
    Tile t;
    t.k = k1 - k0, t.accumulate = k0 > 0, t.a_stride = t.k + kPad;
    const float* next = g_.b + (p + 1) * panel_width_ * g_.k + k0 * panel_width_;
    const int64_t lines = p + 1 < r_.panel1 ? t.k * panel_width_ / kLine : 0;
    t.next = next, t.next_lines = div_up(lines, strips);
    t.a = block;
    runner_.run_strips(t, rows.begin, count, p, p + 1, k0, k1 == g_.k);
  }

  /// Long k, rows in place: C stays in registers over much of it, a few panels of B in the second-level cache and a
  /// strip of A in the first; fewer passes over C than a sweep has, for more reads of B from the second level.
  bool takes_whole_k() const { return !copy_a_ && g_.k >= kLeastWholeK && r_.row1 - r_.row0 >= kLeastWholeRows; }

  void chunks() {
    const int64_t k_blocks = div_up(g_.k, kMostWholeK);
    block_k_ = div_up(div_up(g_.k, k_blocks), 4) * 4;
    const int64_t step = std::max<int64_t>(1, second_level_cache() * 3 / 8 / (block_k_ * panel_width_ * 4));
    const int64_t rows = r_.row1 - r_.row0,
                  blocks = div_up(rows, std::max<int64_t>(kLeastWholeRows, kWholeFloats / block_k_));
    for (int64_t i = 0; i < blocks; ++i) {
      const Span at{r_.row0 + part_begin(rows, i, blocks), r_.row0 + part_begin(rows, i + 1, blocks)};
      for_blocks_of_k([&](int64_t k0, int64_t k1) {
        for (int64_t p = r_.panel0; p < r_.panel1; p += step) chunk(at, {p, std::min(p + step, r_.panel1)}, k0, k1);
      });
    }
  }

  /// All rows by some panels, while those that come next are fetched.
  void chunk(const Span& rows, const Span& panels, int64_t k0, int64_t k1) {
    const int64_t count = rows.end - rows.begin, strips = div_up(count, kernels_.rows);
    const int64_t ahead = std::min(panels.end - panels.begin, r_.panel1 - panels.end);
    Tile t;
    t.k = k1 - k0, t.accumulate = k0 > 0, t.a_stride = g_.lda;
    const int64_t lines = t.k * panel_width_ / kLine;  // of a panel
    for (int64_t s = 0; s < strips; ++s) {
      for (int64_t p = panels.end; p < panels.end + ahead; ++p)
        fetch(g_.b + (p * g_.k + k0) * panel_width_, part_begin(lines, s, strips), part_begin(lines, s + 1, strips));
      const int64_t first = rows.begin + part_begin(count, s, strips),
                    last = rows.begin + part_begin(count, s + 1, strips);
      t.a = g_.a + first * g_.lda + k0;
      runner_.run(t, first, last - first, panels.begin, panels.end, k0, k1 == g_.k);
    }
  }

  static void fetch(const float* from, int64_t line0, int64_t line1) {
    for (int64_t i = line0; i < line1; ++i) __builtin_prefetch(from + i * kLine, 0, 2);
  }

  void copy_rows(int64_t row0, int64_t row1, int64_t k0, int64_t depth, float* out, int64_t pitch) const {
    if (g_.rows != nullptr) return g_.rows->fetch(row0, row1 - row0, k0, depth, out, pitch);
    if (g_.a_factors != nullptr)
      return kernels_.scale_rows(g_.a + row0 * g_.lda + k0, g_.lda, g_.a_factors + k0, row1 - row0, depth, out, pitch);
    for (int64_t r = row0; r < row1; ++r) copy_floats(g_.a + r * g_.lda + k0, depth, out + (r - row0) * pitch);
  }

  void run_strip(int64_t strip, int64_t k0, int64_t k1, int64_t panel0, int64_t panel1) {
    const int64_t rows = r_.row1 - r_.row0;
    const int64_t first = r_.row0 + part_begin(rows, strip, strips_),
                  last = r_.row0 + part_begin(rows, strip + 1, strips_);
    Tile t;
    t.k = k1 - k0;
    t.accumulate = k0 > 0;
    load_a(first, last, k0, t);
    runner_.run(t, first, last - first, panel0, panel1, k0, k1 == g_.k);
  }

  /// Rows of a plain matrix are read in place unless so many of them share a cache set that they would evict each
  /// other before their lines are used up.
  static bool must_copy(const Gemm& g, const Region& r) {
    return g.rows != nullptr || g.a_factors != nullptr || (g.lda % 1024 == 0 && r.row1 - r.row0 > 8);
  }

  void load_a(int64_t row0, int64_t row1, int64_t k0, Tile& t) {
    if (!copy_a_) {
      t.a = g_.a + row0 * g_.lda + k0;
      t.a_stride = g_.lda;
      return;
    }
    t.a = strip_;
    t.a_stride = kStripPitch;
    copy_rows(row0, row1, k0, t.k, strip_, kStripPitch);
  }

  const GemmKernels& kernels_;
  const Gemm& g_;
  const Region r_;
  const int64_t panel_width_;
  const TileRunner runner_;
  int64_t strips_, block_k_;
  bool copy_a_;
  alignas(64) float strip_[kMaxTileRows * kStripPitch];
};

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
  const Grid grid = choose_grid(kernels, g.m, g.n, g.k, 1, g.rows == nullptr);
  grid.run([&](const Region& r, int) { RegionWorker(kernels, g, r).run(); });
}

}  // namespace hone::cpu
