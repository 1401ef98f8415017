// Vectors of floats from and to memory that holds floats or brain floats. Included once per instruction set.
#include "base/half.h"

#if defined(HONE_CPU_BRAIN_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_CPU_BRAIN_INL
#undef HONE_CPU_BRAIN_INL
#else
#define HONE_CPU_BRAIN_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Bits of the nearest brain float, ties to even, in the low halves; NaN stays NaN.
template <class DU>
HWY_INLINE hn::Vec<DU> brain_bits(DU du, hn::Vec<DU> u) {
  const auto odd = hn::And(hn::ShiftRight<16>(u), hn::Set(du, 1u));
  const auto rounded = hn::ShiftRight<16>(hn::Add(u, hn::Add(odd, hn::Set(du, 0x7fffu))));
  const hn::RebindToFloat<DU> df;
  const auto nan = hn::RebindMask(du, hn::IsNaN(hn::BitCast(df, u)));
  return hn::IfThenElse(nan, hn::Or(hn::ShiftRight<16>(u), hn::Set(du, 0x40u)), rounded);
}

template <class D>
HWY_INLINE hn::Vec<D> load_floats(D d, const float* p) {
  return hn::LoadU(d, p);
}
template <class D>
HWY_INLINE hn::Vec<D> load_floats(D d, const bfloat16* p) {
  const hn::Rebind<uint16_t, D> dh;
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(du, hn::LoadU(dh, reinterpret_cast<const uint16_t*>(p)))));
}
template <class D>
HWY_INLINE void store_floats(D d, hn::Vec<D> v, float* p) {
  hn::StoreU(v, d, p);
}
template <class D>
HWY_INLINE void store_floats(D, hn::Vec<D> v, bfloat16* p) {
  const hn::Rebind<uint16_t, D> dh;
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  // The bits are below 2^16, so that the conversion with saturation keeps them.
  hn::StoreU(hn::DemoteTo(dh, hn::BitCast(di, brain_bits(du, hn::BitCast(du, v)))), dh, reinterpret_cast<uint16_t*>(p));
}

/// The first n < lanes of a vector; the others are `fill`.
template <class D>
HWY_INLINE hn::Vec<D> load_first(D d, const float* p, int64_t n, float fill = 0) {
  const auto mask = hn::FirstN(d, static_cast<size_t>(n));
  return hn::IfThenElse(mask, hn::MaskedLoad(mask, d, p), hn::Set(d, fill));
}
template <class D>
HWY_INLINE hn::Vec<D> load_first(D d, const bfloat16* p, int64_t n, float fill = 0) {
  bfloat16 part[hn::MaxLanes(D())] = {};
  for (int64_t i = 0; i < n; ++i) part[i] = p[i];
  return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(n)), load_floats(d, part), hn::Set(d, fill));
}
template <class D>
HWY_INLINE void store_first(D d, hn::Vec<D> v, float* p, int64_t n) {
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, p);
}
template <class D>
HWY_INLINE void store_first(D d, hn::Vec<D> v, bfloat16* p, int64_t n) {
  bfloat16 part[hn::MaxLanes(D())];
  store_floats(d, v, part);
  for (int64_t i = 0; i < n; ++i) p[i] = part[i];
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
