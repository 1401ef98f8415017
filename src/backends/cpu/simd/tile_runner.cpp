// Addressing of register tiles and division among threads.
#include "backends/cpu/simd/tile_runner.h"

#include <algorithm>
#include <cstring>

#include "base/parallel.h"

namespace hone::cpu {
namespace {

const Epilogue kPlain{};
constexpr int64_t kFewRows = 400, kLeastPanels = 8;  // of a part
constexpr int64_t kPanelsAtOnce = 8;  // the steps of the epilogue follow while these tiles are in the first-level cache
constexpr int64_t kLine = 16;         // floats of a cache line
constexpr int64_t kPassFloats = 4 * 1024;

/// The last columns, fewer than whole vectors: everything goes through padded copies.
void run_narrow_tile(Tile t, TileKernel kernel, int64_t rows, int64_t cols) {
  t.strips = 1;
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

void run_narrow_tiles(Tile t, TileKernel kernel, int64_t rows, int64_t cols) {
  for (int64_t strip = t.strips; strip > 0; --strip) {
    run_narrow_tile(t, kernel, rows, cols);
    t.a += rows * t.a_stride, t.c += rows * t.ldc;
    if (t.residual != nullptr) t.residual += rows * t.ldr;
  }
}

}  // namespace

TileRunner::TileRunner(const GemmKernels& kernels, const TileTarget& target)
    : kernels_(kernels),
      g_(target),
      epilogue_(target.epilogue != nullptr ? *target.epilogue : kPlain),
      panel_width_(2 * kernels.lanes),
      whole_panels_(target.n / panel_width_) {}

void TileRunner::run(Tile& t, int64_t row0, int64_t rows, int64_t panel0, int64_t panel1, int64_t k0,
                     bool last) const noexcept {
  run_some(t, {row0, rows, 1}, panel0, panel1, k0, last);
}

template <class F>
void TileRunner::for_strips(Tile& t, int64_t row0, int64_t rows, int64_t height, int64_t most, F f) noexcept {
  const int64_t strips = div_up(rows, height), low = rows / strips, taller = rows - low * strips;
  const float* a = t.a;
  for (int64_t strip = 0; strip < strips;) {
    const Strips s{row0, low + (strip < taller ? 1 : 0), std::min(most, (strip < taller ? taller : strips) - strip)};
    t.a = a;
    f(s);
    strip += s.strips, row0 += s.strips * s.rows, a += s.strips * s.rows * t.a_stride;
    if (t.next_lines > 0) t.next += s.strips * t.next_lines * kLine;
  }
  t.a = a;
}

void TileRunner::run_strips(Tile& t, int64_t row0, int64_t rows, int64_t panel0, int64_t panel1, int64_t k0,
                            bool last) const noexcept {
  const bool wide = kernels_.wide[0] != nullptr && panel1 > whole_panels_ && panel0 < whole_panels_ &&
                    g_.n - whole_panels_ * panel_width_ == kernels_.lanes;
  const int64_t narrow_end = wide ? whole_panels_ - 1 : panel1;
  // Several passes over the same rows find them, or C, in the first-level cache.
  const bool steps = epilogue_.step_count > 0;
  const bool once = !steps && (wide ? panel0 == narrow_end : panel1 <= whole_panels_ || panel0 >= whole_panels_);
  const int64_t row_floats = std::max({t.k * t.runs, steps ? (panel1 - panel0) * panel_width_ : 0, int64_t{1}});
  const int64_t step = once ? rows : std::max<int64_t>(12, kPassFloats / row_floats / 12 * 12);
  const float* a = t.a;
  for (int64_t done = 0; done < rows; done += step) {
    const int64_t count = std::min(step, rows - done);
    if (panel0 < narrow_end) {
      t.a = a;
      for_strips(t, row0 + done, count, kernels_.rows, count,
                 [&](const Strips& s) { run_some(t, s, panel0, narrow_end, k0, last); });
    }
    if (wide) {
      t.a = a;
      for_strips(t, row0 + done, count, kWideRows, count, [&](const Strips& s) { run_wide(t, s, k0, last); });
    }
    a += count * t.a_stride;
  }
}

void TileRunner::run_some(Tile& t, const Strips& s, int64_t panel0, int64_t panel1, int64_t k0,
                          bool last) const noexcept {
  const int64_t whole = std::min(panel1, whole_panels_);
  const int64_t step = last && epilogue_.step_count > 0 ? kPanelsAtOnce : whole;
  for (int64_t p = panel0; p < whole; p += step) run_tiles(t, s, p, std::min(step, whole - p), k0, last);
  for (int64_t p = std::max(panel0, whole); p < panel1; ++p) run_tiles(t, s, p, 1, k0, last);
}

void TileRunner::place(Tile& t, const Strips& s, int64_t col0, int64_t width, int64_t k0, bool last) const noexcept {
  const Epilogue& e = epilogue_;
  t.b = g_.b + col0 * g_.k + k0 * width;
  t.strips = s.strips;
  t.bias = e.bias != nullptr ? e.bias + col0 : nullptr;
  t.residual =
      last && e.residual != nullptr ? e.residual + (g_.epilogue_row0 + s.row0) * e.residual_pitch + col0 : nullptr;
  t.ldr = e.residual_pitch;
  t.clamp = last && e.clip;
  t.lo = e.lo, t.hi = e.hi;
  t.c = g_.c + s.row0 * g_.ldc + col0;
  t.ldc = g_.ldc;
}

/// Several panels only where all of them are whole.
void TileRunner::run_tiles(Tile& t, const Strips& s, int64_t panel0, int64_t panels, int64_t k0,
                           bool last) const noexcept {
  const int64_t col0 = panel0 * panel_width_, cols = std::min<int64_t>(panels * panel_width_, g_.n - col0);
  const int vectors = cols <= kernels_.lanes ? 1 : 2;
  const int64_t width = int64_t{vectors} * kernels_.lanes;
  place(t, s, col0, width, k0, last);
  t.panels = panels, t.b_stride = panel_width_ * g_.k;
  const TileKernel kernel = kernels_.tile[s.rows - 1][vectors - 1];
  if (panel0 < whole_panels_ || cols == width)
    kernel(t);
  else
    run_narrow_tiles(t, kernel, s.rows, cols);
  if (last && epilogue_.step_count > 0)
    kernels_.apply_steps(epilogue_, t.c, g_.ldc, g_.epilogue_row0 + s.row0, col0, s.rows * s.strips, cols);
}

void TileRunner::run_wide(Tile& t, const Strips& s, int64_t k0, bool last) const noexcept {
  const int64_t col0 = (whole_panels_ - 1) * panel_width_;
  place(t, s, col0, panel_width_, k0, last);
  t.b_tail = g_.b + whole_panels_ * panel_width_ * g_.k + k0 * kernels_.lanes;
  kernels_.wide[s.rows - 1](t);
  if (last && epilogue_.step_count > 0)
    kernels_.apply_steps(epilogue_, t.c, g_.ldc, g_.epilogue_row0 + s.row0, col0, s.rows * s.strips, g_.n - col0);
}

Region Grid::part(int64_t i) const {
  const int64_t r = i / columns, c = i % columns;
  return {part_begin(m, r, rows), part_begin(m, r + 1, rows), part_begin(panels, c, columns),
          part_begin(panels, c + 1, columns)};
}

Grid choose_grid(const GemmKernels& kernels, int64_t m, int64_t n, int64_t k, int64_t row_unit, bool narrow) noexcept {
  const int64_t width = 2 * kernels.lanes, panels = div_up(n, width);
  const double work = static_cast<double>(m * row_unit) * static_cast<double>(n) * static_cast<double>(k);
  const int64_t threads = work < 32768.0 ? 1 : num_threads();
  const int64_t strips = row_unit > 1 ? m : div_up(m, kernels.rows);
  Grid best{m, panels, 1, 1};
  double best_cost = 1e300;
  for (int64_t r = 1; r <= std::min<int64_t>(threads, strips); ++r) {
    const int64_t c = std::min<int64_t>(threads / r, panels);
    const auto rows = static_cast<double>(div_up(m, r) * row_unit),
               columns = static_cast<double>(div_up(panels, c) * width);
    const double cost = rows * columns + 4 * rows + 8 * columns;
    if (cost < best_cost) {
      best_cost = cost;
      best.rows = r, best.columns = c;
    }
  }
  // More parts than threads where a part keeps enough strips to use its panels of B well.
  if (threads > 1)
    for (int doubling = 0; doubling < 2; ++doubling) {
      if (narrow && m / best.rows <= kFewRows && panels / (best.columns * 2) >= kLeastPanels)
        best.columns *= 2;
      else if (strips / (best.rows * 2) >= 8)
        best.rows *= 2;
    }
  return best;
}

}  // namespace hone::cpu
