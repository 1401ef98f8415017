// First convolutions of vision networks: planar images of up to four channels to channels-last ones on tensor cores.
// The part of the image that a block needs lies in shared memory once, pixel by pixel with four channels each, and
// windows are read out of it where they lie, overlapping.
#pragma once

#include "product.cuh"

namespace few_channels {

/// A block computes `rows` rows of `width` neighbouring outputs, as far as they are there.
struct Shape {
  int in_height, in_width, out_height, out_width, pad_y, pad_x;
  int rows, width, row_blocks, column_blocks, channels;  // channels of the output
};

/// C channels, a kernel of KH x KW, strides SY and SX, BN output channels of a block. K runs over the kernel's rows,
/// and within them over columns, rounded up to four, of four channels.
template <class T, int BN, int C, int KH, int KW, int SY, int SX>
class Stem : public product::TensorCores<T, 128, BN, 2, 4, 1, true, true> {
  using Base = product::TensorCores<T, 128, BN, 2, 4, 1, true, true>;

 public:
  static constexpr int kColumns = (KW + 3) / 4 * 4, kDepth = KH * kColumns * 4;
  static constexpr int kPitch = kDepth + 8;  // of weights in shared memory, so that rows begin in different banks
  static constexpr int kWeightBytes = BN * kPitch * 2, kStageBytes = Base::kPassRows * (BN + 8) * 4;

  /// `weights`: [channels rounded up to BN][kDepth], prepared. finish(values, row, column, n) takes vectors of V sums.
  template <int V, class F>
  static __device__ __forceinline__ void run(const T* data, const T* weights, const Shape& s, char* shared, F finish) {
    char* held = shared + kStageBytes;
    T* patch = reinterpret_cast<T*>(held + kWeightBytes);
    const int first_channel = static_cast<int>(blockIdx.y) * BN;
    for (int i = threadIdx.x; i < BN * (kDepth / 8); i += Base::kThreads) {
      const int row = i / (kDepth / 8), chunk = i % (kDepth / 8);
      mma::copy_async16(held, (row * kPitch + chunk * 8) * 2,
                        weights + static_cast<long long>(first_channel + row) * kDepth + chunk * 8, true);
    }
    mma::commit_copies();
    int block = static_cast<int>(blockIdx.x);
    const int x0 = block % s.column_blocks * s.width;
    block /= s.column_blocks;
    const int y0 = block % s.row_blocks * s.rows, image = block / s.row_blocks;
    const int patch_width = patch_columns(s.width), patch_rows = (s.rows - 1) * SY + KH;
    const int left_edge = x0 * SX - s.pad_x;
    // Whole vectors of a row can be asked for where rows begin at them; the patch then begins left of the first window.
    const bool vectors = s.in_width % 8 == 0 && product::aligned(data, 16);
    const int shift = vectors ? left_edge & 7 : 0;
    wait_for_previous();
    let_next_start();
    const long long plane = static_cast<long long>(s.in_height) * s.in_width;
    data += image * C * plane;
    const int top = y0 * SY - s.pad_y;
    if (vectors)
      fill_by_vectors(patch, data, s, top, left_edge - shift, patch_rows, patch_width / 8, plane);
    else
      fill(patch, data, s, top, left_edge, patch_rows, patch_width, plane);
    mma::wait_copies<0>();
    __syncthreads();
    const int outputs = s.rows * s.width;
    for (int tile = 0; tile < outputs; tile += 128) {
      Stem sums;
      sums.multiply_windows(patch + shift * 4, patch_width, held, tile, outputs, s.width);
      product::hand_out<128, BN, V>(sums, shared, [&](const float(&v)[V], int r, int c) {
        const int at = tile + r, y = at / s.width, x = at - y * s.width, left = s.channels - first_channel - c;
        if (at >= outputs || y0 + y >= s.out_height || x0 + x >= s.out_width || left <= 0) return;
        finish(v, (image * s.out_height + y0 + y) * s.out_width + x0 + x, first_channel + c, left < V ? left : V);
      });
    }
  }

  /// Columns of a patch for `width` outputs: with up to seven more on the left, in whole vectors.
  static __device__ __forceinline__ int patch_columns(int width) {
    return ((width - 1) * SX + kColumns + 7 + 7) / 8 * 8;
  }

