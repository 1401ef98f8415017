// The vector loops of pointwise programs, once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/pointwise_loops.cpp"
#include "backends/cpu/simd/targets.h"
// targets.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/simd/activation-inl.h"
#include "backends/cpu/simd/brain-inl.h"
#include "backends/cpu/simd/brain.h"
#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/simd/pointwise.h"
#include "backends/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::cpu::HWY_NAMESPACE {

using DF = hn::ScalableTag<float>;
using DI = hn::ScalableTag<int32_t>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;
constexpr int64_t kVector = hn::MaxLanes(DF());

template <class D>
HWY_INLINE hn::Vec<D> load_part(D d, const void* p, int64_t i, int64_t n) {
  const auto* q = static_cast<const hn::TFromD<D>*>(p) + i;
  return n >= kVector ? hn::LoadU(d, q) : hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, q);
}
template <class D>
HWY_INLINE void store_part(D d, hn::Vec<D> v, void* p, int64_t i, int64_t n) {
  auto* q = static_cast<hn::TFromD<D>*>(p) + i;
  if (n >= kVector)
    hn::StoreU(v, d, q);
  else
    hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, q);
}
HWY_INLINE VI as_bool(hn::Mask<DF> m) { return hn::IfThenElseZero(hn::RebindMask(DI(), m), hn::Set(DI(), 1)); }

// The three shapes of loops: kOut and kIn are tags (float or int32 lanes).
template <class DO, class DA, class F>
HWY_INLINE void map1(const PwCall& c, F f) {
  for (int64_t i = 0; i < c.n; i += kVector)
    store_part(DO(), f(load_part(DA(), c.in[0], i, c.n - i)), c.out, i, c.n - i);
}
template <class DO, class DA, class F>
HWY_INLINE void map2(const PwCall& c, F f) {
  for (int64_t i = 0; i < c.n; i += kVector) {
    const int64_t n = c.n - i;
    store_part(DO(), f(load_part(DA(), c.in[0], i, n), load_part(DA(), c.in[1], i, n)), c.out, i, n);
  }
}
template <class DO, class DA, class DB, class F>
HWY_INLINE void map3(const PwCall& c, F f) {
  for (int64_t i = 0; i < c.n; i += kVector) {
    const int64_t n = c.n - i;
    store_part(DO(), f(load_part(DA(), c.in[0], i, n), load_part(DB(), c.in[1], i, n), load_part(DB(), c.in[2], i, n)),
               c.out, i, n);
  }
}

HWY_INLINE VF set(float x) { return hn::Set(DF(), x); }
HWY_INLINE VF vmin_nan(VF x, VF y) { return hn::IfThenElse(hn::IsNaN(x), x, hn::Min(x, y)); }
HWY_INLINE VF vmax_nan(VF x, VF y) { return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, y)); }
HWY_INLINE hn::Mask<DF> negative(VF x) { return hn::Lt(x, hn::Zero(DF())); }

// One function with the loop for each float function that has a vector form: name, then the expression in x (y, z).
#define HONE_FLOAT1(name, ...)                                             \
  void float_##name(const PwCall& c) {                                     \
    [[maybe_unused]] const VF a = set(c.alpha), b = set(c.beta);           \
    [[maybe_unused]] const DF d;                                           \
    map1<DF, DF>(c, [&](VF x) HONE_INLINE_LAMBDA { return __VA_ARGS__; }); \
  }
#define HONE_FLOAT2(name, ...)                                                   \
  void float_##name(const PwCall& c) {                                           \
    map2<DF, DF>(c, [&](VF x, VF y) HONE_INLINE_LAMBDA { return __VA_ARGS__; }); \
  }
#define HONE_PREDICATE2(name, ...)                                                        \
  void float_##name(const PwCall& c) {                                                    \
    map2<DI, DF>(c, [&](VF x, VF y) HONE_INLINE_LAMBDA { return as_bool(__VA_ARGS__); }); \
  }
