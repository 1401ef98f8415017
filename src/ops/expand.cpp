// Expand: NumPy broadcast to a shape.
#include "ops/expand.h"

#include <algorithm>

#include "ops/movement.h"

namespace hone {

static void rule(InferContext& c) {
  const TensorInfo& x = c.in(0);
  Shape out;
  if (const auto target = int_argument(c, 1, c.attr<ExpandAttrs>().shape)) {
    for (const Dim& d : *target)
      require<ModelError>(!d.is_const() || d.value() >= 0, "Expand to {}: negative dimension", str(*target));
    out = broadcast(x.shape, *target);
  } else {
    const auto n = static_cast<size_t>(argument_length(c, 1, c.attr<ExpandAttrs>().shape));
    out.resize(std::max(n, x.shape.size()));
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = i + n < out.size() ? x.shape[i] : c.data_dependent(static_cast<int>(i));
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

static void eval(EvalContext& c) {
  Tensor& y = allocate_output(c, rule);
  const Tensor& x = c.in(0);
  const Dims in = contiguous_strides(x.dims());
  Dims strides(y.dims().size(), 0);
  const size_t lead = y.dims().size() - x.dims().size();
  for (size_t i = 0; i < in.size(); ++i) strides[lead + i] = x.dims()[i] == 1 ? 0 : in[i];
  strided_copy(x.type(), y.dims(), x.raw(), strides, y.raw(), contiguous_strides(y.dims()));
}

static void infer(InferContext& c) {
  rule(c);
  track_content(c, 1, eval);
}

const Op kExpandOp = {"Expand", kView, 1, 2, 1, make_attrs<ExpandAttrs>, infer, eval};

}  // namespace hone
