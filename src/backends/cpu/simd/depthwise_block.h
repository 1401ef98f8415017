// A 1x1 convolution and the depthwise convolution after it, group of channels by group, so that what lies between stays
// in the second-level cache; and the means of the result over all pixels, which squeeze-excite blocks ask for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/simd/epilogue.h"
#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

/// Everything is channels-last. Pitches are floats from pixel to pixel; rows and images are dense in pixels.
struct DepthwiseBlockCall {
  const float* x = nullptr;
  const float* b = nullptr;           // k x c, packed by pack_b; unused where there is no 1x1 convolution
  const Epilogue* between = nullptr;  // steps without operands
  const float* packed = nullptr;      // by pack_depthwise
  float* y = nullptr;
  float* means = nullptr;  // [n][c]; null: not wanted
};

class DepthwiseBlock {
 public:
  /// `shape` is that of the depthwise convolution; its channels are a multiple of kDepthwiseBlock. k: channels of the
  /// 1x1 convolution's input, 0 where there is none.
  DepthwiseBlock(Isa isa, const DepthwiseShape& shape, int64_t k, const Activation& after, int64_t x_pitch,
                 int64_t y_pitch, bool means, int threads);
  size_t workspace() const;  // bytes
  bool means() const { return means_; }
  /// On the calling thread's team of at most `threads`.
  void run(const DepthwiseBlockCall& call, void* workspace) const noexcept;

 private:
  struct Unit;
  void choose();
  double cost(int64_t group, int64_t parts) const;
  int64_t band_rows(int64_t group) const;
  int64_t buffer_floats() const;
  void run_unit(const DepthwiseBlockCall& call, int64_t unit, float* buffer, float* sums) const noexcept;
  void expand(const DepthwiseBlockCall& call, const Unit& u, int64_t row0, int64_t row1, float* to) const noexcept;

  Isa isa_;
  DepthwiseShape s_;
  int64_t k_;
  Activation after_;
  int64_t x_pitch_, y_pitch_;
  bool means_;
  int threads_;
  int64_t step_;    // channels that are kept together: a panel of the 1x1 convolution's weights
  int64_t group_;   // steps that a unit of work handles, at most
  int64_t groups_;  // units along the channels
  int64_t parts_;   // units along the rows of an image
};

}  // namespace hone::cpu
