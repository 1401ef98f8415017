// A convolution problem in the terms of the CPU kernels: two spatial axes, resolved padding, pitches.
#pragma once

#include "backends/backend.h"
#include "backends/cpu/simd/conv_rows.h"
#include "backends/cpu/tactics/epilogue_plan.h"

namespace hone::cpu {

struct ConvGeometry {
  int64_t batch = 1, groups = 1;
  int64_t in_channels = 0, out_channels = 0;  // of all groups
  ConvRows rows;                              // of one group; input unset
  int64_t pad_bottom = 0, pad_right = 0;
  bool planar = false;  // the input lies in memory channel by channel
  int64_t out_pitch = 0;
  OutputMatrix output;

  int64_t group_in() const { return in_channels / groups; }
  int64_t group_out() const { return out_channels / groups; }
  int64_t pixels() const { return batch * rows.out_height * rows.out_width; }
  /// A matrix product over pixels: 1x1, stride 1, no padding.
  bool is_pointwise() const;
};

/// What all FP32 convolution tactics ask: types, rank, epilogue, a channels-last output; fills `g` where it says yes.
/// `planar_input`: the caller also reads inputs in the linear format.
Verdict conv_geometry(const Problem& p, bool planar_input, ConvGeometry& g);

}  // namespace hone::cpu
