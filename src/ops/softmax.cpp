// Softmax and log-softmax: shape rule and reference evaluation.
#include "ops/softmax.h"

#include <cmath>
#include <limits>

#include "ops/reference.h"

namespace hone {
namespace {

void infer_softmax(InferContext& c) {
  require_float(c.in(0), "data of softmax");
  normalize_axis(c.attr<SoftmaxAttrs>().axis, static_cast<int64_t>(c.in(0).shape.size()));
  c.outputs[0] = {c.in(0).type, c.in(0).shape, std::nullopt, nullptr};
}

template <class T>
void softmax_line(const T* x, T* y, int64_t n, int64_t step, bool log) {
  double max = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int64_t i = 0; i < n; ++i) max = std::max(max, static_cast<double>(x[i * step]));
  for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i * step] - max);
  const double log_sum = std::log(sum);
  for (int64_t i = 0; i < n; ++i)
    y[i * step] = static_cast<T>(log ? x[i * step] - max - log_sum : std::exp(x[i * step] - max) / sum);
}

void eval_softmax(EvalContext& c) {
  const auto& a = c.attr<SoftmaxAttrs>();
  const DType type = c.in(0).type();
  const AxisView v(c.in(0).dims(), static_cast<size_t>(normalize_axis(a.axis, c.in(0).rank())));
  with_float(type, [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>);
    Tensor y(dtype_of<T>, x.dims());
    parallel_for(v.lines(), 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        softmax_line(x.data<T>() + v.begin(i), y.data<T>() + v.begin(i), v.extent, v.inner, a.log);
    });
    c.out(0) = y.to(type);
  });
}

}  // namespace

const Op kSoftmaxOp = {"Softmax", kNoFlags, 1, 1, 1, make_attrs<SoftmaxAttrs>, infer_softmax, eval_softmax};

}  // namespace hone
