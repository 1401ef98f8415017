// Runs of brain floats (bf16) to floats and back, rounded to the nearest and ties to even. Kernels that compute in FP32
// read and write tensors that are stored in bf16 through these.
#pragma once

#include <cstdint>

#include "base/half.h"

namespace hone::cpu {

void widen_floats(const bfloat16* x, float* y, int64_t n) noexcept;
void narrow_floats(const float* x, bfloat16* y, int64_t n) noexcept;

}  // namespace hone::cpu
