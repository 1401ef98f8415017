// Depthwise convolution of channels-last images in FP32 with bias, activation and, on request, the sums over all
// pixels of each output channel (what a squeeze-excite block asks for next).
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/activation.h"

namespace hone::cpu {

struct DepthwiseShape {
  int64_t n = 1, h = 0, w = 0, c = 0, oh = 0, ow = 0;
  int kh = 1, kw = 1, sh = 1, sw = 1, dh = 1, dw = 1, pad_top = 0, pad_left = 0;
  int64_t reach() const { return int64_t{kh - 1} * dh + 1; }  // rows that an output depends on
};

/// Channels are handled in blocks of this many; when c is not a multiple, the last block overlaps its neighbour.
inline constexpr int64_t kDepthwiseBlock = 16;
inline int64_t depthwise_blocks(int64_t c) { return (c + kDepthwiseBlock - 1) / kDepthwiseBlock; }

/// Floats that pack_depthwise writes.
inline int64_t depthwise_packed_size(int64_t c, int kh, int kw) {
  return depthwise_blocks(c) * kDepthwiseBlock * (int64_t{kh} * kw + 1);
}
/// weights: [c][kh][kw]; bias: [c] or null. Packed: for each block its bias, then its taps, 16 floats each.
void pack_depthwise(const float* weights, const float* bias, int64_t c, int kh, int kw, float* packed);

/// Some output rows of one image, by one thread. The input row iy lies at x + (ring == 0 ? iy : iy % ring) * x_row, so
/// that the producer may keep only the latest `ring` rows.
struct DepthwiseBand {
  const float* x = nullptr;
  int64_t x_row = 0, x_pitch = 0, ring = 0;
  float* y = nullptr;  // first pixel of row oy_begin
  int64_t y_row = 0, y_pitch = 0;
  int64_t oy_begin = 0, oy_end = 0, block_begin = 0, block_end = 0;
  float* sums = nullptr;  // [blocks * 16], added to; or null
};
void depthwise_band(const DepthwiseShape& s, const float* packed, const Activation& act, const DepthwiseBand& band);
/// The same where the geometry is a common one; otherwise does nothing and returns false.
bool depthwise_direct(const DepthwiseShape& s, const float* packed, const Activation& act, const DepthwiseBand& band);

/// Floats of scratch that depthwise() needs to form sums with at most `threads` threads.
inline int64_t depthwise_scratch_size(int64_t c, int threads) {
  return depthwise_blocks(c) * kDepthwiseBlock * threads;
}

/// The whole convolution, on all threads. Pitches are elements between neighbouring pixels; rows and images are dense
/// in pixels. sums: [n][c] sums of the activated outputs, or null; scratch is needed only with sums.
void depthwise(const DepthwiseShape& s, const float* x, int64_t x_pitch, const float* packed, const Activation& act,
               float* y, int64_t y_pitch, float* sums = nullptr, float* scratch = nullptr);

/// Sums from blocks ([blocks * 16]) to channels ([c]): undoes the overlap of the last block.
void depthwise_unblock_sums(const float* blocked, int64_t c, float* sums);

}  // namespace hone::cpu
