// Division of a depthwise block into units (an image, some rows, some channels), and the loop over bands of rows within
// a unit. Expanded rows lie in a ring, so that those that two bands share are kept.
#include "backends/cpu/simd/depthwise_block.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "backends/cpu/simd/cache_size.h"
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/simd/gemm_kernels.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

int64_t div_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

constexpr int64_t kMostGroup = 8;  // steps

}  // namespace

struct DepthwiseBlock::Unit {
  int64_t image, part, channel0, channel1, row0, row1;  // rows of the output
  int64_t channels() const { return channel1 - channel0; }
};

DepthwiseBlock::DepthwiseBlock(Isa isa, const DepthwiseShape& shape, const DepthwiseSurroundings& around,
                               const Activation& after, int threads)
    : isa_(isa),
      s_(shape),
      o_(around),
      after_(after),
      threads_(std::max(1, threads)),
      step_(std::max<int64_t>(kDepthwiseBlock, 2 * gemm_kernels(isa).lanes)) {
  choose();
}

/// Input rows that so many rows of the result depend on.
int64_t DepthwiseBlock::input_rows(int64_t rows) const {
  return std::min<int64_t>(s_.h, (rows - 1) * s_.sh + s_.reach());
}

/// Output rows of a band. What the convolutions hand on fits half of the second-level cache, without an expansion an
/// eighth of that: the first-level cache then helps. An input that is read in place, with nothing behind the depthwise
/// convolution, is still in the second-level cache when the next channels of the same pixels are wanted.
int64_t DepthwiseBlock::band_rows(int64_t group) const {
  const int64_t channels = std::min(s_.c, group * step_);
  const int64_t in_row = s_.w * (o_.k > 0 ? channels : o_.outputs > 0 ? 0 : s_.c) * 4;
  const int64_t row = in_row * s_.sh + (o_.outputs > 0 ? s_.ow * s_.c * 4 : 0);
  const int64_t kept = o_.k > 0 ? in_row * (s_.reach() - s_.sh) : 0;
  const int64_t room = o_.k > 0         ? second_level_cache() / 2
                       : o_.outputs > 0 ? second_level_cache() / 16
                                        : second_level_cache() * 3 / 4;
  return std::clamp<int64_t>((room - kept) / std::max<int64_t>(1, row), 1, std::max<int64_t>(1, s_.oh));
}

/// Time of the slowest thread, in multiply-adds of a 1x1 convolution.
double DepthwiseBlock::cost(int64_t group, int64_t parts) const {
  const int64_t steps = div_up(s_.c, step_), groups = div_up(steps, group), units = s_.n * parts * groups;
  const int64_t widest = div_up(steps, groups) * step_, rows = div_up(s_.oh, parts), band = band_rows(group);
  const auto pixels_in = static_cast<double>(input_rows(rows) * s_.w), pixels_out = static_cast<double>(rows * s_.ow);
  // Narrow groups read the input more often; short bands leave register tiles part-filled.
  const double reread = 1 + 0.12 * 16 / static_cast<double>(widest), bands = static_cast<double>(div_up(rows, band));
  const double expansion = pixels_in * static_cast<double>(o_.k) * reread +
                           (o_.k == 0 ? 0 : 8 * bands * static_cast<double>((s_.kh - 1) * s_.w) + 40 * pixels_in);
  const double filter = 2.5 * pixels_out * s_.kh * s_.kw, projection = pixels_out * static_cast<double>(o_.outputs);
  return static_cast<double>(div_up(units, threads_)) * static_cast<double>(widest) *
         (expansion + filter + projection + 2000);
}

void DepthwiseBlock::choose() {
  const int64_t steps = div_up(s_.c, step_);
  double best = 1e300;
  group_ = 1, parts_ = 1;
  // A projection needs all channels at once.
  const int64_t least = o_.outputs > 0 ? steps : 1, most = o_.outputs > 0 ? steps : std::min(steps, kMostGroup);
  for (int64_t parts = 1; parts <= std::min<int64_t>(threads_, std::max<int64_t>(1, s_.oh)); ++parts)
    for (int64_t group = least; group <= most; ++group) {
      const double c = cost(group, parts);
      if (c < best) best = c, group_ = group, parts_ = parts;
    }
  groups_ = div_up(steps, group_);
}

int64_t DepthwiseBlock::expanded_floats() const {
  if (o_.k == 0) return 0;
  return div_up(input_rows(band_rows(group_)) * s_.w * std::min(s_.c, group_ * step_), 16) * 16 + 16;
}

int64_t DepthwiseBlock::filtered_floats() const {
  return o_.outputs > 0 ? div_up(band_rows(group_) * s_.ow * s_.c, 16) * 16 : 0;
}

size_t DepthwiseBlock::workspace() const {
  const int64_t sums = o_.means && parts_ > 1 ? s_.n * parts_ * s_.c : 0;
  return static_cast<size_t>((expanded_floats() + filtered_floats()) * threads_ + sums) * sizeof(float);
}

