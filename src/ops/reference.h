// What reference evaluations share: dispatch to the type they compute in, and walking over parts of a tensor.
#pragma once

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "base/parallel.h"
#include "ops/op.h"

namespace hone {

/// The type in which the reference works on elements of `t`: float for all floating-point types but f64, int64 for
/// integers and bool. Convert operands to it with Tensor::to.
inline DType compute_type(DType t) { return t == DType::kF64 ? DType::kF64 : is_float(t) ? DType::kF32 : DType::kI64; }
/// Calls f.operator()<T>() with the C++ type of compute_type(t).
template <class F>
decltype(auto) with_compute(DType t, F&& f) {
  if (t == DType::kF64) return f.template operator()<double>();
  if (is_float(t)) return f.template operator()<float>();
  return f.template operator()<int64_t>();
}
/// The same for floating-point operands only.
template <class F>
decltype(auto) with_float(DType t, F&& f) {
  if (t == DType::kF64) return f.template operator()<double>();
  return f.template operator()<float>();
}
/// What sums and products of T accumulate in; integers wrap.
template <class T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

/// A tensor seen as [outer, extent, inner] around one axis.
struct AxisView {
  int64_t outer = 1, extent = 1, inner = 1;
  AxisView(const Dims& d, size_t axis) : extent(d.at(axis)) {
    for (size_t i = 0; i < axis; ++i) outer *= d[i];
    for (size_t i = axis + 1; i < d.size(); ++i) inner *= d[i];
  }
  int64_t lines() const { return outer * inner; }
  /// Offset of element 0 of line `i`; its elements lie `inner` apart.
  int64_t begin(int64_t i) const { return i / inner * extent * inner + i % inner; }
};

/// Row-major strides.
inline std::vector<int64_t> strides_of(const Dims& d) {
  std::vector<int64_t> s(d.size(), 1);
  for (size_t i = d.size(); i-- > 1;) s[i - 1] = s[i] * d[i];
  return s;
}

/// Throws ModelError unless the dims are equal, or may be at run time.
inline void require_same_dim(const Dim& a, const Dim& b, const char* what) {
  require<ModelError>(!a.is_const() || !b.is_const() || a == b, "{}: {} and {} differ", what, a.str(), b.str());
}
/// Throws ModelError unless the input is of a floating-point type.
inline void require_float(const TensorInfo& t, const char* what) {
  require<ModelError>(is_float(t.type), "{} must be floating point, is {}", what, name(t.type));
}
/// Throws ModelError unless input i, if present, has the type of input 0.
inline void require_type_of_first(const InferContext& c, size_t i, const char* what) {
  require<ModelError>(!c.has(i) || c.in(i).type == c.in(0).type, "{} is {} but the data is {}", what,
                      c.has(i) ? name(c.in(i).type) : "", name(c.in(0).type));
}
/// The one element of input i; nullopt where the input is left out. Throws Unsupported where it is not known at build
/// time.
inline std::optional<Dim> known_scalar(const InferContext& c, size_t i, const char* what) {
  if (!c.has(i)) return std::nullopt;
  const auto v = known_content(c.in(i));
  require<Unsupported>(v.has_value(), "{} is computed at run time; it must be known at build time", what);
  require<ModelError>(v->size() == 1, "{} must be one number, has {} elements", what, v->size());
  return v->front();
}
/// The same as a plain number, evaluated.
inline int64_t scalar_or(const EvalContext& c, size_t i, int64_t otherwise) {
  if (!c.has(i)) return otherwise;
  require<ModelError>(c.in(i).count() == 1, "expected one number, got {} elements", c.in(i).count());
  return c.in(i).as_ints()[0];
}

}  // namespace hone
