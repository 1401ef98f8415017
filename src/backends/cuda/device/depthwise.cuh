// Depthwise convolutions: vectors of channels of channels-last images along a strip of outputs, and single columns of
// planar images down a strip of outputs. Every input is read and converted once for a strip's outputs along one axis.
#pragma once

#include "product.cuh"

namespace depthwise {

/// Two spatial axes.
struct Shape {
  int in_height, in_width, out_height, out_width;
  int stride_y, dilation_y, pad_y, pad_x;
  long long image, row, pixel;  // elements from image to image, row to row, pixel to pixel; planar: pixel is 1
};

/// One thread: V channels of STRIP neighbouring outputs of a row. `weights`: [KH][KW][pitch].
/// finish(values, pixel, channel) takes each output's sums.
template <class T, int V, int STRIP, int KH, int KW, int STRIDE, int DILATION, class F>
__device__ __forceinline__ void channels_last(const T* data, const T* weights, int pitch, int channels, int images,
                                              const Shape& s, F finish) {
  wait_for_previous();
  let_next_start();
  const int vectors = (channels + V - 1) / V, strips = (s.out_width + STRIP - 1) / STRIP;
  long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int channel = static_cast<int>(i % vectors) * V;
  i /= vectors;
  const int x0 = static_cast<int>(i % strips) * STRIP;
  i /= strips;
  const int y = static_cast<int>(i % s.out_height), image = static_cast<int>(i / s.out_height);
  if (image >= images) return;
  const int left = channels - channel;
  const bool whole = left >= V && product::aligned(data, 16) && s.pixel % V == 0 && s.row % V == 0 && s.image % V == 0;
  float sum[STRIP][V];
#pragma unroll
  for (int o = 0; o < STRIP; ++o)
#pragma unroll
    for (int e = 0; e < V; ++e) sum[o][e] = 0;
  constexpr int kUnrollRows = KH * KW <= 25 ? KH : 1;
#pragma unroll kUnrollRows
  for (int ky = 0; ky < KH; ++ky) {
    const int in_y = y * s.stride_y - s.pad_y + ky * s.dilation_y;
    if (static_cast<unsigned>(in_y) >= static_cast<unsigned>(s.in_height)) continue;
    const T* row = data + image * s.image + in_y * s.row + channel;
    float w[KW][V];
#pragma unroll
    for (int kx = 0; kx < KW; ++kx)
      load_floats<V>(weights + (ky * KW + kx) * static_cast<long long>(pitch) + channel, w[kx]);
    constexpr int kSpan = (STRIP - 1) * STRIDE + (KW - 1) * DILATION + 1;
#pragma unroll
    for (int x = 0; x < kSpan; ++x) {
      const int in_x = x0 * STRIDE - s.pad_x + x;
      float v[V];
#pragma unroll
      for (int e = 0; e < V; ++e) v[e] = 0;
      if (static_cast<unsigned>(in_x) < static_cast<unsigned>(s.in_width)) {
        const T* from = row + in_x * s.pixel;
        if (whole) {
          load_floats<V>(from, v);
        } else {
#pragma unroll
          for (int e = 0; e < V; ++e)
            if (e < left) v[e] = to_float(from[e]);
        }
      }
#pragma unroll
      for (int o = 0; o < STRIP; ++o) {
        const int tap = x - o * STRIDE;
        if (tap < 0 || tap % DILATION != 0 || tap / DILATION >= KW) continue;
#pragma unroll
        for (int e = 0; e < V; ++e) sum[o][e] = fmaf(v[e], w[tap / DILATION][e], sum[o][e]);
      }
    }
  }
#pragma unroll
  for (int o = 0; o < STRIP; ++o)
    if (x0 + o < s.out_width)
      finish(sum[o], (image * s.out_height + y) * s.out_width + x0 + o, channel, left < V ? left : V);
}

/// One thread: STRIP outputs below each other in one plane. `weights`: [planes][KH][KW]. STRIDE, DILATION: downwards.
/// finish(values, plane with image, pixel).
template <class T, int STRIP, int KH, int KW, int STRIDE, int DILATION, class F>
__device__ __forceinline__ void planar(const T* data, const T* weights, int channels, int images, int stride_x,
                                       int dilation_x, const Shape& s, F finish) {
  wait_for_previous();
  let_next_start();
  const int strips = (s.out_height + STRIP - 1) / STRIP;
  long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int x = static_cast<int>(i % s.out_width);
  i /= s.out_width;
  const int y0 = static_cast<int>(i % strips) * STRIP;
  const long long plane = i / strips;
  if (plane >= static_cast<long long>(images) * channels) return;
  const T* from = data + plane * s.image;
  const T* w = weights + plane % channels * (KH * KW);
  float sum[STRIP][1];
#pragma unroll
  for (int o = 0; o < STRIP; ++o) sum[o][0] = 0;
  constexpr int kSpan = (STRIP - 1) * STRIDE + (KH - 1) * DILATION + 1;
#pragma unroll
  for (int r = 0; r < kSpan; ++r) {
    const int in_y = y0 * STRIDE - s.pad_y + r;
    const bool row_valid = static_cast<unsigned>(in_y) < static_cast<unsigned>(s.in_height);
#pragma unroll
    for (int kx = 0; kx < KW; ++kx) {
      const int in_x = x * stride_x - s.pad_x + kx * dilation_x;
      float v = 0;
      if (row_valid && static_cast<unsigned>(in_x) < static_cast<unsigned>(s.in_width))
        v = to_float(from[in_y * s.row + in_x]);
#pragma unroll
      for (int o = 0; o < STRIP; ++o) {
        const int tap = r - o * STRIDE;
        if (tap < 0 || tap % DILATION != 0 || tap / DILATION >= KH) continue;
        sum[o][0] = fmaf(v, to_float(w[tap / DILATION * KW + kx]), sum[o][0]);
      }
    }
  }
#pragma unroll
  for (int o = 0; o < STRIP; ++o)
    if (y0 + o < s.out_height) finish(sum[o], static_cast<int>(plane), (y0 + o) * s.out_width + x, 1);
}

}  // namespace depthwise
