// Products of a batch with B packed on the way: each thread packs the B it needs into its own part of the workspace.
#include <algorithm>

#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/simd/gemm_kernels.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

/// Floats of workspace a thread needs, rounded to whole cache lines.
int64_t per_thread(Isa isa, const BatchedGemm& g) noexcept { return (packed_b_size(isa, g.k, g.n) + 15) / 16 * 16; }

void run_part(Isa isa, const BatchedGemm& g, int64_t item, int64_t row0, int64_t row1, const float* packed) noexcept {
  const int64_t outer = item / g.inner, inner = item % g.inner;
  Gemm one;
  one.m = row1 - row0, one.n = g.n, one.k = g.k;
  one.a = g.a + (g.a_offsets != nullptr ? g.a_offsets[item] : outer * g.a_outer + inner * g.a_inner) + row0 * g.lda;
  one.lda = g.lda;
  one.b = packed;
  one.c = g.c + outer * g.c_outer + inner * g.c_inner + row0 * g.ldc;
  one.ldc = g.ldc;
  one.epilogue = g.epilogue;
  one.epilogue_row0 = item * g.m + row0;
  gemm_serial(isa, one);
}

}  // namespace

int64_t batched_gemm_workspace(Isa isa, const BatchedGemm& g, int threads) noexcept {
  return per_thread(isa, g) * std::max(1, threads) * static_cast<int64_t>(sizeof(float));
}

void batched_gemm(Isa isa, const BatchedGemm& g, void* workspace) noexcept {
  if (g.batch <= 0 || g.m <= 0 || g.n <= 0) return;
  // Enough parts for every thread; parts of one item share no packed B, so items are split only when they are few.
  const int64_t threads = num_threads();
  const int64_t most = std::max<int64_t>(1, g.m / gemm_kernels(isa).rows);
  const int64_t splits = std::min(most, (threads + g.batch - 1) / g.batch), parts = g.batch * splits;
  parallel(
      [&](int thread, int count) {
        float* packed = static_cast<float*>(workspace) + thread * per_thread(isa, g);
        int64_t packed_item = -1;
        for (int64_t i = part_begin(parts, thread, count); i < part_begin(parts, thread + 1, count); ++i) {
          const int64_t item = i / splits, part = i % splits;
          if (item != packed_item) {
            const float* b = g.b + (g.b_offsets != nullptr ? g.b_offsets[item]
                                                           : item / g.inner * g.b_outer + item % g.inner * g.b_inner);
            pack_b(isa, g.k, g.n, b, g.ldb, g.transposed_b, packed);
            packed_item = item;
          }
          run_part(isa, g, item, part_begin(g.m, part, splits), part_begin(g.m, part + 1, splits), packed);
        }
      },
      parts);
}

}  // namespace hone::cpu
