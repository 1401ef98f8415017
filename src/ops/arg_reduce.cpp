// Position of the maximum or minimum: shape rule and reference evaluation. NaN counts as the extreme, as in NumPy.
#include "ops/arg_reduce.h"

#include "ops/reference.h"

namespace hone {
namespace {

Dims reduced(const ArgReduceAttrs& a, Dims d, size_t axis) {
  if (a.keep_dims)
    d[axis] = 1;
  else
    d.erase(d.begin() + static_cast<long>(axis));
  return d;
}

void infer_arg_reduce(InferContext& c) {
  const auto& a = c.attr<ArgReduceAttrs>();
  Shape s = c.in(0).shape;
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(s.size())));
  require<ModelError>(!s[axis].is(0), "there is no extreme along axis {} of {}", a.axis, str(s));
  require<ModelError>(a.index_type == DType::kI64 || a.index_type == DType::kI32, "positions of type {}",
                      name(a.index_type));
  if (a.keep_dims)
    s[axis] = 1;
  else
    s.erase(s.begin() + static_cast<long>(axis));
  c.outputs[0] = {a.index_type, s, std::nullopt, nullptr};
}

template <class T>
int64_t position(const ArgReduceAttrs& a, const T* x, int64_t n, int64_t step) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; ++i) {
    const T v = x[i * step], b = x[best * step];
    if (b != b) break;
    const bool better = v != v || (a.largest ? v > b : v < b);
    if (better || (a.select_last && v == b)) best = i;
  }
  return best;
}

void eval_arg_reduce(EvalContext& c) {
  const auto& a = c.attr<ArgReduceAttrs>();
  const Dims& d = c.in(0).dims();
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(d.size())));
  const AxisView v(d, axis);
  require<ModelError>(v.extent > 0, "there is no extreme along axis {} of {}", a.axis, str(d));
  Tensor y(DType::kI64, reduced(a, d, axis));
  with_compute(c.in(0).type(), [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>);
    for (int64_t i = 0; i < v.lines(); ++i)
      y.data<int64_t>()[i] = position(a, x.data<T>() + v.begin(i), v.extent, v.inner);
  });
  c.out(0) = y.to(a.index_type);
}

}  // namespace

const Op kArgReduceOp = {"ArgReduce", kNoFlags, 1, 1, 1, make_attrs<ArgReduceAttrs>, infer_arg_reduce, eval_arg_reduce};

}  // namespace hone
