// Two-dimensional transposes of 4-byte elements in registers, the base of layout changes and of packing.
#pragma once

#include <cstdint>

namespace hone::cpu {

/// y[j * y_pitch + i] = x[i * x_pitch + j] for i < rows, j < cols. Serial; no overlap.
void transpose_words(const uint32_t* x, int64_t x_pitch, uint32_t* y, int64_t y_pitch, int64_t rows, int64_t cols);

}  // namespace hone::cpu
