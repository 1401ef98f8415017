// Softmax over the first elements of each row: inputs are data [..., n] and how many elements of each row count
// [..., 1] (an integer); the rest of a row becomes 0.
#include <cmath>
#include <limits>

#include "ops/reference.h"

namespace hone {
namespace {

void infer_ragged_softmax(InferContext& c) {
  const Shape &x = c.in(0).shape, &bounds = c.in(1).shape;
  require_float(c.in(0), "data of ragged softmax");
  require<ModelError>(is_integer(c.in(1).type), "bounds of ragged softmax must be integers, are {}",
                      name(c.in(1).type));
  require<ModelError>(!x.empty() && bounds.size() == x.size(), "bounds {} do not match data {}", str(bounds), str(x));
  for (size_t i = 0; i + 1 < x.size(); ++i) require_same_dim(x[i], bounds[i], "rows of data and bounds");
  require_same_dim(bounds.back(), 1, "the last axis of bounds and 1");
  c.outputs[0] = {c.in(0).type, x, std::nullopt, nullptr};
}

void eval_ragged_softmax(EvalContext& c) {
  const DType type = c.in(0).type();
  const std::vector<int64_t> bounds = c.in(1).as_ints();
  const int64_t n = c.in(0).dims().back();
  with_float(type, [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>);
    Tensor y = Tensor::zeros(dtype_of<T>, x.dims());
    for (size_t row = 0; row < bounds.size(); ++row) {
      const T* from = x.data<T>() + static_cast<int64_t>(row) * n;
      T* to = y.data<T>() + static_cast<int64_t>(row) * n;
      const int64_t count = std::clamp<int64_t>(bounds[row], 0, n);
      double max = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t i = 0; i < count; ++i) max = std::max(max, static_cast<double>(from[i]));
      for (int64_t i = 0; i < count; ++i) sum += std::exp(from[i] - max);
      for (int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(std::exp(from[i] - max) / sum);
    }
    c.out(0) = y.to(type);
  });
}

}  // namespace

const Op kRaggedSoftmaxOp = {"RaggedSoftmax",      kNoFlags,           2, 2, 1, make_attrs<NoAttrs>,
                             infer_ragged_softmax, eval_ragged_softmax};

}  // namespace hone
