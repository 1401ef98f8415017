// Helpers of the kernel tests: run a check once for each instruction set that this processor has, and random data.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "backends/cpu/simd/isa.h"

namespace hone::cpu::testing {

/// Calls f() with the kernels limited to AVX2, then with AVX-512 where the processor has it.
template <class F>
void for_each_target(F&& f) {
  for (Isa target : {Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(target);
    if (isa() != target) continue;
    SCOPED_TRACE(isa_name(target));
    f();
  }
  limit_isa(Isa::kNone);
}

inline std::vector<float> random_floats(size_t n, unsigned seed, float lo = -1, float hi = 1) {
  std::mt19937 gen(seed);
  std::uniform_real_distribution<float> u(lo, hi);
  std::vector<float> v(n);
  for (float& x : v) x = u(gen);
  return v;
}

/// Fails the test once, at the first element that differs by more than `absolute + relative * |expected|`.
template <class A, class B>
void expect_near_all(const A& got, const B& expected, double absolute, double relative = 0) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    const double g = static_cast<double>(got[i]), e = static_cast<double>(expected[i]);
    if (std::isnan(g) && std::isnan(e)) continue;
    if (g == e) continue;
    if (!(std::abs(g - e) <= absolute + relative * std::abs(e))) {
      FAIL() << "element " << i << ": got " << g << ", expected " << e;
    }
  }
}

}  // namespace hone::cpu::testing
