// Element-wise functions that SIMD kernels apply to their results while these are still in registers.
#pragma once

#include <cstdint>

namespace hone::cpu {

enum class ActKind : uint8_t {
  kNone,
  kRelu,
  kClip,         // min(max(x, alpha), beta)
  kLeakyRelu,    // x < 0 ? alpha * x : x
  kSigmoid,      //
  kSilu,         // x * sigmoid(x)
  kHardSigmoid,  // min(max(alpha * x + beta, 0), 1)
  kHardSwish,    // x * min(max(x / 6 + 0.5, 0), 1)
  kTanh,         //
  kGelu,         // x * (1 + erf(x / sqrt 2)) / 2
  kGeluTanh,     // the usual tanh approximation of it
};

struct Activation {
  ActKind kind = ActKind::kNone;
  float alpha = 0, beta = 0;
};

}  // namespace hone::cpu
