// The tables of matrix product kernels, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/gemm_kernels.cpp"
#include "backends/cpu/simd/gemm_kernels.h"

#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <utility>

#include "backends/cpu/simd/epilogue-inl.h"
#include "backends/cpu/simd/gemm_tile-inl.h"
#include "backends/cpu/simd/transpose8.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
// Two vectors wide: 14 x 2 of the 32 registers of AVX-512 and 6 x 2 of the 16 of AVX2 hold C, the others A and B.
constexpr int kRows = kLanes == 16 ? 14 : 6;

inline void copy_rows(const float* b, int64_t ldb, int64_t k, int64_t cols, int width, float* panel) {
  for (int64_t i = 0; i < k; ++i, b += ldb, panel += width) {
    for (int64_t j = 0; j < cols; ++j) panel[j] = b[j];
    for (int64_t j = cols; j < width; ++j) panel[j] = 0;
  }
}

/// Blocks of 8 x 8 through registers, the rest by element.
inline void transpose_columns(const float* b, int64_t ldb, int64_t k, int64_t cols, int width, float* panel) {
  const int64_t whole_k = k / 8 * 8, whole_cols = cols / 8 * 8;
  for (int64_t j = 0; j < whole_cols; j += 8)
    for (int64_t i = 0; i < whole_k; i += 8) transpose_8x8(b + j * ldb + i, ldb, panel + i * width + j, width);
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = i < whole_k ? whole_cols : 0; j < cols; ++j) panel[i * width + j] = b[j * ldb + i];
    for (int64_t j = cols; j < width; ++j) panel[i * width + j] = 0;
  }
}

inline void pack_panel(const float* b, int64_t ldb, bool transposed, int64_t k, int64_t col0, int64_t cols, int width,
                       float* panel) {
  if (transposed)
    transpose_columns(b + col0 * ldb, ldb, k, cols, width, panel);
  else
    copy_rows(b + col0, ldb, k, cols, width, panel);
}

inline void scale_rows(const float* x, int64_t x_pitch, const float* factors, int64_t rows, int64_t cols, float* y,
                       int64_t y_pitch) {
  const hn::ScalableTag<float> d;
  for (int64_t r = 0; r < rows; ++r, x += x_pitch, y += y_pitch) {
    int64_t i = 0;
    for (; i + kLanes <= cols; i += kLanes)
      hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::LoadU(d, factors + i)), d, y + i);
    for (; i < cols; ++i) y[i] = x[i] * factors[i];
  }
}

template <int... kRow>
GemmKernels make_table(std::integer_sequence<int, kRow...>) {
  GemmKernels table{kRows, kLanes, {}, {}, apply_steps, scale_rows, pack_panel};
  ((table.tile[kRow][0] = tile_kernel<kRow + 1, 1>, table.tile[kRow][1] = tile_kernel<kRow + 1, 2>), ...);
#if HWY_TARGET == HWY_AVX2
  table.wide[0] = wide_kernel<1>, table.wide[1] = wide_kernel<2>;
  table.wide[2] = wide_kernel<3>, table.wide[3] = wide_kernel<4>;
#endif
  return table;
}

const GemmKernels& kernels() {
  static const GemmKernels table = make_table(std::make_integer_sequence<int, kRows>());
  return table;
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {

const GemmKernels& gemm_kernels(Isa isa) noexcept {
  return isa == Isa::kAvx512 ? N_AVX3::kernels() : N_AVX2::kernels();
}

}  // namespace hone::cpu
#endif
