// Compile-time loops for Highway code: the index is a constant, so that arrays of vectors become registers.
#if defined(HONE_CPU_SIMD_UNROLL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_CPU_SIMD_UNROLL_INL
#undef HONE_CPU_SIMD_UNROLL_INL
#else
#define HONE_CPU_SIMD_UNROLL_INL
#endif

#include <type_traits>
#include <utility>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

/// Marks the body of a lambda given to unroll().
#undef HONE_KEEP_IN_REGISTER
#undef HONE_INLINE_LAMBDA
/// Stops the compiler from loading a vector again at each of its uses.
#define HONE_KEEP_IN_REGISTER(vector) asm("" : "+v"((vector).raw))
#define HONE_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))

template <class F, int... kI>
HWY_INLINE void unroll_indices(std::integer_sequence<int, kI...>, F&& f) {
  (f(std::integral_constant<int, kI>{}), ...);
}

/// f(0) ... f(kN - 1), each index an integral_constant.
template <int kN, class F>
HWY_INLINE void unroll(F&& f) {
  unroll_indices(std::make_integer_sequence<int, kN>{}, f);
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
