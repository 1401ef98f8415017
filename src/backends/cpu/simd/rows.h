// Functions of whole rows of floats: softmax, layer normalisation. Serial; callers share rows between threads.
#pragma once

#include <cstdint>

namespace hone::cpu {

/// y = softmax(scale * x) (or its logarithm) along each row; in place allowed.
void softmax_rows(const float* x, int64_t x_pitch, float* y, int64_t y_pitch, int64_t rows, int64_t cols, float scale,
                  bool log);
/// The same along the middle axis of [outer, axis, inner], for inner > 1. Blocks of inner elements are independent:
/// does those of [begin, end) out of outer * softmax_column_blocks(inner).
int64_t softmax_column_blocks(int64_t inner);
void softmax_columns(const float* x, float* y, int64_t axis, int64_t inner, int64_t begin, int64_t end, bool log);

struct LayerNorm {
  int64_t cols = 0;
  const float* scale = nullptr;  // [cols] or null
  const float* bias = nullptr;   // [cols] or null
  float epsilon = 1e-5f;
  bool rms = false;  // no mean is subtracted
};
/// y = norm(x + residual) * scale + bias for each row; residual and sum (where x + residual goes) may be null.
void layer_norm_rows(const LayerNorm& n, const float* x, int64_t x_pitch, const float* residual, float* sum, float* y,
                     int64_t y_pitch, int64_t rows);

/// Mean and 1 / sqrt(variance + epsilon) (rms: 0 and 1 / sqrt(mean square + epsilon)) of `count` floats.
void normal_statistics(const float* x, int64_t count, float epsilon, bool rms, float* mean, float* inverse);
/// sums[c] += x[p, c], squares[c] += x[p, c]^2 in double precision over `pixels` rows of `cols` floats.
void column_moments(const float* x, int64_t pitch, int64_t pixels, int64_t cols, double* sums, double* squares);
/// y[p, c] = x[p, c] * a[c] + b[c].
void scale_shift_rows(const float* x, int64_t x_pitch, const float* a, const float* b, float* y, int64_t y_pitch,
                      int64_t rows, int64_t cols);
/// y[i] = x[i] * a + b.
void scale_shift(const float* x, float a, float b, float* y, int64_t n);

}  // namespace hone::cpu
