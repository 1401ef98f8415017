// Depthwise convolutions of channels-last images by tiles: the part of the image that a block's outputs need lies in
// shared memory once, for VECTORS vectors of 16 bytes along the channels; a thread computes four neighbouring outputs
// of one vector out of it.
#pragma once

#include "depthwise.cuh"

namespace depthwise {

/// SX x TY strips of four outputs, a kernel of KH x KW. Within a row of the tile, columns that are a multiple of the
/// stride apart are neighbours, so that threads side by side read different banks.
template <class T, int VECTORS, int SX, int TY, int KH, int KW, int SY, int STRIDE, int DY, int DILATION>
struct Tile {
  static constexpr int kStrip = 4, kV = 16 / sizeof(T), kThreads = VECTORS * SX * TY;
  static constexpr int kWidth = (SX * kStrip - 1) * STRIDE + (KW - 1) * DILATION + 1;
  static constexpr int kHeight = (TY - 1) * SY + (KH - 1) * DY + 1;
  static constexpr int kPhase = (kWidth + STRIDE - 1) / STRIDE;            // columns with one remainder
  static constexpr int kPitch = VECTORS % 8 == 0 ? VECTORS : VECTORS + 1;  // chunks from column to column
  static constexpr int kTaps = KH * KW;
  static constexpr int kBytes = (kHeight * kPhase * STRIDE * kPitch + kTaps * VECTORS) * 16;

  static __device__ __forceinline__ int place(int row, int column) {
    return (row * STRIDE + column % STRIDE) * kPhase + column / STRIDE;
  }

  /// Asks for the block's part of the image that is there; zeros elsewhere.
  static __device__ __forceinline__ void fetch(char* tile, const T* data, const Shape& s, int y, int x, int left) {
    const bool whole = product::aligned(data, 16) && s.pixel % kV == 0 && s.row % kV == 0;
#pragma unroll 4
    for (int i = threadIdx.x; i < kHeight * kWidth * VECTORS; i += kThreads) {
      const int vector = i % VECTORS, column = i / VECTORS % kWidth, row = i / VECTORS / kWidth;
      const int in_y = y + row, in_x = x + column;
      const int count = static_cast<unsigned>(in_y) < static_cast<unsigned>(s.in_height) &&
                                static_cast<unsigned>(in_x) < static_cast<unsigned>(s.in_width)
                            ? product::part_of_chunk<T>(left - vector * kV)
                            : 0;
      const T* from = data + in_y * s.row + in_x * s.pixel + vector * kV;
      char* to = tile + (place(row, column) * kPitch + vector) * 16;
      if (whole && (count == 0 || count == kV))
        mma::copy_async16(to, 0, from, count == kV);
      else
        product::copy_part<T>(to, count > 0 ? from : data, count, false);
    }
  }

  /// `weights`: [KH][KW][pitch], prepared, with whole chunks. finish(values, pixel, channel, how many of them).
  template <class F>
  static __device__ __forceinline__ void run(const T* data, const T* weights, int pitch, int channels, int tiles_y,
                                             int tiles_x, const Shape& s, char* shared, F finish) {
    const int groups = (channels + VECTORS * kV - 1) / (VECTORS * kV);
    int rest = static_cast<int>(blockIdx.x);
    const int group = rest % groups;
    rest /= groups;
    const int x0 = rest % tiles_x * (SX * kStrip);
    rest /= tiles_x;
    const int y0 = rest % tiles_y * TY, image = rest / tiles_y, first = group * VECTORS * kV, left = channels - first;
    char* held = shared + kHeight * kPhase * STRIDE * kPitch * 16;
    for (int i = threadIdx.x; i < kTaps * VECTORS; i += kThreads)
      mma::copy_async16(held, i * 16,
                        weights + (i / VECTORS) * static_cast<long long>(pitch) + first + i % VECTORS * kV,
                        i % VECTORS * kV < left);
    wait_for_previous();
    let_next_start();
    fetch(shared, data + image * s.image + first, s, y0 * SY - s.pad_y, x0 * STRIDE - s.pad_x, left);
    mma::commit_copies();
    mma::wait_copies<0>();
    __syncthreads();
    const int vector = static_cast<int>(threadIdx.x) % VECTORS, strip = static_cast<int>(threadIdx.x) / VECTORS % SX;
    const int ty = static_cast<int>(threadIdx.x) / (VECTORS * SX), channel = first + vector * kV;
    const int y = y0 + ty, x = x0 + strip * kStrip;
    if (channel >= channels || y >= s.out_height || x >= s.out_width) return;
    float sum[kStrip][kV];
#pragma unroll
    for (int o = 0; o < kStrip; ++o)
#pragma unroll
      for (int e = 0; e < kV; ++e) sum[o][e] = 0;
    const char* mine = shared + (place(ty * SY, strip * kStrip * STRIDE) * kPitch + vector) * 16;
    held += vector * 16;
    constexpr int kSpan = (kStrip - 1) * STRIDE + (KW - 1) * DILATION + 1;
#pragma unroll
    for (int ky = 0; ky < KH; ++ky) {
      float w[KW][kV];
#pragma unroll
      for (int kx = 0; kx < KW; ++kx)
        load_floats<kV>(reinterpret_cast<const T*>(held + (ky * KW + kx) * VECTORS * 16), w[kx]);
#pragma unroll
      for (int i = 0; i < kSpan; ++i) {
        bool used = false;
#pragma unroll
        for (int kx = 0; kx < KW; ++kx) {
          const int at = i - kx * DILATION;
          used = used || (at >= 0 && at % STRIDE == 0 && at / STRIDE < kStrip);
        }
        if (!used) continue;
        float in[kV];
        load_floats<kV>(reinterpret_cast<const T*>(mine + place(ky * DY, i) * kPitch * 16), in);
#pragma unroll
        for (int kx = 0; kx < KW; ++kx) {
          const int at = i - kx * DILATION;
          if (at < 0 || at % STRIDE != 0 || at / STRIDE >= kStrip) continue;
#pragma unroll
          for (int e = 0; e < kV; ++e) sum[at / STRIDE][e] = fmaf(in[e], w[kx][e], sum[at / STRIDE][e]);
        }
      }
    }
    const int n = channels - channel < kV ? channels - channel : kV;
#pragma unroll
    for (int o = 0; o < kStrip; ++o)
      if (x + o < s.out_width) finish(sum[o], (image * s.out_height + y) * s.out_width + x + o, channel, n);
  }
};

}  // namespace depthwise
