// Depthwise convolution of any geometry. One vector of channels at a time: its input rows are staged in the
// first-level cache with their zero border, then seven (or four) output pixels are formed in registers.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/depthwise_band.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>

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
constexpr int64_t kStageFloats = 24 * 1024 / sizeof(float);  // leaves room for weights and results
constexpr int kMaxKernelRows = 64;

// What the blocks of one output row by one vector of channels share.
struct Row {
  const DepthwiseShape* s;
  const float* taps;                  // tap t at taps + t * kDepthwiseBlock
  const float* rows[kMaxKernelRows];  // staged input, by kernel row
  int ky_begin, ky_end;
  int64_t y_pitch;
  size_t lanes;  // channels to store, if masked
};

// Kernel width and stride known, no dilation.
template <int kKw, int kSw, int kW>
HWY_INLINE void accumulate(const Row& r, int64_t column, V* HWY_RESTRICT acc) {
  const float* HWY_RESTRICT t = r.taps + int64_t{r.ky_begin} * kKw * kDepthwiseBlock;
  for (int ky = r.ky_begin; ky < r.ky_end; ++ky, t += kKw * kDepthwiseBlock) {
    const float* HWY_RESTRICT p = r.rows[ky] + column * kLanes;
    V tap[kKw];
    unroll<kKw>([&](auto kx) HONE_INLINE_LAMBDA { tap[kx] = hn::LoadU(D(), t + kx * kDepthwiseBlock); });
    unroll<(kW - 1) * kSw + kKw>([&](auto i) HONE_INLINE_LAMBDA {
      V x = hn::Load(D(), p + i * kLanes);
      HONE_KEEP_IN_REGISTER(x);
      unroll<kW>([&](auto o) HONE_INLINE_LAMBDA {
        constexpr int kx = decltype(i)::value - decltype(o)::value * kSw;
        if constexpr (kx >= 0 && kx < kKw) acc[o] = hn::MulAdd(x, tap[kx], acc[o]);
      });
    });
  }
}

// Any kernel width, stride and dilation.
template <int kW>
HWY_INLINE void accumulate_any(const Row& r, int64_t column, V* HWY_RESTRICT acc) {
  const int64_t step = r.s->sw * kLanes;
  for (int ky = r.ky_begin; ky < r.ky_end; ++ky) {
    for (int kx = 0; kx < r.s->kw; ++kx) {
      const V tap = hn::LoadU(D(), r.taps + (int64_t{ky} * r.s->kw + kx) * kDepthwiseBlock);
      const float* HWY_RESTRICT p = r.rows[ky] + (column + int64_t{kx} * r.s->dw) * kLanes;
      unroll<kW>([&](auto o) HONE_INLINE_LAMBDA { acc[o] = hn::MulAdd(hn::Load(D(), p + o * step), tap, acc[o]); });
    }
  }
}

template <int kKw, int kSw, int kW, bool kMasked>
HWY_INLINE V block(const Row& r, const Activation& act, V bias, int64_t ox, int64_t count, float* HWY_RESTRICT y) {
  V acc[kW];
  unroll<kW>([&](auto o) HONE_INLINE_LAMBDA { acc[o] = bias; });
  if constexpr (kKw == 0)
    accumulate_any<kW>(r, ox * r.s->sw, acc);
  else
    accumulate<kKw, kSw, kW>(r, ox * kSw, acc);
  activate_block<kW>(D(), act, acc);
  V sum = hn::Zero(D());
  const auto put = [&](auto o) HONE_INLINE_LAMBDA {
    if constexpr (kMasked)
      hn::BlendedStore(acc[o], hn::FirstN(D(), r.lanes), D(), y + o * r.y_pitch);
    else
      hn::StoreU(acc[o], D(), y + o * r.y_pitch);
    sum = hn::Add(sum, acc[o]);
  };
  if (count >= kW)
    unroll<kW>(put);
  else
    unroll<kW>([&](auto o) HONE_INLINE_LAMBDA {
      if (o < count) put(o);
    });
  return sum;
}

// How many blocks of seven open a row of `width` pixels; blocks of four follow.
HWY_INLINE int64_t blocks_of_seven(int64_t width) {
  for (int64_t sevens = width / 7; sevens >= 0 && sevens + 4 > width / 7; --sevens)
    if ((width - sevens * 7) % 4 == 0) return sevens;
  return width / 7 + (width % 7 > 4 ? 1 : 0);
}

