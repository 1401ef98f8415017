// Scatter: a copy of the data with updates written, or combined in order, at indices.
#include "ops/scatter.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/movement.h"

namespace hone {
namespace {

bool may_equal(const Dim& a, const Dim& b) { return !a.is_const() || !b.is_const() || a == b; }

void check_nd(const Shape& x, const Shape& idx, const Shape& upd) {
  require<ModelError>(!idx.empty() && !x.empty(), "ScatterND: data or indices are a scalar");
  require<Unsupported>(idx.back().is_const(), "ScatterND: the last dimension of the indices must be a number");
  const int64_t k = idx.back().value();
  require<ModelError>(k >= 0 && k <= static_cast<int64_t>(x.size()), "ScatterND: index tuples of {} into {}", k,
                      str(x));
  Shape want(idx.begin(), idx.end() - 1);
  want.insert(want.end(), x.begin() + k, x.end());
  bool same = want.size() == upd.size();
  for (size_t i = 0; same && i < want.size(); ++i) same = may_equal(want[i], upd[i]);
  require<ModelError>(same, "ScatterND: updates are {}, not {}", str(upd), str(want));
}

void check_elements(const Shape& x, const Shape& idx, const Shape& upd, int64_t axis) {
  normalize_axis(axis, static_cast<int64_t>(x.size()));
  bool same = idx.size() == upd.size() && idx.size() == x.size();
  for (size_t i = 0; same && i < idx.size(); ++i) same = may_equal(idx[i], upd[i]);
  require<ModelError>(same, "ScatterElements: data {}, indices {} and updates {} do not fit", str(x), str(idx),
                      str(upd));
}

void rule(InferContext& c) {
  const auto& a = c.attr<ScatterAttrs>();
  const TensorInfo &x = c.in(0), &idx = c.in(1), &upd = c.in(2);
  check_index_type(idx, "indices of Scatter");
  require<ModelError>(x.type == upd.type, "Scatter: data are {} and updates {}", name(x.type), name(upd.type));
  if (a.nd)
    check_nd(x.shape, idx.shape, upd.shape);
  else
    check_elements(x.shape, idx.shape, upd.shape, a.axis);
  c.outputs[0] = {x.type, x.shape, std::nullopt, nullptr};
}

// Type in which a reduction is computed.
template <class T>
using Wide = std::conditional_t<std::is_arithmetic_v<T>, T, float>;

template <class W>
W combine(ScatterReduction r, W a, W b) {
  switch (r) {
    case ScatterReduction::kNone:
      return b;
    case ScatterReduction::kAdd:
      return static_cast<W>(a + b);
    case ScatterReduction::kMul:
      return static_cast<W>(a * b);
    case ScatterReduction::kMin:
    case ScatterReduction::kMax:
      break;
  }
  if constexpr (std::is_floating_point_v<W>) {
    if (std::isnan(a)) return a;
    if (std::isnan(b)) return b;
  }
  return (r == ScatterReduction::kMin) == (b < a) && a != b ? b : a;
}

template <class T>
void apply(ScatterReduction r, T& to, T from) {
  if constexpr (std::is_same_v<T, bool>)
    to = static_cast<int>(combine<int>(r, to, from)) != 0;
  else
    to = static_cast<T>(combine<Wide<T>>(r, static_cast<Wide<T>>(to), static_cast<Wide<T>>(from)));
}

int64_t checked(int64_t i, int64_t extent) {
  require<ModelError>(i >= -extent && i < extent, "Scatter: index {} is outside an axis of {}", i, extent);
  return i < 0 ? i + extent : i;
}

template <class T>
void scatter_nd(const Tensor& idx, const Tensor& upd, ScatterReduction r, Tensor& y) {
  const auto k = static_cast<size_t>(idx.dims().back());
  const Dims ys = contiguous_strides(y.dims());
  int64_t run = 1;
  for (size_t i = k; i < y.dims().size(); ++i) run *= y.dims()[i];
  const int64_t tuples = volume(Dims(idx.dims().begin(), idx.dims().end() - 1));
  for (int64_t t = 0; t < tuples; ++t) {
    int64_t at = 0;
    for (size_t j = 0; j < k; ++j)
      at += checked(idx.data<int64_t>()[static_cast<size_t>(t) * k + j], y.dims()[j]) * ys[j];
    for (int64_t i = 0; i < run; ++i) apply<T>(r, y.data<T>()[at + i], upd.data<T>()[t * run + i]);
  }
}

template <class T>
void scatter_elements(const Tensor& idx, const Tensor& upd, size_t axis, ScatterReduction r, Tensor& y) {
  const Dims ys = contiguous_strides(y.dims()), us = contiguous_strides(upd.dims());
  for (int64_t i = 0; i < upd.count(); ++i) {
    int64_t at = 0, rest = i;
    for (size_t k = 0; k < us.size(); ++k) {
      at += (k == axis ? checked(idx.data<int64_t>()[i], y.dims()[k]) : rest / us[k]) * ys[k];
      rest %= us[k];
    }
    apply<T>(r, y.data<T>()[at], upd.data<T>()[i]);
  }
}

void eval(EvalContext& c) {
  const auto& a = c.attr<ScatterAttrs>();
  const Tensor &x = c.in(0), &upd = c.in(2);
  Tensor& y = allocate_output(c, rule);
  const Tensor idx = to_index(c.in(1));
  const size_t axis = a.nd ? 0 : static_cast<size_t>(normalize_axis(a.axis, x.rank()));
  if (!a.nd)
    for (size_t k = 0; k < x.dims().size(); ++k)
      require<ModelError>(k == axis || upd.count() == 0 || upd.dims()[k] <= x.dims()[k],
                          "ScatterElements: updates {} are larger than data {}", str(upd.dims()), str(x.dims()));
  if (x.bytes() > 0) std::memcpy(y.raw(), x.raw(), x.bytes());
  const auto run = [&]<class T>() {
    if (a.nd)
      scatter_nd<T>(idx, upd, a.reduction, y);
    else
      scatter_elements<T>(idx, upd, axis, a.reduction, y);
  };
  if (a.reduction == ScatterReduction::kNone)
    with_width(y.type(), run);
  else
    with_type(y.type(), run);
}

void infer(InferContext& c) {
  rule(c);
  // Data and updates move, indices do not: tracked only without reduction, with the updates beside the data.
  if (c.attr<ScatterAttrs>().reduction != ScatterReduction::kNone) return;
  InferContext moved;
  moved.attrs = c.attrs;
  moved.inputs = {c.inputs[0], c.inputs[2], c.inputs[1]};
  moved.outputs = c.outputs;
  track_content(moved, 2, [](EvalContext& e) {
    std::swap(e.inputs[1], e.inputs[2]);
    eval(e);
  });
  c.outputs[0].content = std::move(moved.outputs[0].content);
}

}  // namespace

const Op kScatterOp = {"Scatter", kNoFlags, 3, 3, 1, make_attrs<ScatterAttrs>, infer, eval};

}  // namespace hone