HONE_FLOAT1(Identity, x)
HONE_FLOAT1(Abs, hn::Abs(x))
HONE_FLOAT1(Neg, hn::Neg(x))
HONE_FLOAT1(Exp, vexp(d, x))
HONE_FLOAT1(Log, vlog(d, x))
HONE_FLOAT1(Sqrt, hn::Sqrt(x))
HONE_FLOAT1(Rsqrt, hn::Div(set(1), hn::Sqrt(x)))
HONE_FLOAT1(Recip, hn::Div(set(1), x))
HONE_FLOAT1(Square, hn::Mul(x, x))
HONE_FLOAT1(Sin, vsin(d, x))
HONE_FLOAT1(Cos, vcos(d, x))
HONE_FLOAT1(Tanh, vtanh(d, x))
HONE_FLOAT1(Erf, verf(d, x))
HONE_FLOAT1(Ceil, hn::Ceil(x))
HONE_FLOAT1(Floor, hn::Floor(x))
HONE_FLOAT1(Round, hn::Round(x))
HONE_FLOAT1(Trunc, hn::Trunc(x))
HONE_FLOAT1(Sign, hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Eq(x, hn::Zero(d))), x, hn::CopySign(set(1), x)))
HONE_FLOAT1(Relu, hn::Max(hn::Zero(d), x))
HONE_FLOAT1(Sigmoid, times_sigmoid(d, hn::Set(d, 1.0f), x))
HONE_FLOAT1(LeakyRelu, hn::IfThenElse(negative(x), hn::Mul(a, x), x))
HONE_FLOAT1(Elu, hn::IfThenElse(negative(x), hn::Mul(a, vexpm1(d, x)), x))
HONE_FLOAT1(Selu, hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Mul(b, x), hn::Mul(b, hn::Mul(a, vexpm1(d, x)))))
HONE_FLOAT1(Celu, hn::IfThenElse(negative(x), hn::Mul(a, vexpm1(d, hn::Div(x, a))), x))
HONE_FLOAT1(Softsign, hn::Div(x, hn::Add(set(1), hn::Abs(x))))
HONE_FLOAT1(Softplus, hn::Mul(a, vsoftplus(d, hn::Mul(b, x))))
HONE_FLOAT1(Clip, clamp_keep_nan(d, x, c.alpha, c.beta))
HONE_FLOAT1(HardSigmoid, clamp_keep_nan(d, hn::MulAdd(a, x, b), 0, 1))
HONE_FLOAT1(HardSwish, hn::Mul(x, clamp_keep_nan(d, hn::MulAdd(x, set(1.0f / 6), set(0.5f)), 0, 1)))
HONE_FLOAT1(ScaledTanh, hn::Mul(a, vtanh(d, hn::Mul(b, x))))
HONE_FLOAT1(ThresholdedRelu, hn::IfThenElseZero(hn::Gt(x, a), x))
HONE_FLOAT1(Shrink,
            hn::IfThenElse(hn::Lt(x, hn::Neg(b)), hn::Add(x, a), hn::IfThenElseZero(hn::Gt(x, b), hn::Sub(x, a))))
HONE_FLOAT1(GeluErf, vgelu_erf(d, x))
HONE_FLOAT1(GeluTanh, vgelu_tanh(d, x))
HONE_FLOAT1(Silu, times_sigmoid(d, x, hn::Mul(a, x)))
HONE_FLOAT1(Mish, hn::Mul(x, vtanh(d, vsoftplus(d, x))))
HONE_FLOAT1(Affine, hn::MulAdd(a, x, b))
HONE_FLOAT2(Add, hn::Add(x, y))
HONE_FLOAT2(Sub, hn::Sub(x, y))
HONE_FLOAT2(Mul, hn::Mul(x, y))
HONE_FLOAT2(Div, hn::Div(x, y))
HONE_FLOAT2(FloorDiv, hn::Floor(hn::Div(x, y)))
HONE_FLOAT2(Pow, vpow(DF(), x, y))
HONE_FLOAT2(Min, vmin_nan(x, y))
HONE_FLOAT2(Max, vmax_nan(x, y))
HONE_FLOAT2(PRelu, hn::IfThenElse(negative(x), hn::Mul(x, y), x))
HONE_PREDICATE2(Equal, hn::Eq(x, y))
HONE_PREDICATE2(Less, hn::Lt(x, y))
HONE_PREDICATE2(Greater, hn::Gt(x, y))
HONE_PREDICATE2(LessEqual, hn::Le(x, y))
HONE_PREDICATE2(GreaterEqual, hn::Ge(x, y))
#undef HONE_FLOAT1
#undef HONE_FLOAT2
#undef HONE_PREDICATE2

