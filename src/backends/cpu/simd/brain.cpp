// Conversions of runs, once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/brain.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/simd/brain-inl.h"
#include "backends/cpu/simd/brain.h"
#include "backends/cpu/simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

template <class From, class To>
void convert(const From* x, To* y, int64_t n) {
  const hn::ScalableTag<float> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store_floats(d, load_floats(d, x + i), y + i);
  if (i < n) store_first(d, load_first(d, x + i, n - i), y + i, n - i);
}
void widen(const bfloat16* x, float* y, int64_t n) { convert(x, y, n); }
void narrow(const float* x, bfloat16* y, int64_t n) { convert(x, y, n); }

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
void widen_floats(const bfloat16* x, float* y, int64_t n) noexcept { HONE_CPU_DISPATCH(widen)(x, y, n); }
void narrow_floats(const float* x, bfloat16* y, int64_t n) noexcept { HONE_CPU_DISPATCH(narrow)(x, y, n); }
}  // namespace hone::cpu
#endif
