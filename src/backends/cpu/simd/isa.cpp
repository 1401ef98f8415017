// Detection of the instruction set through Highway's run-time check.
#include "backends/cpu/simd/isa.h"

#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

namespace hone::cpu {
namespace {

std::atomic<Isa> g_limit{Isa::kNone};

Isa environment_limit() noexcept {
  const char* value = std::getenv("HONE_CPU_ISA");
  return value != nullptr && std::strcmp(value, "avx2") == 0 ? Isa::kAvx2 : Isa::kAvx512;
}

}  // namespace

Isa detected_isa() noexcept {
  static const Isa found = [] {
    const auto targets = hwy::SupportedTargets();
    if ((targets & HWY_AVX3) != 0) return Isa::kAvx512;
    return (targets & HWY_AVX2) != 0 ? Isa::kAvx2 : Isa::kNone;
  }();
  return found;
}

Isa isa() noexcept {
  static const Isa base = std::min(detected_isa(), environment_limit());
  const Isa limit = g_limit.load(std::memory_order_relaxed);
  return limit == Isa::kNone ? base : std::min(base, limit);
}

void limit_isa(Isa most) noexcept { g_limit.store(most, std::memory_order_relaxed); }

const char* isa_name(Isa isa) noexcept {
  switch (isa) {
    case Isa::kAvx512:
      return "AVX-512";
    case Isa::kAvx2:
      return "AVX2";
    default:
      return "none";
  }
}

}  // namespace hone::cpu
