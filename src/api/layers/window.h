// Settings of a moving window, shared by convolution, deconvolution and pooling layers.
#pragma once

#include "api/layers/layers.h"
#include "hone/layers/padding_mode.h"
#include "ops/convolution.h"

namespace hone::api {

inline int64_t positive(int64_t v, const char* what) {
  require<ModelError>(v > 0 && v < (int64_t{1} << 31), "{} is {}", what, v);
  return v;
}
/// Extents of a window of two or three (one is accepted too) spatial dimensions, all positive.
inline std::vector<int64_t> window_extents(const nv::Dims& d) {
  std::vector<int64_t> v = ints(d, "window extents");
  require<ModelError>(!v.empty() && v.size() <= 3, "the window has {} dimensions, allowed are 1 to 3", v.size());
  for (int64_t x : v) positive(x, "a window extent");
  return v;
}
/// One number per spatial dimension, each at least `least`.
inline std::vector<int64_t> window_numbers(const nv::Dims& d, size_t rank, int64_t least) {
  std::vector<int64_t> v = ints(d);
  require<ModelError>(v.size() == rank, "{} has {} entries for a window of {} dimensions", api::str(d), v.size(), rank);
  for (int64_t x : v) require<ModelError>(x >= least && x < (int64_t{1} << 31), "{} is out of range", api::str(d));
  return v;
}
inline AutoPad auto_pad(nv::PaddingMode mode) {
  switch (mode) {
    case nv::PaddingMode::kSAME_UPPER:
      return AutoPad::kSameUpper;
    case nv::PaddingMode::kSAME_LOWER:
      return AutoPad::kSameLower;
    case nv::PaddingMode::kEXPLICIT_ROUND_DOWN:
    case nv::PaddingMode::kEXPLICIT_ROUND_UP:
    case nv::PaddingMode::kCAFFE_ROUND_DOWN:
    case nv::PaddingMode::kCAFFE_ROUND_UP:
      return AutoPad::kExplicit;
  }
  fail<ModelError>("{} is no PaddingMode", static_cast<int>(mode));
}
inline nv::PaddingMode padding_mode(AutoPad pad) noexcept {
  return pad == AutoPad::kSameUpper   ? nv::PaddingMode::kSAME_UPPER
         : pad == AutoPad::kSameLower ? nv::PaddingMode::kSAME_LOWER
                                      : nv::PaddingMode::kEXPLICIT_ROUND_DOWN;
}
/// Padding of both sides where they agree; else an error is reported and there are none.
inline nv::Dims symmetric_padding(const LayerState& state, const Window& w, size_t rank) noexcept {
  return guarded(state.reporter(), "getPaddingNd", no_dims(), [&] {
    const std::vector<int64_t> zeros(rank, 0);
    const auto& pre = w.pre_pad.empty() ? zeros : w.pre_pad;
    const auto& post = w.post_pad.empty() ? zeros : w.post_pad;
    require<ModelError>(pre == post, "layer '{}' has padding {} before and {} after", state.name(), hone::str(pre),
                        hone::str(post));
    return dims(pre);
  });
}

}  // namespace hone::api
