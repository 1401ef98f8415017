// Threads and packing of the depthwise convolution; the arithmetic is in depthwise_band.cpp.
#include "backends/cpu/simd/depthwise.h"

#include <algorithm>
#include <cstring>

#include "base/parallel.h"

namespace hone::cpu {
namespace {

int64_t block_channel(int64_t block, int64_t c) {
  return std::max<int64_t>(0, std::min(block * kDepthwiseBlock, c - kDepthwiseBlock));
}

// Bytes of input that one pass over all channels of a band of rows may touch: a share of the second-level cache.
constexpr int64_t kBandBytes = 384 * 1024;

int64_t band_rows(const DepthwiseShape& s) {
  const int64_t row = std::max<int64_t>(1, s.w * s.c * int64_t{sizeof(float)} * s.sh);
  return std::max<int64_t>(1, kBandBytes / row);
}

struct Work {
  int64_t rows, blocks;  // parts of the output rows and of the channel blocks
};

// Rows first (the producer and the consumer split the pixels in the same way); channels where the rows are too few to
// be shared evenly.
Work split(const DepthwiseShape& s, int threads) {
  const int64_t total = s.n * s.oh, blocks = depthwise_blocks(s.c);
  if (threads == 1 || total % threads == 0 || total >= 8 * threads || blocks < 2 * threads) return {threads, 1};
  return {1, threads};
}

}  // namespace

void pack_depthwise(const float* weights, const float* bias, int64_t c, int kh, int kw, float* packed) {
  const int64_t taps = int64_t{kh} * kw;
  for (int64_t b = 0; b < depthwise_blocks(c); ++b) {
    const int64_t c0 = block_channel(b, c);
    for (int64_t j = 0; j < kDepthwiseBlock; ++j) {
      const bool in = c0 + j < c;
      packed[j] = in && bias ? bias[c0 + j] : 0.0f;
      for (int64_t t = 0; t < taps; ++t)
        packed[(t + 1) * kDepthwiseBlock + j] = in ? weights[(c0 + j) * taps + t] : 0.0f;
    }
    packed += (taps + 1) * kDepthwiseBlock;
  }
}

void depthwise_unblock_sums(const float* blocked, int64_t c, float* sums) {
  for (int64_t b = 0; b < depthwise_blocks(c); ++b) {
    const int64_t c0 = block_channel(b, c), n = std::min(kDepthwiseBlock, c - c0);
    std::memcpy(sums + c0, blocked + b * kDepthwiseBlock, static_cast<size_t>(n) * sizeof(float));
  }
}

void depthwise(const DepthwiseShape& s, const float* x, int64_t x_pitch, const float* packed, const Activation& act,
               float* y, int64_t y_pitch, float* sums, float* scratch) {
  const int64_t blocks = depthwise_blocks(s.c), padded = blocks * kDepthwiseBlock;
  const int64_t step = band_rows(s);
  const int threads = num_threads();
  const Work work = split(s, threads);
  // With sums the images go one after another, so that a thread needs one row of partial sums only.
  const int64_t images = sums ? 1 : s.n;
  for (int64_t first = 0; first < s.n; first += images) {
    if (sums) std::memset(scratch, 0, static_cast<size_t>(padded * threads) * sizeof(float));
    parallel(
        [&](int t, int count) {
          const int64_t part_rows = std::min<int64_t>(work.rows, count),
                        part_blocks = std::min<int64_t>(work.blocks, count);
          const bool by_rows = part_blocks == 1;
          const int64_t total = images * s.oh;
          const int64_t r0 = by_rows ? part_begin(total, t, part_rows) : 0;
          const int64_t r1 = by_rows ? part_begin(total, t + 1, part_rows) : total;
          const int64_t b0 = by_rows ? 0 : part_begin(blocks, t, part_blocks);
          const int64_t b1 = by_rows ? blocks : part_begin(blocks, t + 1, part_blocks);
          for (int64_t r = r0; r < r1;) {
            const int64_t image = first + r / s.oh, oy = r % s.oh;
            DepthwiseBand band;
            band.x = x + image * s.h * s.w * x_pitch;
            band.x_row = s.w * x_pitch;
            band.x_pitch = x_pitch;
            band.oy_begin = oy;
            band.oy_end = std::min({s.oh, oy + (r1 - r), oy + step});
            band.y = y + (image * s.oh + oy) * s.ow * y_pitch;
            band.y_row = s.ow * y_pitch;
            band.y_pitch = y_pitch;
            band.block_begin = b0;
            band.block_end = b1;
            band.sums = sums ? scratch + t * padded : nullptr;
            depthwise_band(s, packed, act, band);
            r += band.oy_end - oy;
          }
        },
        threads);
    if (sums) {
      for (int t = 1; t < threads; ++t)
        for (int64_t i = 0; i < padded; ++i) scratch[i] += scratch[t * padded + i];
      depthwise_unblock_sums(scratch, s.c, sums + first * s.c);
    }
  }
}

}  // namespace hone::cpu
