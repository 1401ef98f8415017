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

/// V neighbouring channels of one pixel; zeros where the pixel lies outside or the channels end. WHOLE: all V are there
/// and aligned.
template <int V, bool WHOLE, class T>
__device__ __forceinline__ Pack<T, V> channels_of(const T* from, bool inside, int left) {
  Pack<T, V> r;
#pragma unroll
  for (int e = 0; e < V; ++e) r.at[e] = from_float<T>(0);
  if constexpr (WHOLE) {
    if (inside) r = load_pack<V>(from);
  } else {
#pragma unroll
    for (int e = 0; e < V; ++e)
      if (inside && e < left) r.at[e] = from[e];
  }
  return r;
}

/// Sums over the rows of the kernel. The inputs of several rows are asked for before the first is used, so that their
/// latencies pass together.
template <class T, int V, int STRIP, int KH, int KW, int STRIDE, int DILATION, bool WHOLE>
__device__ __forceinline__ void add_rows(const T* data, const T* weights, int pitch, const Shape& s, int y, int x0,
                                         int left, const Pack<T, V>* held, float (&sum)[STRIP][V]) {
  constexpr int kSpan = (STRIP - 1) * STRIDE + (KW - 1) * DILATION + 1;
  constexpr int kAsked = WHOLE ? 96 / (kSpan * (V * static_cast<int>(sizeof(T)) / 4)) : 1;  // in registers
  constexpr int kRows = kAsked < 1 ? 1 : kAsked > KH ? KH : kAsked;
  constexpr int kUnroll = WHOLE && KH * KW <= 25 ? KH : 1;
#pragma unroll kUnroll
  for (int first = 0; first < KH; first += kRows) {
    Pack<T, V> in[kRows][kSpan];
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const int in_y = y * s.stride_y - s.pad_y + (first + r) * s.dilation_y;
      const bool row_inside = first + r < KH && static_cast<unsigned>(in_y) < static_cast<unsigned>(s.in_height);
      const T* row = data + in_y * s.row;
#pragma unroll
      for (int x = 0; x < kSpan; ++x) {
        const int in_x = x0 * STRIDE - s.pad_x + x;
        const bool inside = row_inside && static_cast<unsigned>(in_x) < static_cast<unsigned>(s.in_width);
        in[r][x] = channels_of<V, WHOLE>(row + in_x * s.pixel, inside, left);
      }
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      if (first + r >= KH) break;
#pragma unroll
      for (int kx = 0; kx < KW; ++kx) {
        const int tap = (first + r) * KW + kx;
        const Pack<T, V> packed =
            held != nullptr ? held[tap] : load_pack<V>(weights + tap * static_cast<long long>(pitch));
#pragma unroll
        for (int o = 0; o < STRIP; ++o)
#pragma unroll
          for (int e = 0; e < V; ++e)
            sum[o][e] = fmaf(to_float(in[r][o * STRIDE + kx * DILATION].at[e]), to_float(packed.at[e]), sum[o][e]);
      }
    }
  }
}

/// One thread: V channels of STRIP neighbouring outputs of a row. `weights`: [KH][KW][pitch], prepared. There are fewer
/// than 2^31 outputs. finish(values, pixel, channel) takes each output's sums.
template <class T, int V, int STRIP, int KH, int KW, int STRIDE, int DILATION, class F>
__device__ __forceinline__ void channels_last(const T* data, const T* weights, int pitch, int channels, int images,
                                              const Shape& s, F finish) {
  const unsigned vectors = (channels + V - 1) / V, strips = (s.out_width + STRIP - 1) / STRIP;
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned rest = i / vectors;
  const int channel = static_cast<int>(i - rest * vectors) * V;
  i = rest / strips;
  const int x0 = static_cast<int>(rest - i * strips) * STRIP;
  rest = i / static_cast<unsigned>(s.out_height);
  const int y = static_cast<int>(i - rest * static_cast<unsigned>(s.out_height)), image = static_cast<int>(rest);
  if (image >= images) return;
  weights += channel;
  constexpr bool kHold = KH * KW <= 9;  // read before the wait, as long as they fit into registers
  Pack<T, V> held[kHold ? KH * KW : 1];
  if constexpr (kHold) {
#pragma unroll
    for (int tap = 0; tap < KH * KW; ++tap) held[tap] = load_pack<V>(weights + tap * static_cast<long long>(pitch));
  }
  wait_for_previous();
  let_next_start();
  const int left = channels - channel;
  data += image * s.image + channel;
  float sum[STRIP][V];
#pragma unroll
  for (int o = 0; o < STRIP; ++o)
#pragma unroll
    for (int e = 0; e < V; ++e) sum[o][e] = 0;
  const Pack<T, V>* ready = kHold ? held : nullptr;
  if (left >= V && product::aligned(data, 16) && s.pixel % V == 0 && s.row % V == 0 && s.image % V == 0)
    add_rows<T, V, STRIP, KH, KW, STRIDE, DILATION, true>(data, weights, pitch, s, y, x0, left, ready, sum);
  else
    add_rows<T, V, STRIP, KH, KW, STRIDE, DILATION, false>(data, weights, pitch, s, y, x0, left, ready, sum);
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
  const unsigned strips = (s.out_height + STRIP - 1) / STRIP, width = s.out_width;
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned rest = i / width;
  const int x = static_cast<int>(i - rest * width);
  const unsigned plane = rest / strips;
  const int y0 = static_cast<int>(rest - plane * strips) * STRIP;
  if (plane >= static_cast<unsigned>(images) * static_cast<unsigned>(channels)) return;
  wait_for_previous();
  let_next_start();
  const T* from = data + static_cast<long long>(plane) * s.image;
  const T* w = weights + static_cast<long long>(plane % static_cast<unsigned>(channels)) * (KH * KW);
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
