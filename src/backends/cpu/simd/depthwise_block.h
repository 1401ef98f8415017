// A 1x1 convolution (the expansion) and the depthwise convolution after it, group of channels by group, so that what
// lies between stays in the second-level cache. Then the means of the result over all pixels, which squeeze-excite
// blocks ask for, or another 1x1 convolution (the projection), which takes the result row by row from the cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

/// Everything is channels-last.
struct DepthwiseBlockCall {
  const float* x = nullptr;
  const float* b = nullptr;           // k x c, packed by pack_b; unused where there is no expansion
  const Epilogue* between = nullptr;  // steps without operands
  const float* packed = nullptr;      // by pack_depthwise
  const float* projection = nullptr;  // c x outputs, packed by pack_b; unused where there is none
  const Epilogue* last = nullptr;     // of the projection
  float* y = nullptr;
  float* means = nullptr;  // [n][c]; null: not wanted
};

/// What surrounds the depthwise convolution. Pitches are floats from pixel to pixel; rows and images are dense in
/// pixels.
struct DepthwiseSurroundings {
  int64_t k = 0;        // channels of the expansion's input, 0 where there is none
  int64_t outputs = 0;  // channels of the projection's output, 0 where there is none
  int64_t x_pitch = 0, y_pitch = 0;
  bool means = false;  // not with a projection
};

class DepthwiseBlock {
 public:
  /// `shape` is that of the depthwise convolution; its channels are a multiple of kDepthwiseBlock.
  DepthwiseBlock(Isa isa, const DepthwiseShape& shape, const DepthwiseSurroundings& around, const Activation& after,
                 int threads);
  size_t workspace() const;  // bytes
  bool means() const { return o_.means; }
  /// On the calling thread's team of at most `threads`.
  void run(const DepthwiseBlockCall& call, void* workspace) const noexcept;

 private:
  struct Unit;
  void choose();
  double cost(int64_t group, int64_t parts) const;
  int64_t band_rows(int64_t group) const;
  int64_t input_rows(int64_t rows) const;
  /// Of a thread: expanded rows, and results of the depthwise convolution that wait for the projection.
  int64_t expanded_floats() const;
  int64_t filtered_floats() const;
  void run_unit(const DepthwiseBlockCall& call, int64_t unit, float* expanded, float* filtered,
                float* sums) const noexcept;
  void expand(const DepthwiseBlockCall& call, const Unit& u, int64_t row0, int64_t row1, float* to) const noexcept;
  void project(const DepthwiseBlockCall& call, const float* filtered, int64_t row, int64_t rows) const noexcept;
  void average(const DepthwiseBlockCall& call, const float* sums) const noexcept;

  Isa isa_;
  DepthwiseShape s_;
  DepthwiseSurroundings o_;
  Activation after_;
  int threads_;
  int64_t step_;    // channels that are kept together: a panel of the expansion's weights
  int64_t group_;   // steps that a unit of work handles, at most
  int64_t groups_;  // units along the channels
  int64_t parts_;   // units along the rows of an image
};

}  // namespace hone::cpu