void float_IsNan(const PwCall& c) {
  map1<DI, DF>(c, [](VF x) HONE_INLINE_LAMBDA { return as_bool(hn::IsNaN(x)); });
}
void float_Select(const PwCall& c) {
  map3<DF, DI, DF>(c, [](VI m, VF x, VF y) HONE_INLINE_LAMBDA {
    return hn::IfThenElse(hn::RebindMask(DF(), hn::Eq(m, hn::Zero(DI()))), y, x);
  });
}
void float_Clip3(const PwCall& c) {
  map3<DF, DF, DF>(c, [](VF x, VF lo, VF hi) HONE_INLINE_LAMBDA { return vmax_nan(lo, vmin_nan(hi, x)); });
}
void float_Fma(const PwCall& c) {
  map3<DF, DF, DF>(c, [](VF x, VF y, VF z) HONE_INLINE_LAMBDA { return hn::MulAdd(x, y, z); });
}

// Functions without a vector form go through the reference, element by element.
template <ScalarFn kFn>
void float_by_element(const PwCall& c) {
  const auto* x = static_cast<const float*>(c.in[0]);
  const auto* y = static_cast<const float*>(c.in[1]);
  auto* out = static_cast<float*>(c.out);
  for (int64_t i = 0; i < c.n; ++i)
    out[i] = static_cast<float>(evaluate(kFn, static_cast<double>(c.alpha), static_cast<double>(c.beta),
                                         static_cast<double>(x[i]), y ? static_cast<double>(y[i]) : 0.0));
}
template <ScalarFn kFn>
void predicate_by_element(const PwCall& c) {
  const auto* x = static_cast<const float*>(c.in[0]);
  const auto* y = static_cast<const float*>(c.in[1]);
  auto* out = static_cast<int32_t*>(c.out);
  for (int64_t i = 0; i < c.n; ++i)
    out[i] = evaluate(kFn, static_cast<double>(c.alpha), static_cast<double>(c.beta), static_cast<double>(x[i]),
                      y ? static_cast<double>(y[i]) : 0.0) != 0;
}

