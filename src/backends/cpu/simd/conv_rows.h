// Rows of the matrix that a channels-last convolution multiplies with its weights, fetched on the fly: row r holds the
// input window of output pixel r, ordered (kernel y, kernel x, channel); padding reads as zero.
#pragma once

#include <cstdint>

namespace hone::cpu {

struct ConvRows {
  const float* input = nullptr;  // first channel of the group, batch item 0, pixel (0, 0)
  int64_t height = 0, width = 0, channels = 0;
  int64_t pixel_pitch = 0;  // floats between neighbours in x; rows and batch items follow densely from it
  int64_t out_height = 0, out_width = 0;
  int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;

  int64_t k() const { return kernel_h * kernel_w * channels; }

  /// Copies columns [k0, k0 + count) of rows [row0, row0 + rows) to `out`, one row every `pitch` floats. Rows are
  /// numbered over (batch, out y, out x).
  void fetch(int64_t row0, int64_t rows, int64_t k0, int64_t count, float* out, int64_t pitch) const noexcept;
};

}  // namespace hone::cpu
