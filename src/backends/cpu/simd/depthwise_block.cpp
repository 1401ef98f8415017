// Division of a depthwise block into units (an image, some rows, some channels), and the loop over bands of rows within
// a unit. The rows of the 1x1 convolution that two bands share are kept.
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

DepthwiseBlock::DepthwiseBlock(Isa isa, const DepthwiseShape& shape, int64_t k, const Activation& after,
                               int64_t x_pitch, int64_t y_pitch, bool means, int threads)
    : isa_(isa),
      s_(shape),
      k_(k),
      after_(after),
      x_pitch_(x_pitch),
      y_pitch_(y_pitch),
      means_(means),
      threads_(std::max(1, threads)),
      step_(std::max<int64_t>(kDepthwiseBlock, 2 * gemm_kernels(isa).lanes)) {
  choose();
}

/// Output rows of a band whose input rows fit half of the second-level cache, or, where they are read in place, are
/// still there when the next channels of the same pixels are wanted.
int64_t DepthwiseBlock::band_rows(int64_t group) const {
  if (k_ == 0) {
    const int64_t bytes = std::max<int64_t>(1, s_.w * s_.c * 4 * s_.sh);
    return std::clamp<int64_t>(second_level_cache() * 3 / 4 / bytes, 1, std::max<int64_t>(1, s_.oh));
  }
  const int64_t row_bytes = std::max<int64_t>(1, s_.w * group * step_ * 4), extent = int64_t{s_.kh - 1} * s_.dh + 1;
  const int64_t rows = second_level_cache() / 2 / row_bytes;
  return std::clamp<int64_t>((rows - extent) / s_.sh + 1, 1, std::max<int64_t>(1, s_.oh));
}

/// Time of the slowest thread, in multiply-adds of the 1x1 convolution.
double DepthwiseBlock::cost(int64_t group, int64_t parts) const {
  const int64_t steps = div_up(s_.c, step_), groups = div_up(steps, group), units = s_.n * parts * groups;
  const int64_t widest = div_up(steps, groups) * step_, rows = div_up(s_.oh, parts), band = band_rows(group);
  const int64_t in_rows = std::min<int64_t>(s_.h, (rows - 1) * s_.sh + (s_.kh - 1) * s_.dh + 1);
  const auto pixels_in = static_cast<double>(in_rows * s_.w), pixels_out = static_cast<double>(rows * s_.ow);
  // Narrow groups read the input more often; short bands copy their common rows and leave register tiles part-filled.
  const double reread = 1 + 0.12 * 16 / static_cast<double>(widest), bands = static_cast<double>(div_up(rows, band));
  const double product = pixels_in * static_cast<double>(k_) * reread +
                         (k_ == 0 ? 0 : 8 * bands * static_cast<double>((s_.kh - 1) * s_.w) + 40 * pixels_in);
  const double filter = 2.5 * pixels_out * s_.kh * s_.kw;
  return static_cast<double>(div_up(units, threads_)) * static_cast<double>(widest) * (product + filter + 2000);
}

void DepthwiseBlock::choose() {
  const int64_t steps = div_up(s_.c, step_);
  double best = 1e300;
  group_ = 1, parts_ = 1;
  for (int64_t parts = 1; parts <= std::min<int64_t>(threads_, std::max<int64_t>(1, s_.oh)); ++parts)
    for (int64_t group = 1; group <= std::min(steps, kMostGroup); ++group) {
      const double c = cost(group, parts);
      if (c < best) best = c, group_ = group, parts_ = parts;
    }
  groups_ = div_up(steps, group_);
}

int64_t DepthwiseBlock::buffer_floats() const {
  if (k_ == 0) return 0;
  const int64_t rows = std::min<int64_t>(s_.h, (band_rows(group_) - 1) * s_.sh + int64_t{s_.kh - 1} * s_.dh + 1);
  return div_up(rows * s_.w * group_ * step_, 16) * 16 + 16;
}

size_t DepthwiseBlock::workspace() const {
  const int64_t sums = means_ && parts_ > 1 ? s_.n * parts_ * s_.c : 0;
  return static_cast<size_t>(buffer_floats() * threads_ + sums) * sizeof(float);
}

