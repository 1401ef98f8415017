// Independent chains of fused multiply-adds in registers, timed.
#include "peak.h"

#include <immintrin.h>

#include <algorithm>
#include <chrono>

namespace hone::bench {
namespace {

constexpr int64_t kSteps = 1000000;

__attribute__((target("avx512f"))) float chains_avx512() {
  __m512 a[16];
  const __m512 x = _mm512_set1_ps(0.9999f), y = _mm512_set1_ps(1e-5f);
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) a[i] = _mm512_set1_ps(static_cast<float>(i));
  for (int64_t n = 0; n < kSteps; ++n) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) a[i] = _mm512_fmadd_ps(a[i], x, y);
  }
  float sum = 0;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) sum += a[i][0];
  return sum;
}

__attribute__((target("avx2,fma"))) float chains_avx2() {
  __m256 a[12];
  const __m256 x = _mm256_set1_ps(0.9999f), y = _mm256_set1_ps(1e-5f);
#pragma GCC unroll 12
  for (int i = 0; i < 12; ++i) a[i] = _mm256_set1_ps(static_cast<float>(i));
  for (int64_t n = 0; n < kSteps; ++n) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) a[i] = _mm256_fmadd_ps(a[i], x, y);
  }
  float sum = 0;
#pragma GCC unroll 12
  for (int i = 0; i < 12; ++i) sum += a[i][0];
  return sum;
}

}  // namespace

double peak_gflops(cpu::Isa isa) {
  static double known[3] = {};
  double& best = known[static_cast<int>(isa)];
  if (best > 0) return best;
  for (int run = 0; run < 20; ++run) {
    const auto start = std::chrono::steady_clock::now();
    volatile float sink = isa == cpu::Isa::kAvx512 ? chains_avx512() : chains_avx2();
    (void)sink;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double flops = static_cast<double>(kSteps) * (isa == cpu::Isa::kAvx512 ? 16 * 32 : 12 * 16);
    best = std::max(best, flops / seconds * 1e-9);
  }
  return best;
}

}  // namespace hone::bench
