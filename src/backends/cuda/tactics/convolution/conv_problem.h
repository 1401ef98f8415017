// Convolution problems in the terms of the matrix kernels: three spatial axes, resolved padding, element strides.
#pragma once

#include "backends/cuda/tactics/product/product.h"
#include "ops/convolution.h"

namespace hone::cuda {

struct ConvProblem {
  int64_t batch = 1, groups = 1;
  int64_t in_channels = 0, out_channels = 0;  // of all groups
  WindowGeometry windows;                     // channels of one group
  int bias = -1;                              // input
  int64_t group_in() const { return in_channels / groups; }
  int64_t group_out() const { return out_channels / groups; }
  int64_t out_pixels() const { return windows.out[0] * windows.out[1] * windows.out[2]; }
  int64_t in_pixels() const { return windows.in[0] * windows.in[1] * windows.in[2]; }
  /// One tap, no padding, stride 1: a matrix product over pixels.
  bool is_pointwise() const;
};

/// The tensor's elements lie channels-last, whatever its format says.
bool lies_channels_last(const TensorDesc& d);
/// The tensor's elements lie in the order of the logical dims without gaps.
bool lies_planar(const TensorDesc& d);
/// The same tensor with that format.
TensorDesc as_channels_last(TensorDesc d);

/// What all convolutions ask; fills `c` but for the windows' strides in memory where it says yes.
Verdict conv_problem(const Problem& p, ConvProblem& c);

/// Where the input's pixels lie, as its format says.
void place_as_described(const TensorDesc& x, ConvProblem& c);
/// The same, taken as planar or as channels-last.
void place_input(const TensorDesc& x, bool planar, ConvProblem& c);

}  // namespace hone::cuda