/// The 1x1 convolution at input rows [row0, row1), dense in the unit's channels.
void DepthwiseBlock::expand(const DepthwiseBlockCall& call, const Unit& u, int64_t row0, int64_t row1,
                            float* to) const noexcept {
  Epilogue e = *call.between;
  if (e.bias != nullptr) e.bias += u.channel0;
  Gemm g;
  g.m = (row1 - row0) * s_.w, g.n = u.channels(), g.k = k_;
  g.a = call.x + (u.image * s_.h + row0) * s_.w * x_pitch_, g.lda = x_pitch_;
  g.b = call.b + u.channel0 * k_;
  g.c = to, g.ldc = u.channels();
  g.epilogue = &e;
  gemm_serial(isa_, g);
}

void DepthwiseBlock::run_unit(const DepthwiseBlockCall& call, int64_t unit, float* buffer, float* sums) const noexcept {
  const int64_t steps = div_up(s_.c, step_), group = unit % groups_, rest = unit / groups_;
  Unit u;
  u.part = rest % parts_, u.image = rest / parts_;
  u.channel0 = part_begin(steps, group, groups_) * step_;
  u.channel1 = std::min(s_.c, part_begin(steps, group + 1, groups_) * step_);
  u.row0 = part_begin(s_.oh, u.part, parts_), u.row1 = part_begin(s_.oh, u.part + 1, parts_);
  DepthwiseBand band;
  band.y_row = s_.ow * y_pitch_, band.y_pitch = y_pitch_;
  band.block_begin = u.channel0 / kDepthwiseBlock, band.block_end = div_up(u.channel1, kDepthwiseBlock);
  band.sums = sums;
  float* y = call.y + u.image * s_.oh * s_.ow * y_pitch_;
  const int64_t pitch = k_ == 0 ? x_pitch_ : u.channels(), row_floats = s_.w * pitch;
  const int64_t step = band_rows(group_), reach = int64_t{s_.kh - 1} * s_.dh + 1;
  int64_t held0 = 0, held1 = 0;  // input rows that the buffer holds from its start on
  for (int64_t oy = u.row0; oy < u.row1; oy += step) {
    const int64_t end = std::min(u.row1, oy + step);
    const int64_t in0 = std::clamp<int64_t>(oy * s_.sh - s_.pad_top, 0, s_.h);
    const int64_t in1 = std::clamp<int64_t>((end - 1) * s_.sh - s_.pad_top + reach, in0, s_.h);
    if (k_ == 0) {
      band.x = call.x + u.image * s_.h * row_floats;
    } else {
      const int64_t kept = std::max<int64_t>(0, held1 - in0);
      if (kept > 0)
        std::memmove(buffer, buffer + (in0 - held0) * row_floats,
                     static_cast<size_t>(kept * row_floats) * sizeof(float));
      if (in0 + kept < in1) expand(call, u, in0 + kept, in1, buffer + kept * row_floats);
      held0 = in0, held1 = std::max(in1, in0 + kept);
      band.x = buffer - in0 * row_floats - u.channel0;
    }
    band.x_row = row_floats, band.x_pitch = pitch;
    band.oy_begin = oy, band.oy_end = end;
    band.y = y + oy * band.y_row;
    depthwise_band(s_, call.packed, after_, band);
  }
}

void DepthwiseBlock::run(const DepthwiseBlockCall& call, void* workspace) const noexcept {
  auto* buffers = static_cast<float*>(workspace);
  const int64_t units = s_.n * parts_ * groups_, size = buffer_floats();
  float* partial = parts_ > 1 ? buffers + size * threads_ : call.means;
  if (means_) std::memset(partial, 0, static_cast<size_t>(s_.n * parts_ * s_.c) * sizeof(float));
  std::atomic<int64_t> next{0};
  parallel(
      [&](int thread, int) {
        for (int64_t i = next.fetch_add(1, std::memory_order_relaxed); i < units;
             i = next.fetch_add(1, std::memory_order_relaxed))
          run_unit(call, i, buffers + thread * size, means_ ? partial + i / groups_ * s_.c : nullptr);
      },
      std::min<int64_t>(units, threads_));
  if (!means_) return;
  const float scale = 1.0f / static_cast<float>(s_.oh * s_.ow);
  for (int64_t image = 0; image < s_.n; ++image)
    for (int64_t c = 0; c < s_.c; ++c) {
      float sum = 0;
      for (int64_t part = 0; part < parts_; ++part) sum += partial[(image * parts_ + part) * s_.c + c];
      call.means[image * s_.c + c] = sum * scale;
    }
}

}  // namespace hone::cpu