/// The expansion at input rows [row0, row1), dense in the unit's channels.
void DepthwiseBlock::expand(const DepthwiseBlockCall& call, const Unit& u, int64_t row0, int64_t row1,
                            float* to) const noexcept {
  Epilogue e = *call.between;
  if (e.bias != nullptr) e.bias += u.channel0;
  Gemm g;
  g.m = (row1 - row0) * s_.w, g.n = u.channels(), g.k = o_.k;
  g.a = call.x + (u.image * s_.h + row0) * s_.w * o_.x_pitch, g.lda = o_.x_pitch;
  g.b = call.b + u.channel0 * o_.k;
  g.c = to, g.ldc = u.channels();
  g.epilogue = &e;
  gemm_serial(isa_, g);
}

/// The projection of `rows` rows from `row` on, counted over all images.
void DepthwiseBlock::project(const DepthwiseBlockCall& call, const float* filtered, int64_t row,
                             int64_t rows) const noexcept {
  Gemm g;
  g.m = rows * s_.ow, g.n = o_.outputs, g.k = s_.c;
  g.a = filtered, g.lda = s_.c;
  g.b = call.projection;
  g.c = call.y + row * s_.ow * o_.y_pitch, g.ldc = o_.y_pitch;
  g.epilogue = call.last, g.epilogue_row0 = row * s_.ow;
  gemm_serial(isa_, g);
}

void DepthwiseBlock::run_unit(const DepthwiseBlockCall& call, int64_t unit, float* expanded, float* filtered,
                              float* sums) const noexcept {
  const int64_t steps = div_up(s_.c, step_), group = unit % groups_, rest = unit / groups_;
  Unit u;
  u.part = rest % parts_, u.image = rest / parts_;
  u.channel0 = part_begin(steps, group, groups_) * step_;
  u.channel1 = std::min(s_.c, part_begin(steps, group + 1, groups_) * step_);
  u.row0 = part_begin(s_.oh, u.part, parts_), u.row1 = part_begin(s_.oh, u.part + 1, parts_);
  const bool expands = o_.k > 0, projects = o_.outputs > 0;
  const int64_t pitch = expands ? u.channels() : o_.x_pitch, row_floats = s_.w * pitch;
  const int64_t step = band_rows(group_), ring = input_rows(step);
  DepthwiseBand band;
  band.x = expands ? expanded - u.channel0 : call.x + u.image * s_.h * row_floats;
  band.x_row = row_floats, band.x_pitch = pitch, band.ring = expands ? ring : 0;
  band.y_pitch = projects ? s_.c : o_.y_pitch, band.y_row = s_.ow * band.y_pitch;
  band.block_begin = u.channel0 / kDepthwiseBlock, band.block_end = div_up(u.channel1, kDepthwiseBlock);
  band.sums = sums;
  int64_t next = 0;  // input row that is to be expanded
  for (int64_t oy = u.row0; oy < u.row1; oy += step) {
    const int64_t end = std::min(u.row1, oy + step), row = u.image * s_.oh + oy;
    if (expands) {
      const int64_t in0 = std::clamp<int64_t>(oy * s_.sh - s_.pad_top, 0, s_.h);
      const int64_t in1 = std::clamp<int64_t>((end - 1) * s_.sh - s_.pad_top + s_.reach(), in0, s_.h);
      for (next = std::max(next, in0); next < in1;) {
        const int64_t at = next % ring, rows = std::min(in1 - next, ring - at);
        expand(call, u, next, next + rows, expanded + at * row_floats);
        next += rows;
      }
    }
    band.oy_begin = oy, band.oy_end = end;
    band.y = projects ? filtered : call.y + row * band.y_row;
    depthwise_band(s_, call.packed, after_, band);
    if (projects) project(call, filtered, row, end - oy);
  }
}

void DepthwiseBlock::run(const DepthwiseBlockCall& call, void* workspace) const noexcept {
  auto* buffers = static_cast<float*>(workspace);
  const int64_t units = s_.n * parts_ * groups_, size = expanded_floats() + filtered_floats();
  float* sums = parts_ > 1 ? buffers + size * threads_ : call.means;
  if (o_.means) std::memset(sums, 0, static_cast<size_t>(s_.n * parts_ * s_.c) * sizeof(float));
  std::atomic<int64_t> next{0};
  parallel(
      [&](int thread, int) {
        float *expanded = buffers + thread * size, *filtered = expanded + expanded_floats();
        for (int64_t i = next.fetch_add(1, std::memory_order_relaxed); i < units;
             i = next.fetch_add(1, std::memory_order_relaxed))
          run_unit(call, i, expanded, filtered, o_.means ? sums + i / groups_ * s_.c : nullptr);
      },
      std::min<int64_t>(units, threads_));
  if (o_.means) average(call, sums);
}

void DepthwiseBlock::average(const DepthwiseBlockCall& call, const float* sums) const noexcept {
  const float scale = 1.0f / static_cast<float>(s_.oh * s_.ow);
  for (int64_t image = 0; image < s_.n; ++image)
    for (int64_t c = 0; c < s_.c; ++c) {
      float sum = 0;
      for (int64_t part = 0; part < parts_; ++part) sum += sums[(image * parts_ + part) * s_.c + c];
      call.means[image * s_.c + c] = sum * scale;
    }
}

}  // namespace hone::cpu