// y: the first pixel of the tile in its output row.
template <int kKw, int kSw, bool kMasked>
void row(const Row& r, const Activation& act, int64_t width, float* HWY_RESTRICT y, float* HWY_RESTRICT sums) {
  const V bias = hn::LoadU(D(), r.taps - kDepthwiseBlock);
  V sum = hn::Zero(D());
  int64_t ox = 0;
  for (int64_t i = blocks_of_seven(width); i > 0; --i, ox += 7)
    sum = hn::Add(sum, block<kKw, kSw, 7, kMasked>(r, act, bias, ox, width - ox, y + ox * r.y_pitch));
  for (; ox < width; ox += 4)
    sum = hn::Add(sum, block<kKw, kSw, 4, kMasked>(r, act, bias, ox, width - ox, y + ox * r.y_pitch));
  if (sums) hn::StoreU(hn::Add(sum, hn::LoadU(D(), sums)), D(), sums);
}

using RowFunction = void (*)(const Row&, const Activation&, int64_t, float*, float*);

template <int kKw>
RowFunction by_stride(int sw) {
  return sw == 1 ? row<kKw, 1, false> : row<kKw, 2, false>;
}

RowFunction choose(const DepthwiseShape& s, bool masked) {
  if (masked) return row<0, 0, true>;
  if (s.dw != 1 || s.sw > 2) return row<0, 0, false>;
  switch (s.kw) {
    case 3:
      return by_stride<3>(s.sw);
    case 5:
      return by_stride<5>(s.sw);
    case 7:
      return by_stride<7>(s.sw);
    default:
      return row<0, 0, false>;
  }
}

// Geometry of the staged tile: `ring` rows of `columns` vectors.
struct Stage {
  int64_t ring, width, columns;  // width: output pixels of a tile
};

// Blocks round the width up by at most 6 pixels.
int64_t stage_columns(const DepthwiseShape& s, int64_t width) {
  return (width + 5) * s.sw + int64_t{s.kw - 1} * s.dw + 1;
}

Stage stage_of(const DepthwiseShape& s) {
  Stage g{int64_t{s.kh - 1} * s.dh + 1, s.ow, 0};
  const int64_t most = kStageFloats / kLanes / g.ring;  // columns
  if (stage_columns(s, g.width) > most) {
    const int64_t fit = (most - stage_columns(s, 0)) / s.sw / 7 * 7;
    g.width = fit < 7 ? 0 : fit;
  }
  g.columns = stage_columns(s, g.width);
  return g;
}

struct Tile {
  const float* x;      // the vector's first channel in row 0, column 0
  int64_t ix0;         // input column of the first staged column; may be negative
  int64_t begin, end;  // staged columns inside of the image
};

template <bool kMasked>
HWY_INLINE void stage_row(const DepthwiseBand& band, const Tile& t, int64_t iy, size_t lanes, float* HWY_RESTRICT to) {
  const int64_t at = band.ring == 0 ? iy : static_cast<uint32_t>(iy) % static_cast<uint32_t>(band.ring);
  const int64_t pitch = band.x_pitch;
  const float* HWY_RESTRICT from = t.x + at * band.x_row + (t.ix0 + t.begin) * pitch;
  to += t.begin * kLanes;
  for (int64_t n = t.end - t.begin; n > 0; --n, from += pitch, to += kLanes) {
    if constexpr (kMasked)
      hn::Store(hn::MaskedLoad(hn::FirstN(D(), lanes), D(), from), D(), to);
    else
      hn::Store(hn::LoadU(D(), from), D(), to);
  }
}

void clear_border(const Stage& g, const Tile& t, float* stage) {
  for (int64_t r = 0; r < g.ring; ++r, stage += g.columns * kLanes) {
    std::memset(stage, 0, static_cast<size_t>(t.begin * kLanes) * sizeof(float));
    std::memset(stage + t.end * kLanes, 0, static_cast<size_t>((g.columns - t.end) * kLanes) * sizeof(float));
  }
}

// Kernel rows that lie inside of the image for the output row; no division, which would show up.
HWY_INLINE void clip_kernel_rows(const DepthwiseShape& s, int64_t iy, Row& r) {
  int begin = 0, end = s.kh;
  while (begin < end && iy + int64_t{begin} * s.dh < 0) ++begin;
  while (begin < end && iy + int64_t{end - 1} * s.dh >= s.h) --end;
  r.ky_begin = begin;
  r.ky_end = end;
}

template <bool kMasked>
void run_tile(const DepthwiseBand& band, const Activation& act, RowFunction function, const Stage& g, const Tile& t,
              int64_t width, Row& r, float* y, float* sums, float* HWY_RESTRICT stage) {
  const DepthwiseShape& s = *r.s;
  clear_border(g, t, stage);
  const int64_t slot_size = g.columns * kLanes;
  int64_t next = 0, slot = 0;  // the input row to stage next and its place in the ring
  for (int64_t oy = band.oy_begin; oy < band.oy_end; ++oy, y += band.y_row) {
    const int64_t iy = oy * s.sh - s.pad_top;
    clip_kernel_rows(s, iy, r);
    if (r.ky_begin < r.ky_end) {
      const int64_t last = iy + int64_t{r.ky_end - 1} * s.dh;
      for (next = std::max(next, std::max<int64_t>(iy, 0)); next <= last; ++next) {
        stage_row<kMasked>(band, t, next, r.lanes, stage + slot * slot_size);
        slot = slot + 1 == g.ring ? 0 : slot + 1;
      }
      int64_t from = slot - (next - last);
      for (int ky = r.ky_end; ky-- > r.ky_begin; from -= s.dh) {
        from = from < 0 ? from + g.ring : from;
        r.rows[ky] = stage + from * slot_size;
      }
    }
    function(r, act, width, y, sums);
  }
}

