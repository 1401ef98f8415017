// Concat: inputs one after another along an axis.
#include "ops/concat.h"

#include <cstring>

#include "ops/movement.h"

namespace hone {

static void rule(InferContext& c) {
  const TensorInfo& first = c.in(0);
  Shape out = first.shape;
  require<ModelError>(!out.empty(), "scalars cannot be concatenated");
  const auto axis = static_cast<size_t>(normalize_axis(c.attr<ConcatAttrs>().axis, static_cast<int64_t>(out.size())));
  for (size_t i = 1; i < c.inputs.size(); ++i) {
    const TensorInfo& t = c.in(i);
    require<ModelError>(t.type == first.type, "Concat joins {} and {}", name(first.type), name(t.type));
    require<ModelError>(t.shape.size() == out.size(), "Concat joins {} and {}", str(first.shape), str(t.shape));
    for (size_t k = 0; k < out.size(); ++k) {
      if (k == axis) {
        out[k] += t.shape[k];
        continue;
      }
      require<ModelError>(!out[k].is_const() || !t.shape[k].is_const() || out[k] == t.shape[k],
                          "Concat along axis {} joins {} and {}", axis, str(first.shape), str(t.shape));
      if (t.shape[k].is_const()) out[k] = t.shape[k];
    }
  }
  c.outputs[0] = {first.type, out, std::nullopt, nullptr};
}

static void eval(EvalContext& c) {
  Tensor& y = allocate_output(c, rule);
  const auto axis = static_cast<size_t>(normalize_axis(c.attr<ConcatAttrs>().axis, y.rank()));
  const Dims strides = contiguous_strides(y.dims());
  auto* to = static_cast<std::byte*>(y.raw());
  for (const Tensor* x : c.inputs) {
    strided_copy(x->type(), x->dims(), x->raw(), contiguous_strides(x->dims()), to, strides);
    to += storage_bytes(y.type(), x->dims()[axis] * strides[axis]);
  }
}

static void infer(InferContext& c) {
  rule(c);
  track_content(c, c.inputs.size(), eval);
}

const Op kConcatOp = {"Concat", kView, 1, -1, 1, make_attrs<ConcatAttrs>, infer, eval};

}  // namespace hone
