// Maximum and average pooling of FP32 images in both formats.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone::cpu {

struct PoolShape {
  int64_t n = 1, h = 1, w = 1, c = 1, oh = 1, ow = 1;
  int64_t kh = 1, kw = 1, sh = 1, sw = 1, dh = 1, dw = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool max = true;           // else average
  bool include_pad = false;  // the average counts padded elements
};

/// Channels-last; pitches are elements between neighbouring pixels. On all threads.
void pool_pixels(const PoolShape& s, const float* x, int64_t x_pitch, float* y, int64_t y_pitch) noexcept;

/// Linear (planes of h x w). workspace: pool_planes_workspace(s, threads) bytes; no more threads are used.
size_t pool_planes_workspace(const PoolShape& s, int threads);
void pool_planes(const PoolShape& s, const float* x, float* y, void* workspace, int threads) noexcept;

}  // namespace hone::cpu