PwLoop float_loop(ScalarFn fn) {
  switch (fn) {
#define HONE_CASE(name)   \
  case ScalarFn::k##name: \
    return float_##name
    HONE_CASE(Identity);
    HONE_CASE(Abs);
    HONE_CASE(Neg);
    HONE_CASE(Exp);
    HONE_CASE(Log);
    HONE_CASE(Sqrt);
    HONE_CASE(Rsqrt);
    HONE_CASE(Recip);
    HONE_CASE(Square);
    HONE_CASE(Sin);
    HONE_CASE(Cos);
    HONE_CASE(Tanh);
    HONE_CASE(Erf);
    HONE_CASE(Ceil);
    HONE_CASE(Floor);
    HONE_CASE(Round);
    HONE_CASE(Trunc);
    HONE_CASE(Sign);
    HONE_CASE(Relu);
    HONE_CASE(Sigmoid);
    HONE_CASE(LeakyRelu);
    HONE_CASE(Elu);
    HONE_CASE(Selu);
    HONE_CASE(Celu);
    HONE_CASE(Softsign);
    HONE_CASE(Softplus);
    HONE_CASE(Clip);
    HONE_CASE(HardSigmoid);
    HONE_CASE(HardSwish);
    HONE_CASE(ScaledTanh);
    HONE_CASE(ThresholdedRelu);
    HONE_CASE(Shrink);
    HONE_CASE(GeluErf);
    HONE_CASE(GeluTanh);
    HONE_CASE(Silu);
    HONE_CASE(Mish);
    HONE_CASE(Affine);
    HONE_CASE(Add);
    HONE_CASE(Sub);
    HONE_CASE(Mul);
    HONE_CASE(Div);
    HONE_CASE(FloorDiv);
    HONE_CASE(Pow);
    HONE_CASE(Min);
    HONE_CASE(Max);
    HONE_CASE(PRelu);
    HONE_CASE(Equal);
    HONE_CASE(Less);
    HONE_CASE(Greater);
    HONE_CASE(LessEqual);
    HONE_CASE(GreaterEqual);
    HONE_CASE(IsNan);
    HONE_CASE(Select);
    HONE_CASE(Clip3);
    HONE_CASE(Fma);
#undef HONE_CASE
#define HONE_CASE(name)   \
  case ScalarFn::k##name: \
    return float_by_element<ScalarFn::k##name>
    HONE_CASE(Tan);
    HONE_CASE(Asin);
    HONE_CASE(Acos);
    HONE_CASE(Atan);
    HONE_CASE(Sinh);
    HONE_CASE(Cosh);
    HONE_CASE(Asinh);
    HONE_CASE(Acosh);
    HONE_CASE(Atanh);
    HONE_CASE(FloorMod);
    HONE_CASE(FMod);
    HONE_CASE(Atan2);
#undef HONE_CASE
#define HONE_CASE(name)   \
  case ScalarFn::k##name: \
    return predicate_by_element<ScalarFn::k##name>
    HONE_CASE(IsInf);
    HONE_CASE(Not);
    HONE_CASE(And);
    HONE_CASE(Or);
    HONE_CASE(Xor);
#undef HONE_CASE
    default:
      return nullptr;
  }
}

// Integer functions: plain loops that the compiler vectorises; T is int32_t or int64_t, U its unsigned partner.
template <class T, class O = T, class F>
HWY_INLINE void int_loop1(const PwCall& c, F f) {
  const T* HWY_RESTRICT x = static_cast<const T*>(c.in[0]);
  O* out = static_cast<O*>(c.out);
  for (int64_t i = 0; i < c.n; ++i) out[i] = static_cast<O>(f(x[i]));
}
template <class T, class O = T, class F>
HWY_INLINE void int_loop2(const PwCall& c, F f) {
  const T* x = static_cast<const T*>(c.in[0]);
  const T* y = static_cast<const T*>(c.in[1]);
  O* out = static_cast<O*>(c.out);
  for (int64_t i = 0; i < c.n; ++i) out[i] = static_cast<O>(f(x[i], y[i]));
}
template <class T>
void int_select(const PwCall& c) {
  const int32_t* m = static_cast<const int32_t*>(c.in[0]);
  const T* x = static_cast<const T*>(c.in[1]);
  const T* y = static_cast<const T*>(c.in[2]);
  T* out = static_cast<T*>(c.out);
  for (int64_t i = 0; i < c.n; ++i) out[i] = m[i] != 0 ? x[i] : y[i];
}
template <class T, ScalarFn kFn>
void int_by_element(const PwCall& c) {
  const auto get = [&](int k, int64_t i) -> int64_t { return c.in[k] ? static_cast<const T*>(c.in[k])[i] : 0; };
  T* out = static_cast<T*>(c.out);
  for (int64_t i = 0; i < c.n; ++i)
    out[i] = static_cast<T>(
        evaluate_int(kFn, static_cast<double>(c.alpha), static_cast<double>(c.beta), get(0, i), get(1, i), get(2, i)));
}

