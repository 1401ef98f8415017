// Depthwise convolution of the common geometries (3 or 5 columns, stride 1 or 2, padding of half the kernel) straight
// from the image: seven or four output pixels in registers, then the next vector of channels of the same pixels, so
// that memory is read in runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/depthwise_direct.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/activation-inl.h"
#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kDepthwiseBlock>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());
constexpr int64_t kPerBlock = kDepthwiseBlock / kLanes;
constexpr int kMaxRows = 16;
constexpr int64_t kCacheBytes = 20 * 1024;  // input that neighbouring rows of outputs share, in the first-level cache

// One block of output pixels for some vectors of channels.
struct Call {
  const float* rows[kMaxRows];  // by kernel row: the first channel at the block's first input column (may lie outside)
  int ky_begin, ky_end;
  int64_t pitch, y_pitch, vectors, block_size;
  const float* taps;  // bias of the first vector
  const Activation* act;
  float *y, *sums;
};

// kLeft, kRight: input columns of the block that lie outside of the image.
template <int kKw, int kSw, int kW, int kLeft, int kRight>
void direct(const Call& c) {
  constexpr int kIn = (kW - 1) * kSw + kKw;
  const int64_t pitch = c.pitch;
  for (int64_t v = 0; v < c.vectors; ++v) {
    const float* HWY_RESTRICT taps = c.taps + v / kPerBlock * c.block_size + v % kPerBlock * kLanes;
    V acc[kW];
    const V bias = hn::LoadU(D(), taps);
    unroll<kW>([&](auto o) HONE_INLINE_LAMBDA { acc[o] = bias; });
    const float* HWY_RESTRICT t = taps + kDepthwiseBlock * (1 + int64_t{c.ky_begin} * kKw);
    for (int ky = c.ky_begin; ky < c.ky_end; ++ky, t += kKw * kDepthwiseBlock) {
      const float* HWY_RESTRICT p = c.rows[ky] + v * kLanes;
      V tap[kKw];
      unroll<kKw>([&](auto kx) HONE_INLINE_LAMBDA { tap[kx] = hn::LoadU(D(), t + kx * kDepthwiseBlock); });
      unroll<kIn>([&](auto i) HONE_INLINE_LAMBDA {
        if constexpr (decltype(i)::value >= kLeft && decltype(i)::value < kIn - kRight) {
          V x = hn::LoadU(D(), p + i * pitch);
          HONE_KEEP_IN_REGISTER(x);
          unroll<kW>([&](auto o) HONE_INLINE_LAMBDA {
            constexpr int kx = decltype(i)::value - decltype(o)::value * kSw;
            if constexpr (kx >= 0 && kx < kKw) acc[o] = hn::MulAdd(x, tap[kx], acc[o]);
          });
        }
      });
    }
    activate_block<kW>(D(), *c.act, acc);
    float* HWY_RESTRICT y = c.y + v * kLanes;
    unroll<kW>([&](auto o) HONE_INLINE_LAMBDA { hn::StoreU(acc[o], D(), y + o * c.y_pitch); });
    if (c.sums) {
      V sum = acc[0];
      unroll<kW - 1>([&](auto o) HONE_INLINE_LAMBDA { sum = hn::Add(sum, acc[o + 1]); });
      hn::StoreU(hn::Add(sum, hn::LoadU(D(), c.sums + v * kLanes)), D(), c.sums + v * kLanes);
    }
  }
}

using Function = void (*)(const Call&);

// [wide: 7, else 4][outside on the left][outside on the right]
template <int kKw, int kSw>
struct Table {
  static constexpr int kPad = kKw / 2;
  static constexpr Function kOf[2][2][2] = {{{direct<kKw, kSw, 4, 0, 0>, direct<kKw, kSw, 4, 0, kPad>},
                                             {direct<kKw, kSw, 4, kPad, 0>, direct<kKw, kSw, 4, kPad, kPad>}},
                                            {{direct<kKw, kSw, 7, 0, 0>, direct<kKw, kSw, 7, 0, kPad>},
                                             {direct<kKw, kSw, 7, kPad, 0>, direct<kKw, kSw, 7, kPad, kPad>}}};
};
using TableRef = const Function (*)[2][2];

TableRef table_of(const DepthwiseShape& s) {
  if (s.kw == 3) return s.sw == 1 ? Table<3, 1>::kOf : Table<3, 2>::kOf;
  return s.sw == 1 ? Table<5, 1>::kOf : Table<5, 2>::kOf;
}

