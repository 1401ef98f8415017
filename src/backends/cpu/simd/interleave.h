// Turns a line of a planar image (channel by channel) into a line of pixels.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace hone::cpu {

/// out[x * channels + c] = in[c * plane + x] for `pixels` pixels.
inline void interleave_line(const float* in, int64_t plane, int64_t channels, int64_t pixels, float* out) noexcept {
  int64_t x = 0;
  if (channels == 3 || channels == 4) {
    // Four pixels at a time as a 4 x 4 transpose; with three channels each store spills one float into the next pixel,
    // which comes later, so that the last four pixels are left to the loop below.
    for (; x + (channels == 4 ? 4 : 8) <= pixels; x += 4) {
      __m128 a = _mm_loadu_ps(in + x), b = _mm_loadu_ps(in + plane + x), c = _mm_loadu_ps(in + 2 * plane + x);
      __m128 d = channels == 4 ? _mm_loadu_ps(in + 3 * plane + x) : _mm_setzero_ps();
      _MM_TRANSPOSE4_PS(a, b, c, d);
      float* o = out + x * channels;
      _mm_storeu_ps(o, a);
      _mm_storeu_ps(o + channels, b);
      _mm_storeu_ps(o + 2 * channels, c);
      _mm_storeu_ps(o + 3 * channels, d);
    }
  }
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = x; i < pixels; ++i) out[i * channels + c] = in[c * plane + i];
}

}  // namespace hone::cpu