template <class T, class U>
PwLoop int_loop(ScalarFn fn) {
  using F = ScalarFn;
  switch (fn) {
#define HONE_INT1(name, ...) \
  case F::k##name:           \
    return [](const PwCall& c) { int_loop1<T>(c, [](T x) { return __VA_ARGS__; }); };
#define HONE_INT2(name, ...) \
  case F::k##name:           \
    return [](const PwCall& c) { int_loop2<T>(c, [](T x, T y) { return __VA_ARGS__; }); };
#define HONE_INT_PREDICATE(name, ...) \
  case F::k##name:                    \
    return [](const PwCall& c) { int_loop2<T, int32_t>(c, [](T x, T y) { return __VA_ARGS__; }); };
    HONE_INT1(Identity, x)
    HONE_INT1(Neg, static_cast<T>(U{0} - static_cast<U>(x)))
    HONE_INT1(Abs, static_cast<T>(x < 0 ? U{0} - static_cast<U>(x) : static_cast<U>(x)))
    HONE_INT1(Relu, x > 0 ? x : T{0})
    HONE_INT1(BitNot, ~x)
    HONE_INT2(Add, static_cast<T>(static_cast<U>(x) + static_cast<U>(y)))
    HONE_INT2(Sub, static_cast<T>(static_cast<U>(x) - static_cast<U>(y)))
    HONE_INT2(Mul, static_cast<T>(static_cast<U>(x) * static_cast<U>(y)))
    HONE_INT2(Min, x < y ? x : y)
    HONE_INT2(Max, x > y ? x : y)
    HONE_INT2(BitAnd, x & y)
    HONE_INT2(BitOr, x | y)
    HONE_INT2(BitXor, x ^ y)
    HONE_INT_PREDICATE(And, x != 0 && y != 0)
    HONE_INT_PREDICATE(Or, x != 0 || y != 0)
    HONE_INT_PREDICATE(Xor, (x != 0) != (y != 0))
    HONE_INT_PREDICATE(Equal, x == y)
    HONE_INT_PREDICATE(Less, x < y)
    HONE_INT_PREDICATE(Greater, x > y)
    HONE_INT_PREDICATE(LessEqual, x <= y)
    HONE_INT_PREDICATE(GreaterEqual, x >= y)
#undef HONE_INT1
#undef HONE_INT2
#undef HONE_INT_PREDICATE
    case F::kNot:
      return [](const PwCall& c) { int_loop1<T, int32_t>(c, [](T x) { return x == 0; }); };
    case F::kIsNan:
    case F::kIsInf:
      return [](const PwCall& c) { int_loop1<T, int32_t>(c, [](T) { return 0; }); };
    case F::kSelect:
      return int_select<T>;
#define HONE_CASE(name) \
  case F::k##name:      \
    return int_by_element<T, F::k##name>
      HONE_CASE(Square);
      HONE_CASE(Sign);
      HONE_CASE(Ceil);
      HONE_CASE(Floor);
      HONE_CASE(Round);
      HONE_CASE(Trunc);
      HONE_CASE(Div);
      HONE_CASE(FloorDiv);
      HONE_CASE(FloorMod);
      HONE_CASE(FMod);
      HONE_CASE(Pow);
      HONE_CASE(ShiftLeft);
      HONE_CASE(ShiftRight);
      HONE_CASE(Clip3);
      HONE_CASE(Fma);
      HONE_CASE(Clip);
#undef HONE_CASE
    default:
      return nullptr;
  }
}

PwLoop function_loop(ScalarFn fn, PwClass k) {
  switch (k) {
    case PwClass::kFloat:
      return float_loop(fn);
    case PwClass::kInt:
      return int_loop<int32_t, uint32_t>(fn);
    default:
      return int_loop<int64_t, uint64_t>(fn);
  }
}

