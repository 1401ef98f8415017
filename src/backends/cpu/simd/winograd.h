// 3x3 convolution of stride 1 in FP32 by Winograd's minimal filtering F(2x2, 3x3): 16 matrix products over tiles of 2x2
// output pixels take the place of one over nine times as many terms as channels, 2.25 times fewer multiplications. Its
// rounding error is about twice that of the direct sum.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/conv_rows.h"
#include "backends/cpu/simd/epilogue.h"
#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

/// Channels of input and output come in multiples of this.
inline constexpr int64_t kWinogradChannels = 16;
inline constexpr int kWinogradTaps = 16;

/// The 16 transformed values of one 3x3 kernel, row by row.
void winograd_weights(const float* kernel, int64_t step, double* out) noexcept;

struct WinogradConv {
  ConvRows rows;  // of the whole batch: 3x3, stride and dilation 1; input set
  int64_t batch = 1, n = 0;
  const float* b = nullptr;  // kWinogradTaps packed matrices of channels x n
  int64_t b_stride = 0;      // floats from one to the next
  float* c = nullptr;
  int64_t ldc = 0;
  const Epilogue* epilogue = nullptr;
};

/// Bytes for at most `threads` threads.
int64_t winograd_workspace(Isa isa, const ConvRows& rows, int64_t n, int threads) noexcept;
void winograd_conv(Isa isa, const WinogradConv& conv, void* workspace) noexcept;

namespace detail {

/// V[xi] = (B^T d B)[xi] at v + xi * v_step for `channels` channels; d: pointers to the 16 pixels of the tile.
void winograd_input(const float* const* d, int64_t channels, float* v, int64_t v_step) noexcept;

/// The four results of a tile: A^T m A + bias (+ residual), clamped where asked for, for `columns` columns.
struct WinogradOutput {
  const float* m = nullptr;  // value xi of column j at m[xi * m_step + j]
  int64_t m_step = 0;
  const float* bias = nullptr;    // null: none
  float* y[4] = {};               // null: outside of the image
  const float* residual[4] = {};  // null: none
  bool clamp = false;
  float lo = 0, hi = 0;
};
void winograd_output(const WinogradOutput& o, int64_t columns) noexcept;

}  // namespace detail
}  // namespace hone::cpu