// For kernels too large to be staged: one output pixel after another.
template <bool kMasked>
void run_direct(const DepthwiseBand& band, const Activation& act, int64_t channel, Row& r, float* y, float* sums) {
  const DepthwiseShape& s = *r.s;
  const auto lanes = hn::FirstN(D(), r.lanes);
  V sum = hn::Zero(D());
  for (int64_t oy = band.oy_begin; oy < band.oy_end; ++oy, y += band.y_row) {
    const int64_t iy0 = oy * s.sh - s.pad_top;
    for (int64_t ox = 0; ox < s.ow; ++ox) {
      V acc = hn::LoadU(D(), r.taps - kDepthwiseBlock);
      for (int64_t ky = 0; ky < s.kh; ++ky) {
        const int64_t iy = iy0 + ky * s.dh;
        if (iy < 0 || iy >= s.h) continue;
        const float* row_start = band.x + (band.ring == 0 ? iy : iy % band.ring) * band.x_row + channel;
        for (int64_t kx = 0; kx < s.kw; ++kx) {
          const int64_t ix = ox * s.sw - s.pad_left + kx * s.dw;
          if (ix < 0 || ix >= s.w) continue;
          const V x = hn::MaskedLoad(lanes, D(), row_start + ix * band.x_pitch);
          acc = hn::MulAdd(x, hn::LoadU(D(), r.taps + (ky * s.kw + kx) * kDepthwiseBlock), acc);
        }
      }
      activate_block<1>(D(), act, &acc);
      hn::BlendedStore(acc, lanes, D(), y + ox * band.y_pitch);
      sum = hn::Add(sum, acc);
    }
  }
  if (sums) hn::StoreU(hn::Add(sum, hn::LoadU(D(), sums)), D(), sums);
}

template <bool kMasked>
void run_lanes(const DepthwiseBand& band, const Activation& act, const Stage& g, int64_t channel, Row& r, float* sums,
               float* HWY_RESTRICT stage) {
  const DepthwiseShape& s = *r.s;
  const RowFunction function = choose(s, kMasked);
  float* y = band.y + channel;
  if (g.width == 0 || s.kh > kMaxKernelRows) return run_direct<kMasked>(band, act, channel, r, y, sums);
  for (int64_t ox = 0; ox < s.ow; ox += g.width) {
    const int64_t ix0 = ox * s.sw - s.pad_left;
    Tile t{band.x + channel, ix0, 0, 0};
    t.begin = std::clamp<int64_t>(-ix0, 0, g.columns);
    t.end = std::clamp<int64_t>(s.w - ix0, t.begin, g.columns);
    run_tile<kMasked>(band, act, function, g, t, std::min(g.width, s.ow - ox), r, y + ox * band.y_pitch, sums, stage);
  }
}

void run_band(const DepthwiseShape& s, const float* packed, const Activation& act, const DepthwiseBand& band) {
  HWY_ALIGN float stage[kStageFloats];
  const Stage g = stage_of(s);
  const int64_t block_size = (int64_t{s.kh} * s.kw + 1) * kDepthwiseBlock;
  Row r;
  r.s = &s;
  r.y_pitch = band.y_pitch;
  for (int64_t b = band.block_begin; b < band.block_end; ++b) {
    const int64_t first = std::max<int64_t>(0, std::min(b * kDepthwiseBlock, s.c - kDepthwiseBlock));
    for (int64_t lane = 0; lane < kDepthwiseBlock && first + lane < s.c; lane += kLanes) {
      const int64_t channel = first + lane;
      r.taps = packed + b * block_size + kDepthwiseBlock + lane;
      r.lanes = static_cast<size_t>(std::min(kLanes, s.c - channel));
      float* sums = band.sums ? band.sums + b * kDepthwiseBlock + lane : nullptr;
      if (s.c - channel < kLanes)
        run_lanes<true>(band, act, g, channel, r, sums, stage);
      else
        run_lanes<false>(band, act, g, channel, r, sums, stage);
    }
  }
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
void depthwise_band(const DepthwiseShape& s, const float* packed, const Activation& act, const DepthwiseBand& band) {
  if (!depthwise_direct(s, packed, act, band)) HONE_CPU_DISPATCH(run_band)(s, packed, act, band);
}
}  // namespace hone::cpu
#endif