// Storage to class and back, contiguous.
template <class S, class T>
void copy_cast(const PwCall& c) {
  const S* x = static_cast<const S*>(c.in[0]);
  T* out = static_cast<T*>(c.out);
  for (int64_t i = 0; i < c.n; ++i) out[i] = static_cast<T>(x[i]);
}
void load_bool(const PwCall& c) {
  const auto* x = static_cast<const uint8_t*>(c.in[0]);
  auto* out = static_cast<int32_t*>(c.out);
  for (int64_t i = 0; i < c.n; ++i) out[i] = x[i] != 0;
}
void load_f16(const PwCall& c) {
  const hn::Rebind<hwy::float16_t, DF> dh;
  const auto* x = static_cast<const hwy::float16_t*>(c.in[0]);
  auto* out = static_cast<float*>(c.out);
  int64_t i = 0;
  for (; i + kVector <= c.n; i += kVector) hn::StoreU(hn::PromoteTo(DF(), hn::LoadU(dh, x + i)), DF(), out + i);
  if (i == c.n) return;
  HWY_ALIGN hwy::float16_t in_tail[kVector] = {};
  HWY_ALIGN float out_tail[kVector];
  for (int64_t j = i; j < c.n; ++j) in_tail[j - i] = x[j];
  hn::Store(hn::PromoteTo(DF(), hn::Load(dh, in_tail)), DF(), out_tail);
  for (int64_t j = i; j < c.n; ++j) out[j] = out_tail[j - i];
}
void store_f16(const PwCall& c) {
  const hn::Rebind<hwy::float16_t, DF> dh;
  const auto* x = static_cast<const float*>(c.in[0]);
  auto* out = static_cast<hwy::float16_t*>(c.out);
  int64_t i = 0;
  for (; i + kVector <= c.n; i += kVector) hn::StoreU(hn::DemoteTo(dh, hn::LoadU(DF(), x + i)), dh, out + i);
  if (i == c.n) return;
  HWY_ALIGN float in_tail[kVector] = {};
  HWY_ALIGN hwy::float16_t out_tail[kVector];
  for (int64_t j = i; j < c.n; ++j) in_tail[j - i] = x[j];
  hn::Store(hn::DemoteTo(dh, hn::Load(DF(), in_tail)), dh, out_tail);
  for (int64_t j = i; j < c.n; ++j) out[j] = out_tail[j - i];
}
void load_bf16(const PwCall& c) {
  widen_floats(static_cast<const bfloat16*>(c.in[0]), static_cast<float*>(c.out), c.n);
}
void store_bf16(const PwCall& c) {
  narrow_floats(static_cast<const float*>(c.in[0]), static_cast<bfloat16*>(c.out), c.n);
}
void round_bf16(const PwCall& c) {
  const hn::RebindToUnsigned<DF> du;
  map1<DF, DF>(c, [&](VF x) HONE_INLINE_LAMBDA {
    return hn::BitCast(DF(), hn::ShiftLeft<16>(brain_bits(du, hn::BitCast(du, x))));
  });
}
void round_f16(const PwCall& c) {
  HWY_ALIGN hwy::float16_t narrow[64];
  for (int64_t i = 0; i < c.n; i += 64) {
    const int64_t n = c.n - i < 64 ? c.n - i : 64;
    store_f16({narrow, {static_cast<const float*>(c.in[0]) + i}, n, 0, 0});
    load_f16({static_cast<float*>(c.out) + i, {narrow}, n, 0, 0});
  }
}

PwLoop load_loop(DType t) {
  switch (t) {
    case DType::kF32:
      return float_Identity;
    case DType::kF16:
      return load_f16;
    case DType::kBF16:
      return load_bf16;
    case DType::kBool:
      return load_bool;
    case DType::kI8:
      return copy_cast<int8_t, int32_t>;
    case DType::kU8:
      return copy_cast<uint8_t, int32_t>;
    case DType::kI16:
      return copy_cast<int16_t, int32_t>;
    case DType::kU16:
      return copy_cast<uint16_t, int32_t>;
    case DType::kI32:
      return copy_cast<int32_t, int32_t>;
    case DType::kU32:
      return copy_cast<uint32_t, int64_t>;
    default:
      return copy_cast<int64_t, int64_t>;
  }
}
PwLoop store_loop(DType t) {
  switch (t) {
    case DType::kF32:
      return float_Identity;
    case DType::kF16:
      return store_f16;
    case DType::kBF16:
      return store_bf16;
    case DType::kBool:
    case DType::kI8:
    case DType::kU8:
      return copy_cast<int32_t, uint8_t>;
    case DType::kI16:
    case DType::kU16:
      return copy_cast<int32_t, uint16_t>;
    case DType::kI32:
      return copy_cast<int32_t, int32_t>;
    case DType::kU32:
      return copy_cast<int64_t, uint32_t>;
    default:
      return copy_cast<int64_t, int64_t>;
  }
}

