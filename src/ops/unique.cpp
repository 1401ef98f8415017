// Unique: distinct elements of the flattened input, or distinct slices along an axis; NaNs count as equal.
#include "ops/unique.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "ops/movement.h"

namespace hone {
namespace {

// What is compared: all elements, or the slices along the axis.
Dim bound(const InferContext& c) {
  const auto& a = c.attr<UniqueAttrs>();
  const Shape& x = c.in(0).shape;
  return a.has_axis ? x[static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.size())))] : volume(x);
}

void infer(InferContext& c) {
  const auto& a = c.attr<UniqueAttrs>();
  const TensorInfo& x = c.in(0);
  require<ModelError>(!c.outputs.empty() && c.outputs.size() <= 4, "Unique has {} outputs", c.outputs.size());
  const Dim count = c.data_dependent(0);
  Shape values{count};
  if (a.has_axis) {
    const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.shape.size())));
    values = x.shape;
    values[axis] = count;
  }
  c.outputs[0] = {x.type, values, std::nullopt, nullptr};
  const Dim extents[] = {count, bound(c), count};
  for (size_t i = 1; i < c.outputs.size(); ++i) c.outputs[i] = {DType::kI64, {extents[i - 1]}, std::nullopt, nullptr};
}

// -1, 0, 1 by value; NaN after everything.
template <class T>
int compare(T a, T b) {
  if constexpr (!std::is_arithmetic_v<T>) {
    return compare(static_cast<float>(a), static_cast<float>(b));
  } else {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
    }
    return a < b ? -1 : b < a ? 1 : 0;
  }
}

// Groups of equal slices; x is viewed as [outer, n, inner].
struct Groups {
  std::vector<int64_t> first, inverse, counts;
};

template <class T>
Groups group(const T* x, int64_t outer, int64_t n, int64_t inner, bool sorted) {
  const auto order_of = [&](int64_t i, int64_t j) {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t k = 0; k < inner; ++k)
        if (int r = compare(x[(o * n + i) * inner + k], x[(o * n + j) * inner + k]); r != 0) return r;
    return 0;
  };
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return order_of(i, j) < 0; });
  Groups g;
  g.inverse.resize(static_cast<size_t>(n));
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || order_of(order[i - 1], order[i]) != 0) g.first.push_back(order[i]), g.counts.push_back(0);
    g.inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(g.first.size()) - 1;
    ++g.counts.back();
  }
  if (sorted) return g;
  // In the order of first occurrence.
  std::vector<size_t> by_first(g.first.size());
  std::iota(by_first.begin(), by_first.end(), size_t{0});
  std::sort(by_first.begin(), by_first.end(), [&](size_t i, size_t j) { return g.first[i] < g.first[j]; });
  Groups r;
  std::vector<int64_t> rank(by_first.size());
  for (size_t i = 0; i < by_first.size(); ++i) {
    r.first.push_back(g.first[by_first[i]]), r.counts.push_back(g.counts[by_first[i]]);
    rank[by_first[i]] = static_cast<int64_t>(i);
  }
  for (int64_t i : g.inverse) r.inverse.push_back(rank[static_cast<size_t>(i)]);
  return r;
}

void eval(EvalContext& c) {
  const auto& a = c.attr<UniqueAttrs>();
  const Tensor& x = c.in(0);
  int64_t outer = 1, n = x.count(), inner = 1;
  Dims dims;
  size_t axis = 0;
  if (a.has_axis) {
    axis = static_cast<size_t>(normalize_axis(a.axis, x.rank()));
    dims = x.dims();
    n = dims[axis];
    for (size_t i = 0; i < dims.size(); ++i) (i < axis ? outer : inner) *= i == axis ? 1 : dims[i];
  } else {
    dims = {0};
  }
  Groups g;
  with_type(x.type(), [&]<class T>() { g = group(x.data<T>(), outer, n, inner, a.sorted); });
  dims[axis] = static_cast<int64_t>(g.first.size());
  Tensor& y = c.out(0, x.type(), dims);
  const size_t run = storage_bytes(x.type(), inner);
  auto* to = static_cast<std::byte*>(y.raw());
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i : g.first) {
      std::memcpy(to, static_cast<const std::byte*>(x.raw()) + static_cast<size_t>(o * n + i) * run, run);
      to += run;
    }
  const std::vector<int64_t>* rest[] = {&g.first, &g.inverse, &g.counts};
  for (size_t i = 1; i < c.outputs.size(); ++i) {
    const auto& v = *rest[i - 1];
    std::copy(v.begin(), v.end(), c.out(i, DType::kI64, {static_cast<int64_t>(v.size())}).data<int64_t>());
  }
}

}  // namespace

const Op kUniqueOp = {"Unique", kDataDependent, 1, 1, -1, make_attrs<UniqueAttrs>, infer, eval, bound};

}  // namespace hone
