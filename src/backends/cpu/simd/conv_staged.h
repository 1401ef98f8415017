// Convolution without a gathered matrix: a band of input lines is copied once into a buffer with its padding (or read
// in place where there is none), where the windows of neighbouring output pixels are rows of A at a constant distance.
// The first choice where output lines are long and output channels few; also reads planar (NCHW) input.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/conv_rows.h"
#include "backends/cpu/simd/epilogue.h"
#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

struct StagedConv {
  ConvRows rows;        // geometry and input
  bool planar = false;  // input is [batch, channels, height, width], dense; rows.pixel_pitch is unused
  int64_t batch = 1;
  int64_t n = 0;             // output channels
  const float* b = nullptr;  // packed by pack_b: rows.k() x n in the order (kernel y, kernel x, channel)
  float* c = nullptr;        // channels-last output with pixel pitch ldc
  int64_t ldc = 0;
  const Epilogue* epilogue = nullptr;
};

/// True where staged_conv() computes this geometry (no dilation in x).
bool staged_conv_supports(const ConvRows& rows) noexcept;

/// Bytes of workspace for `threads` threads.
int64_t staged_conv_workspace(const ConvRows& rows, bool planar, int threads) noexcept;

/// Runs on the calling thread's team; the workspace is for its number of threads.
void staged_conv(Isa isa, const StagedConv& conv, void* workspace) noexcept;

}  // namespace hone::cpu
