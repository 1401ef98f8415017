// Convolutions and transposed convolutions by their definition: one output a thread, any strides in memory. The road of
// last resort; consecutive threads take consecutive outputs in memory.
#pragma once

#include "product.cuh"

namespace direct {

struct Shape {
  int groups, group_in, group_out;
  product::Windows windows;  // of the input; channels unused
};

/// finish(values, output pixel with image, output channel). CHANNELS_LAST: order of the outputs among threads. Weights:
/// [groups * group_out][group_in][taps], for transposed convolutions [groups * group_in][group_out][taps].
template <class T, bool TRANSPOSED, bool CHANNELS_LAST, class F>
__device__ __forceinline__ void run(const T* data, const T* weights, int images, const Shape& s, F finish) {
  wait_for_previous();
  let_next_start();
  const product::Windows& w = s.windows;
  const int channels = s.groups * s.group_out, pixels = w.out[0] * w.out[1] * w.out[2];
  long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= static_cast<long long>(images) * channels * pixels) return;
  int image, channel, pixel;
  if (CHANNELS_LAST) {
    channel = static_cast<int>(i % channels);
    i /= channels;
    pixel = static_cast<int>(i % pixels), image = static_cast<int>(i / pixels);
  } else {
    pixel = static_cast<int>(i % pixels);
    i /= pixels;
    channel = static_cast<int>(i % channels), image = static_cast<int>(i / channels);
  }
  const int at[3] = {pixel / (w.out[1] * w.out[2]), pixel / w.out[2] % w.out[1], pixel % w.out[2]};
  const int taps = w.kernel[0] * w.kernel[1] * w.kernel[2], group = channel / s.group_out;
  const T* first =
      data + static_cast<long long>(image) * w.image + static_cast<long long>(group) * s.group_in * w.channel_step;
  const T* weight =
      TRANSPOSED ? weights + (static_cast<long long>(group) * s.group_in * s.group_out + channel % s.group_out) * taps
                 : weights + static_cast<long long>(channel) * s.group_in * taps;
  const long long weight_step = TRANSPOSED ? static_cast<long long>(s.group_out) * taps : taps;
  float sum[1] = {0};
  for (int tap = 0; tap < taps; ++tap) {
    const int position[3] = {tap / (w.kernel[1] * w.kernel[2]), tap / w.kernel[2] % w.kernel[1], tap % w.kernel[2]};
    long long offset = 0;
    bool valid = true;
#pragma unroll
    for (int a = 0; a < 3; ++a) {
      int in;
      if (TRANSPOSED) {
        const int spread = at[a] + w.pad[a] - position[a] * w.dilation[a];
        in = spread / w.stride[a];
        valid = valid && spread >= 0 && in * w.stride[a] == spread;
      } else {
        in = at[a] * w.stride[a] - w.pad[a] + position[a] * w.dilation[a];
      }
      valid = valid && static_cast<unsigned>(in) < static_cast<unsigned>(w.in[a]);
      offset += static_cast<long long>(in) * w.axis[a];
    }
    if (!valid) continue;
    const T* from = first + offset;
#pragma unroll 4
    for (int c = 0; c < s.group_in; ++c)
      sum[0] = fmaf(to_float(from[static_cast<long long>(c) * w.channel_step]), to_float(weight[c * weight_step + tap]),
                    sum[0]);
  }
  finish(sum, image * pixels + pixel, channel, 1);
}

}  // namespace direct
