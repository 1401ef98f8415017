// Bands of input lines, strips of output pixels within a line, panels of output channels: the loops of the staged
// convolution.
#include "backends/cpu/simd/conv_staged.h"

#include <algorithm>

#include "backends/cpu/simd/cache_size.h"
#include "backends/cpu/simd/copy_floats.h"
#include "backends/cpu/simd/interleave.h"
#include "backends/cpu/simd/tile_runner.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

/// The staged form of a geometry.
struct Staging {
  bool in_place;   // no copy: all windows lie inside the input and their lines are contiguous
  int64_t pixels;  // staged pixels of a line
  int64_t band;    // output lines per band
  int64_t lines;   // staged lines of a full band
  int64_t staged_pixels() const { return in_place ? 0 : pixels * lines; }

  Staging(const ConvRows& r, bool planar) {
    const int64_t reach_y = (r.out_height - 1) * r.stride_h + (r.kernel_h - 1) * r.dilation_h;
    pixels = (r.out_width - 1) * r.stride_w + r.kernel_w;
    in_place = !planar && r.pad_top == 0 && r.pad_left == 0 && reach_y < r.height && pixels <= r.width &&
               (r.pixel_pitch == r.channels || r.kernel_w == 1);
    const int64_t line_bytes = std::max<int64_t>(1, pixels * r.channels * 4);
    const int64_t affordable = second_level_cache() / 4 / line_bytes, extent = (r.kernel_h - 1) * r.dilation_h + 1;
    band = std::clamp<int64_t>((affordable - extent) / r.stride_h + 1, 1, std::max<int64_t>(1, r.out_height));
    lines = (band - 1) * r.stride_h + extent;
  }
};

class BandWorker {
 public:
  BandWorker(const GemmKernels& kernels, const StagedConv& conv, const Region& region, float* buffer)
      : kernels_(kernels),
        conv_(conv),
        r_(conv.rows),
        region_(region),
        staging_(conv.rows, conv.planar),
        buffer_(buffer),
        runner_(kernels, {conv.n, conv.rows.k(), conv.b, conv.c, conv.ldc, conv.epilogue, 0}) {
    const int64_t pitch = staging_.in_place ? r_.pixel_pitch : r_.channels;
    line_pitch_ = (staging_.in_place ? r_.width : staging_.pixels) * pitch;
    tile_.a_stride = r_.stride_w * pitch;
    tile_.runs = r_.kernel_h;
    tile_.run_stride = r_.dilation_h * line_pitch_;
    tile_.k = r_.kernel_w * r_.channels;
  }

  void run() {
    for (int64_t line = region_.row0; line < region_.row1;) {
      const int64_t item = line / r_.out_height, oy = line % r_.out_height;
      const int64_t count = std::min({staging_.band, region_.row1 - line, r_.out_height - oy});
      run_band(item, oy, count, line);
      line += count;
    }
  }

 private:
  void run_band(int64_t item, int64_t oy, int64_t count, int64_t line) {
    const float* first = buffer_;
    if (staging_.in_place)
      first = r_.input + (item * r_.height + oy * r_.stride_h) * line_pitch_;
    else
      stage(item, oy * r_.stride_h - r_.pad_top, (count - 1) * r_.stride_h + (r_.kernel_h - 1) * r_.dilation_h + 1);
    const int64_t panel_bytes = r_.k() * 2 * kernels_.lanes * 4;
    const int64_t step = std::max<int64_t>(1, second_level_cache() / 2 / std::max<int64_t>(1, panel_bytes));
    for (int64_t p = region_.panel0; p < region_.panel1; p += step)
      for (int64_t y = 0; y < count; ++y)
        run_line(first + y * r_.stride_h * line_pitch_, line + y, p, std::min(p + step, region_.panel1));
  }

  void run_line(const float* a, int64_t line, int64_t panel0, int64_t panel1) {
    tile_.a = a;
    runner_.run_strips(tile_, line * r_.out_width, r_.out_width, panel0, panel1, 0, true);
  }

  void stage(int64_t item, int64_t y0, int64_t lines) {
    const int64_t left = std::min(r_.pad_left, staging_.pixels);
    const int64_t inside = std::clamp<int64_t>(staging_.pixels - left, 0, r_.width);
    const int64_t c = r_.channels;
    for (int64_t i = 0; i < lines; ++i) {
      float* out = buffer_ + i * line_pitch_;
      const int64_t y = y0 + i;
      if (y < 0 || y >= r_.height) {
        std::fill(out, out + line_pitch_, 0.0f);
        continue;
      }
      std::fill(out, out + left * c, 0.0f);
      copy_line(item, y, inside, out + left * c);
      std::fill(out + (left + inside) * c, out + line_pitch_, 0.0f);
    }
  }

  void copy_line(int64_t item, int64_t y, int64_t pixels, float* out) const {
    const int64_t c = r_.channels;
    if (conv_.planar) {
      const int64_t plane = r_.height * r_.width;
      return interleave_line(r_.input + item * c * plane + y * r_.width, plane, c, pixels, out);
    }
    const float* in = r_.input + (item * r_.height + y) * r_.width * r_.pixel_pitch;
    if (r_.pixel_pitch == c) return copy_floats(in, pixels * c, out);
    for (int64_t x = 0; x < pixels; ++x) copy_floats(in + x * r_.pixel_pitch, c, out + x * c);
  }

  const GemmKernels& kernels_;
  const StagedConv& conv_;
  const ConvRows& r_;
  const Region region_;
  const Staging staging_;
  float* buffer_;
  const TileRunner runner_;
  Tile tile_;
  int64_t line_pitch_;
};

int64_t buffer_floats(const ConvRows& rows, bool planar) {
  return (Staging(rows, planar).staged_pixels() * rows.channels + 15) / 16 * 16;
}

}  // namespace

bool staged_conv_supports(const ConvRows& rows) noexcept { return rows.dilation_w == 1 && rows.out_width > 0; }

int64_t staged_conv_workspace(const ConvRows& rows, bool planar, int threads) noexcept {
  return buffer_floats(rows, planar) * std::max(1, threads) * static_cast<int64_t>(sizeof(float));
}

void staged_conv(Isa isa, const StagedConv& conv, void* workspace) noexcept {
  const int64_t lines = conv.batch * conv.rows.out_height;
  if (lines <= 0 || conv.n <= 0) return;
  const GemmKernels& kernels = gemm_kernels(isa);
  const Grid grid = choose_grid(kernels, lines, conv.n, conv.rows.k(), conv.rows.out_width);
  const int64_t part_floats = buffer_floats(conv.rows, conv.planar);
  grid.run([&](const Region& r, int thread) {
    BandWorker(kernels, conv, r, static_cast<float*>(workspace) + thread * part_floats).run();
  });
}

}  // namespace hone::cpu
