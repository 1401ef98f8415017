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

}  // namespace

TileRunner::TileRunner(const GemmKernels& kernels, const TileTarget& target)
    : kernels_(kernels), g_(target), epilogue_(target.epilogue != nullptr ? *target.epilogue : kPlain) {}

void TileRunner::run(Tile& t, int64_t row0, int64_t rows, int64_t panel0, int64_t panel1, int64_t k0,
                     bool last) const noexcept {
  const int64_t whole = std::min(panel1, g_.n / (2 * kernels_.lanes));
  for (int64_t p = panel0; p < whole; p += kPanelsAtOnce)
    run_some(t, row0, rows, p, std::min(kPanelsAtOnce, whole - p), k0, last);
  for (int64_t p = std::max(panel0, whole); p < panel1; ++p) run_some(t, row0, rows, p, 1, k0, last);
}

/// Several panels only where all of them are whole.
void TileRunner::run_some(Tile& t, int64_t row0, int64_t rows, int64_t panel0, int64_t panels, int64_t k0,
                          bool last) const noexcept {
  const int64_t panel_width = 2 * kernels_.lanes;
  const int64_t col0 = panel0 * panel_width, cols = std::min<int64_t>(panels * panel_width, g_.n - col0);
  const int vectors = cols <= kernels_.lanes ? 1 : 2;
  const int64_t width = int64_t{vectors} * kernels_.lanes;
  const Epilogue& e = epilogue_;
  t.b = g_.b + col0 * g_.k + k0 * width;
  t.panels = panels, t.b_stride = panel_width * g_.k;
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
  if (cols % width == 0)
    kernel(t);
  else
    run_narrow_tile(t, kernel, rows, cols);
  if (last && e.step_count > 0) kernels_.apply_steps(e, c, g_.ldc, g_.epilogue_row0 + row0, col0, rows, cols);
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