// The row of outputs cut into blocks of 7, then of 4; -1 where that leaves a rest.
int64_t sevens_of(int64_t width) {
  for (int64_t sevens = width / 7; sevens >= 0 && sevens > width / 7 - 4; --sevens)
    if ((width - sevens * 7) % 4 == 0) return sevens;
  return -1;
}

struct Columns {
  int64_t sevens = 0, blocks = 0;
  bool left = false, right = false;
};

bool fits(const DepthwiseShape& s, Columns& c) {
  if ((s.kw != 3 && s.kw != 5) || s.sw < 1 || s.sw > 2 || s.dw != 1 || s.dh != 1 || s.kh > kMaxRows) return false;
  if (s.c < kDepthwiseBlock) return false;
  c.sevens = sevens_of(s.ow);
  if (c.sevens < 0) return false;
  c.blocks = c.sevens + (s.ow - c.sevens * 7) / 4;
  const int64_t right = (s.ow - 1) * s.sw - s.pad_left + s.kw - s.w;
  if (s.pad_left != 0 && s.pad_left != s.kw / 2) return false;
  if (right > 0 && right != s.kw / 2) return false;
  c.left = s.pad_left > 0;
  c.right = right > 0;
  return true;
}

// Columns [b0, b1) of blocks by `vectors` vectors from `channel` on, over all rows of the band.
void run_tile(const DepthwiseShape& s, const Columns& g, const DepthwiseBand& band, Call& c, int64_t channel,
              int64_t b0, int64_t b1) {
  const TableRef table = table_of(s);
  for (int64_t oy = band.oy_begin; oy < band.oy_end; ++oy) {
    const int64_t iy = oy * s.sh - s.pad_top;
    int begin = 0, end = s.kh;
    while (begin < end && iy + begin < 0) ++begin;
    while (begin < end && iy + end - 1 >= s.h) --end;
    c.ky_begin = begin, c.ky_end = end;
    const float* rows[kMaxRows];
    for (int ky = begin; ky < end; ++ky) {
      const int64_t at = band.ring == 0 ? iy + ky : static_cast<uint32_t>(iy + ky) % static_cast<uint32_t>(band.ring);
      rows[ky] = band.x + at * band.x_row + channel;
    }
    float* y = band.y + (oy - band.oy_begin) * band.y_row + channel;
    for (int64_t b = b0; b < b1; ++b) {
      const bool wide = b < g.sevens;
      const int64_t ox = wide ? b * 7 : g.sevens * 7 + (b - g.sevens) * 4, ix = (ox * s.sw - s.pad_left) * band.x_pitch;
      for (int ky = begin; ky < end; ++ky) c.rows[ky] = rows[ky] + ix;
      c.y = y + ox * band.y_pitch;
      table[wide][b == 0 && g.left][b == g.blocks - 1 && g.right](c);
    }
  }
}

bool run(const DepthwiseShape& s, const float* packed, const Activation& act, const DepthwiseBand& band) {
  Columns g;
  if (!fits(s, g)) return false;
  Call c;
  c.pitch = band.x_pitch, c.y_pitch = band.y_pitch, c.act = &act;
  c.block_size = (int64_t{s.kh} * s.kw + 1) * kDepthwiseBlock;
  // A tile's input rows, as far as the next row of outputs needs them again, should stay in the first-level cache.
  const int64_t column = int64_t{s.kh} * s.sw * 7 * kDepthwiseBlock * 4;  // bytes of a block of pixels by 16 channels
  const int64_t group = std::clamp<int64_t>(kCacheBytes / (column * g.blocks), 4, 16);
  const int64_t tile = std::clamp<int64_t>(kCacheBytes / (column * group), 1, g.blocks);
  const int64_t whole = s.c / kDepthwiseBlock;  // blocks that do not overlap
  for (int64_t b = band.block_begin; b < band.block_end;) {
    const int64_t count = b < whole ? std::min({group, whole - b, band.block_end - b}) : 1;
    const int64_t channel = b < whole ? b * kDepthwiseBlock : s.c - kDepthwiseBlock;
    c.taps = packed + b * c.block_size;
    c.vectors = count * kPerBlock;
    c.sums = band.sums ? band.sums + b * kDepthwiseBlock : nullptr;
    for (int64_t b0 = 0; b0 < g.blocks; b0 += tile) run_tile(s, g, band, c, channel, b0, std::min(g.blocks, b0 + tile));
    b += count;
  }
  return true;
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
bool depthwise_direct(const DepthwiseShape& s, const float* packed, const Activation& act, const DepthwiseBand& band) {
  return HONE_CPU_DISPATCH(run)(s, packed, act, band);
}
}  // namespace hone::cpu
#endif
