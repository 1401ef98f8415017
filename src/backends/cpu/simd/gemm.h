// Single-precision matrix product with constant or variable B and a fused epilogue; with ConvRows as A it is also the
// general channels-last convolution. Threads split C in two dimensions; nothing here allocates.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/conv_rows.h"
#include "backends/cpu/simd/epilogue.h"
#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

/// Floats that B (k x n) takes in the panel format of an instruction set.
int64_t packed_b_size(Isa isa, int64_t k, int64_t n) noexcept;

/// Packs B for gemm(); `b` is k x n with row pitch ldb, or n x k where `transposed`. `out` is best 64-byte aligned.
void pack_b(Isa isa, int64_t k, int64_t n, const float* b, int64_t ldb, bool transposed, float* out) noexcept;

/// C[m, n] = epilogue(A[m, k] B[k, n]).
struct Gemm {
  int64_t m = 0, n = 0, k = 0;
  const float* a = nullptr;  // m x k, row pitch lda
  int64_t lda = 0;
  const ConvRows* rows = nullptr;  // where set, A's rows are convolution windows and a, lda are unused
  const float* b = nullptr;        // packed by pack_b for the same instruction set
  float* c = nullptr;
  int64_t ldc = 0;
  const Epilogue* epilogue = nullptr;  // null: plain product
  int64_t epilogue_row0 = 0;           // the row number that the epilogue's operands give to row 0
  const float* a_factors = nullptr;    // where set, column i of A counts a_factors[i] times; not with rows
};

/// Runs on the calling thread's team. k may be 0 (the product is then zero).
void gemm(Isa isa, const Gemm& g) noexcept;

/// As gemm(), on the calling thread alone.
void gemm_serial(Isa isa, const Gemm& g) noexcept;

/// Products of a batch with B not constant: item i multiplies a + offset_a(i) with b + offset_b(i), packing B on the
/// way. Attention and other activation-by-activation products.
struct BatchedGemm {
  int64_t batch = 1;
  int64_t m = 0, n = 0, k = 0;
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
  int64_t lda = 0, ldb = 0, ldc = 0;
  bool transposed_b = false;  // b is n x k
  /// Offsets in floats of item i: (i / inner) * outer stride + (i % inner) * inner stride, as in [batch, heads].
  int64_t inner = 1;
  int64_t a_outer = 0, a_inner = 0, b_outer = 0, b_inner = 0, c_outer = 0, c_inner = 0;
  /// Where set, the offset of each item instead.
  const int64_t* a_offsets = nullptr;
  const int64_t* b_offsets = nullptr;
  const Epilogue* epilogue = nullptr;  // its operands number the rows item * m + r
};

/// Bytes of workspace for `threads` threads.
int64_t batched_gemm_workspace(Isa isa, const BatchedGemm& g, int threads) noexcept;
void batched_gemm(Isa isa, const BatchedGemm& g, void* workspace) noexcept;

}  // namespace hone::cpu