// From float: truncation with saturation, NaN gives 0; T is the class, S the range.
template <class S, class T>
void float_to_int(const PwCall& c) {
  const auto* x = static_cast<const float*>(c.in[0]);
  T* out = static_cast<T*>(c.out);
  constexpr auto lo = std::numeric_limits<S>::min(), hi = std::numeric_limits<S>::max();
  for (int64_t i = 0; i < c.n; ++i) {
    const float v = x[i];
    S r = 0;
    if (v >= static_cast<float>(hi))
      r = hi;
    else if (v <= static_cast<float>(lo))
      r = lo;
    else if (v == v)
      r = static_cast<S>(v);
    out[i] = static_cast<T>(r);
  }
}
template <class S, class T>
void wrap_int(const PwCall& c) {
  const auto* x = static_cast<const S*>(c.in[0]);
  using C = std::conditional_t<(sizeof(T) == 8 || std::is_same_v<T, uint32_t>), int64_t, int32_t>;
  C* out = static_cast<C*>(c.out);
  for (int64_t i = 0; i < c.n; ++i) out[i] = static_cast<C>(static_cast<T>(x[i]));
}
template <class S>
void to_bool(const PwCall& c) {
  const auto* x = static_cast<const S*>(c.in[0]);
  auto* out = static_cast<int32_t*>(c.out);
  for (int64_t i = 0; i < c.n; ++i) out[i] = !(x[i] == S{0});
}
template <class S>
PwLoop int_to(DType t) {
  switch (t) {
    case DType::kBool:
      return to_bool<S>;
    case DType::kI8:
      return wrap_int<S, int8_t>;
    case DType::kU8:
      return wrap_int<S, uint8_t>;
    case DType::kI16:
      return wrap_int<S, int16_t>;
    case DType::kU16:
      return wrap_int<S, uint16_t>;
    case DType::kI32:
      return wrap_int<S, int32_t>;
    case DType::kU32:
      return wrap_int<S, uint32_t>;
    case DType::kI64:
      return wrap_int<S, int64_t>;
    default:
      return copy_cast<S, float>;
  }
}
PwLoop float_to(DType t) {
  switch (t) {
    case DType::kF16:
      return round_f16;
    case DType::kBF16:
      return round_bf16;
    case DType::kBool:
      return to_bool<float>;
    case DType::kI8:
      return float_to_int<int8_t, int32_t>;
    case DType::kU8:
      return float_to_int<uint8_t, int32_t>;
    case DType::kI16:
      return float_to_int<int16_t, int32_t>;
    case DType::kU16:
      return float_to_int<uint16_t, int32_t>;
    case DType::kI32:
      return float_to_int<int32_t, int32_t>;
    case DType::kU32:
      return float_to_int<uint32_t, int64_t>;
    case DType::kI64:
      return float_to_int<int64_t, int64_t>;
    default:
      return float_Identity;
  }
}
PwLoop convert_loop(PwClass from, DType to) {
  return from == PwClass::kFloat ? float_to(to) : from == PwClass::kInt ? int_to<int32_t>(to) : int_to<int64_t>(to);
}

}  // namespace hone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::cpu {
PwLoop pw_loop(ScalarFn fn, PwClass operands) { return HONE_CPU_DISPATCH(function_loop)(fn, operands); }
PwLoop pw_convert(PwClass from, DType to) { return HONE_CPU_DISPATCH(convert_loop)(from, to); }
PwLoop pw_load(DType type) { return HONE_CPU_DISPATCH(load_loop)(type); }
PwLoop pw_store(DType type) { return HONE_CPU_DISPATCH(store_loop)(type); }
}  // namespace hone::cpu
#endif
