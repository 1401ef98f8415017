// Copies short runs of floats without the call and the size tests of memcpy.
#pragma once

#include <cstdint>
#include <cstring>

namespace hone::cpu {

inline void copy_floats(const float* in, int64_t n, float* out) noexcept {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) std::memcpy(out + i, in + i, 64);
  if (i + 8 <= n) {
    std::memcpy(out + i, in + i, 32);
    i += 8;
  }
  if (i + 4 <= n) {
    std::memcpy(out + i, in + i, 16);
    i += 4;
  }
  for (; i < n; ++i) out[i] = in[i];
}

}  // namespace hone::cpu