 private:
  /// Pixel by pixel.
  static __device__ __forceinline__ void fill(T* patch, const T* data, const Shape& s, int top, int left, int rows,
                                              int columns, long long plane) {
#pragma unroll 4
    for (int i = threadIdx.x; i < rows * columns; i += Base::kThreads) {
      const int r = i / columns, x = left + i - r * columns, y = top + r;
      Pack<T, 4> pixel;
#pragma unroll
      for (int c = 0; c < 4; ++c) pixel.at[c] = from_float<T>(0);
      if (static_cast<unsigned>(y) < static_cast<unsigned>(s.in_height) &&
          static_cast<unsigned>(x) < static_cast<unsigned>(s.in_width)) {
        const T* from = data + static_cast<long long>(y) * s.in_width + x;
#pragma unroll
        for (int c = 0; c < C; ++c) pixel.at[c] = from[c * plane];
      }
      store_pack<4>(patch + i * 4, pixel);
    }
  }
  /// Eight pixels of a row at a time, which lie inside or outside together.
  static __device__ __forceinline__ void fill_by_vectors(T* patch, const T* data, const Shape& s, int top, int left,
                                                         int rows, int columns, long long plane) {
#pragma unroll 2
    for (int i = threadIdx.x; i < rows * columns; i += Base::kThreads) {
      const int r = i / columns, x = left + (i - r * columns) * 8, y = top + r;
      Pack<T, 8> channel[4];
      const bool inside = static_cast<unsigned>(y) < static_cast<unsigned>(s.in_height) &&
                          static_cast<unsigned>(x) < static_cast<unsigned>(s.in_width);
      const T* from = data + static_cast<long long>(y) * s.in_width + x;
#pragma unroll
      for (int c = 0; c < 4; ++c) {
#pragma unroll
        for (int e = 0; e < 8; ++e) channel[c].at[e] = from_float<T>(0);
        if (c < C && inside) channel[c] = load_pack<8>(from + c * plane);
      }
#pragma unroll
      for (int e = 0; e < 8; e += 2) {
        Pack<T, 8> two;
#pragma unroll
        for (int c = 0; c < 4; ++c) two.at[c] = channel[c].at[e], two.at[c + 4] = channel[c].at[e + 1];
        store_pack<8>(patch + i * 32 + e * 4, two);
      }
    }
  }
  __device__ __forceinline__ void multiply_windows(const T* patch, int patch_width, const char* weights, int tile,
                                                   int outputs, int width) {
    this->clear();
    const int lane = mma::lane(), warp = static_cast<int>(threadIdx.x) / 32, g = lane / 4, t = lane % 4;
    const T* window[2][2];
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        int at = tile + warp * 32 + i * 16 + half * 8 + g;
        at = at < outputs ? at : outputs - 1;
        const int y = at / width, x = at - y * width;
        window[i][half] = patch + (y * SY * patch_width + x * SX) * 4 + t * 2;
      }
    const char* row = weights + ((lane % 8 + lane / 16 * 8) * kPitch + lane / 8 % 2 * 8) * 2;
#pragma unroll 1
    for (int ky = 0; ky < KH; ++ky) {
#pragma unroll
      for (int step = 0; step < kColumns / 4; ++step) {
        unsigned a[2][4], b[BN / 16][4];
        const int at = (ky * patch_width + step * 4) * 4;
#pragma unroll
        for (int i = 0; i < 2; ++i)
#pragma unroll
          for (int e = 0; e < 4; ++e) a[i][e] = *reinterpret_cast<const unsigned*>(window[i][e % 2] + at + e / 2 * 8);
#pragma unroll
        for (int j = 0; j < BN / 16; ++j)
          mma::load_matrices(b[j], row + (j * 16 * kPitch + (ky * (kColumns / 4) + step) * 16) * 2);
#pragma unroll
        for (int i = 0; i < 2; ++i)
#pragma unroll
          for (int j = 0; j < BN / 8; ++j)
            mma::multiply_add<Base::kKind>(this->sum_[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
      }
    }
  }
};

}  // namespace few_channels
