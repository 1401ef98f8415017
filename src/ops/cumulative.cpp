// Running sum or product: shape rule and reference evaluation.
#include "ops/cumulative.h"

#include "ops/reference.h"

namespace hone {
namespace {

void infer_cumulative(InferContext& c) {
  const auto& a = c.attr<CumulativeAttrs>();
  const auto rank = static_cast<int64_t>(c.in(0).shape.size());
  require<ModelError>(c.in(0).type != DType::kBool, "running sums need numbers, not bool");
  if (c.has(1)) require<ModelError>(is_integer(c.in(1).type), "the axis must be an integer, is {}", name(c.in(1).type));
  if (!c.has(1))
    normalize_axis(a.axis, rank);
  else if (const auto axis = known_content(c.in(1)); axis && axis->size() == 1 && axis->front().is_const())
    normalize_axis(axis->front().value(), rank);
  c.outputs[0] = {c.in(0).type, c.in(0).shape, std::nullopt, nullptr};
}

template <class T>
void run_line(const CumulativeAttrs& a, const T* x, T* y, int64_t n, int64_t step) {
  using A = Accumulator<T>;
  A acc = a.product ? A(1) : A(0);
  for (int64_t k = 0; k < n; ++k) {
    const int64_t i = (a.reverse ? n - 1 - k : k) * step;
    const A next = a.product ? acc * static_cast<A>(x[i]) : acc + static_cast<A>(x[i]);
    y[i] = static_cast<T>(a.exclusive ? acc : next);
    acc = next;
  }
}

void eval_cumulative(EvalContext& c) {
  const auto& a = c.attr<CumulativeAttrs>();
  const DType type = c.in(0).type();
  const int64_t axis = normalize_axis(scalar_or(c, 1, a.axis), c.in(0).rank());
  const AxisView v(c.in(0).dims(), static_cast<size_t>(axis));
  with_compute(type, [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>);
    Tensor y(dtype_of<T>, x.dims());
    for (int64_t i = 0; i < v.lines(); ++i)
      run_line(a, x.data<T>() + v.begin(i), y.data<T>() + v.begin(i), v.extent, v.inner);
    c.out(0) = y.to(type);
  });
}

}  // namespace

const Op kCumulativeOp = {"Cumulative",     kNoFlags,       1, 2, 1, make_attrs<CumulativeAttrs>,
                          infer_cumulative, eval_cumulative};

}  // namespace hone
