// Gathers convolution windows; runs of neighbouring taps that lie side by side in memory are copied at once.
#include "backends/cpu/simd/conv_rows.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/simd/copy_floats.h"

namespace hone::cpu {
namespace {

inline void zero_floats(int64_t n, float* out) noexcept {
  if (n > 0) std::memset(out, 0, static_cast<size_t>(n) * sizeof(float));
}

/// One kernel row of one window: input line `line` (null: outside), taps from x0 on; columns [k0, k1) of its
/// kernel_w * channels.
class KernelRow {
 public:
  KernelRow(const ConvRows& c, const float* line, int64_t x0) : c_(c), line_(line), x0_(x0) {}

  float* fetch(int64_t k0, int64_t k1, float* out) const noexcept {
    if (line_ == nullptr) {
      zero_floats(k1 - k0, out);
      return out + (k1 - k0);
    }
    return c_.dilation_w == 1 && c_.pixel_pitch == c_.channels ? fetch_dense(k0, k1, out) : fetch_taps(k0, k1, out);
  }

 private:
  /// All taps lie side by side: zeros before the line, one copy, zeros after it.
  float* fetch_dense(int64_t k0, int64_t k1, float* out) const noexcept {
    const int64_t begin = std::clamp(-x0_ * c_.channels, k0, k1);
    const int64_t end = std::clamp((c_.width - x0_) * c_.channels, begin, k1);
    zero_floats(begin - k0, out);
    copy_floats(line_ + x0_ * c_.channels + begin, end - begin, out + (begin - k0));
    zero_floats(k1 - end, out + (end - k0));
    return out + (k1 - k0);
  }

  float* fetch_taps(int64_t k0, int64_t k1, float* out) const noexcept {
    while (k0 < k1) {
      const int64_t tap = k0 / c_.channels, channel = k0 - tap * c_.channels;
      const int64_t n = std::min(c_.channels - channel, k1 - k0);
      const int64_t x = x0_ + tap * c_.dilation_w;
      if (x >= 0 && x < c_.width)
        copy_floats(line_ + x * c_.pixel_pitch + channel, n, out);
      else
        zero_floats(n, out);
      out += n, k0 += n;
    }
    return out;
  }

  const ConvRows& c_;
  const float* line_;
  int64_t x0_;
};

}  // namespace

void ConvRows::fetch(int64_t row0, int64_t rows, int64_t k0, int64_t count, float* out, int64_t pitch) const noexcept {
  const int64_t per_kernel_row = kernel_w * channels, line_pitch = width * pixel_pitch;
  const int64_t first_ky = k0 / per_kernel_row;
  int64_t ox = row0 % out_width, oy = row0 / out_width % out_height, item = row0 / out_width / out_height;
  for (int64_t r = 0; r < rows; ++r, out += pitch) {
    float* o = out;
    int64_t ky = first_ky, k = k0 - first_ky * per_kernel_row;
    for (int64_t left = count; left > 0; ++ky, k = 0) {
      const int64_t n = std::min(per_kernel_row - k, left), y = oy * stride_h - pad_top + ky * dilation_h;
      const float* line = y >= 0 && y < height ? input + (item * height + y) * line_pitch : nullptr;
      o = KernelRow(*this, line, ox * stride_w - pad_left).fetch(k, k + n, o);
      left -= n;
    }
    if (++ox == out_width) {
      ox = 0;
      if (++oy == out_height) oy = 0, ++item;
    }
  }
}

}  // namespace hone::cpu
