// Blocks of tiles: transform the input, 16 products per group of output channels, transform the output. What lies
// between is meant for the second-level cache.
#include "backends/cpu/simd/winograd.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/simd/cache_size.h"
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/simd/tile_runner.h"

namespace hone::cpu {
namespace {

constexpr int64_t kLeastTiles = 24;  // of a block: with fewer the weights pass by too often

struct Blocking {
  int64_t tiles_x, tiles_y;  // of an image
  int64_t block;             // tiles that are transformed at once
  int64_t columns;           // output channels whose products are formed at once
  int64_t v_step, m_step;    // floats per transformed value of a block

  Blocking(Isa isa, const ConvRows& r, int64_t n) {
    tiles_x = div_up(r.out_width, 2), tiles_y = div_up(r.out_height, 2);
    const int64_t panel = 2 * gemm_kernels(isa).lanes;
    columns = std::min(div_up(n, panel) * panel, 4 * std::max<int64_t>(panel, 16));
    const int64_t tile_bytes = kWinogradTaps * (r.channels + columns) * 4;
    block = std::max(kLeastTiles, second_level_cache() * 3 / 4 / tile_bytes);
    // Blocks of equal size.
    const int64_t tiles = tiles_x * tiles_y, blocks = div_up(tiles, block);
    block = div_up(tiles, blocks);
    v_step = block * r.channels + 16, m_step = block * columns + 16;
  }
  int64_t floats(const ConvRows& r) const { return kWinogradTaps * (v_step + m_step) + div_up(r.channels, 16) * 16; }
};

class TileWorker {
 public:
  TileWorker(Isa isa, const WinogradConv& conv, const Blocking& b, const Region& region, float* scratch)
      : isa_(isa),
        kernels_(gemm_kernels(isa)),
        conv_(conv),
        r_(conv.rows),
        b_(b),
        region_(region),
        v_(scratch),
        m_(v_ + kWinogradTaps * b.v_step),
        zeros_(m_ + kWinogradTaps * b.m_step) {
    std::fill(zeros_, zeros_ + r_.channels, 0.0f);
  }

  void run() {
    const int64_t panel = 2 * kernels_.lanes;
    const int64_t column0 = region_.panel0 * panel, column1 = std::min(conv_.n, region_.panel1 * panel);
    for (int64_t t = region_.row0; t < region_.row1; t += b_.block) {
      const int64_t end = std::min(region_.row1, t + b_.block);
      for (int64_t i = t; i < end; ++i) read_tile(i, v_ + (i - t) * r_.channels);
      for (int64_t j = column0; j < column1; j += b_.columns) {
        const int64_t columns = std::min(b_.columns, column1 - j);
        for (int xi = 0; xi < kWinogradTaps; ++xi) product(xi, end - t, j, columns);
        for (int64_t i = t; i < end; ++i) write_tile(i, m_ + (i - t) * columns, j, columns);
      }
    }
  }

 private:
  struct Place {
    int64_t image, y, x;
  };
  Place place(int64_t tile) const {
    return {tile / (b_.tiles_x * b_.tiles_y), tile / b_.tiles_x % b_.tiles_y * 2, tile % b_.tiles_x * 2};
  }

  void read_tile(int64_t tile, float* v) const {
    const Place p = place(tile);
    const float* d[kWinogradTaps];
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t j = 0; j < 4; ++j) {
        const int64_t y = p.y + i - r_.pad_top, x = p.x + j - r_.pad_left;
        const bool inside = y >= 0 && y < r_.height && x >= 0 && x < r_.width;
        d[i * 4 + j] = inside ? r_.input + ((p.image * r_.height + y) * r_.width + x) * r_.pixel_pitch : zeros_;
      }
    detail::winograd_input(d, r_.channels, v, b_.v_step);
  }

  void product(int xi, int64_t tiles, int64_t column, int64_t columns) const {
    Gemm g;
    g.m = tiles, g.n = columns, g.k = r_.channels;
    g.a = v_ + xi * b_.v_step, g.lda = r_.channels;
    g.b = conv_.b + xi * conv_.b_stride + column * r_.channels;
    g.c = m_ + xi * b_.m_step, g.ldc = columns;
    gemm_serial(isa_, g);
  }

  void write_tile(int64_t tile, const float* m, int64_t column, int64_t columns) const {
    const Place p = place(tile);
    detail::WinogradOutput o;
    o.m = m, o.m_step = b_.m_step;
    const Epilogue& e = *conv_.epilogue;
    o.bias = e.bias != nullptr ? e.bias + column : nullptr;
    o.clamp = e.clip, o.lo = e.lo, o.hi = e.hi;
    for (int i = 0; i < 4; ++i) {
      const int64_t y = p.y + i / 2, x = p.x + i % 2;
      if (y >= r_.out_height || x >= r_.out_width) continue;
      const int64_t row = (p.image * r_.out_height + y) * r_.out_width + x;
      o.y[i] = conv_.c + row * conv_.ldc + column;
      if (e.residual != nullptr) o.residual[i] = e.residual + row * e.residual_pitch + column;
    }
    detail::winograd_output(o, columns);
    if (e.step_count == 0) return;
    for (int i = 0; i < 4; i += 2) {
      if (o.y[i] == nullptr) continue;
      const int64_t row = (p.image * r_.out_height + p.y + i / 2) * r_.out_width + p.x;
      kernels_.apply_steps(e, o.y[i], conv_.ldc, row, column, o.y[i + 1] != nullptr ? 2 : 1, columns);
    }
  }

  const Isa isa_;
  const GemmKernels& kernels_;
  const WinogradConv& conv_;
  const ConvRows& r_;
  const Blocking& b_;
  const Region region_;
  float *v_, *m_, *zeros_;
};

}  // namespace

int64_t winograd_workspace(Isa isa, const ConvRows& rows, int64_t n, int threads) noexcept {
  return Blocking(isa, rows, n).floats(rows) * std::max(1, threads) * static_cast<int64_t>(sizeof(float));
}

void winograd_conv(Isa isa, const WinogradConv& conv, void* workspace) noexcept {
  if (conv.n <= 0 || conv.batch <= 0) return;
  const Blocking b(isa, conv.rows, conv.n);
  const int64_t tiles = conv.batch * b.tiles_x * b.tiles_y, part = b.floats(conv.rows);
  const Grid grid = choose_grid(gemm_kernels(isa), tiles, conv.n, conv.rows.channels);
  grid.run([&](const Region& region, int thread) {
    TileWorker(isa, conv, b, region, static_cast<float*>(workspace) + thread * part).run();
  });
}

}  // namespace hone::cpu
