// One-hot encoding: shape rule and reference evaluation. Indices outside [-depth, depth) mark nothing.
#include "ops/one_hot.h"

#include "ops/reference.h"

namespace hone {
namespace {

// The depth may be given as a floating-point constant too.
std::optional<std::vector<Dim>> depth_content(const TensorInfo& depth) {
  if (depth.constant == nullptr || !is_float(depth.type)) return known_content(depth);
  const std::vector<int64_t> v = depth.constant->as_ints();
  return std::vector<Dim>(v.begin(), v.end());
}

void infer_one_hot(InferContext& c) {
  Shape s = c.in(0).shape;
  const int64_t axis = normalize_axis(c.attr<OneHotAttrs>().axis, static_cast<int64_t>(s.size()) + 1);
  const auto content = depth_content(c.in(1));
  require<ModelError>(!content || content->size() == 1, "the depth must be one number");
  const Dim depth = content ? content->front() : c.data_dependent(0);
  require<ModelError>(!depth.is_const() || depth.value() >= 1, "the depth is {}", depth.str());
  require<ModelError>(c.in(2).shape.size() == 1, "the values must be [off, on], have shape {}", str(c.in(2).shape));
  require_same_dim(c.in(2).shape[0], 2, "number of values and 2");
  s.insert(s.begin() + axis, depth);
  c.outputs[0] = {c.in(2).type, s, std::nullopt, nullptr};
}

void eval_one_hot(EvalContext& c) {
  Dims d = c.in(0).dims();
  const auto axis = static_cast<size_t>(normalize_axis(c.attr<OneHotAttrs>().axis, c.in(0).rank() + 1));
  const int64_t depth = scalar_or(c, 1, 0);
  require<ModelError>(depth >= 1, "the depth is {}", depth);
  d.insert(d.begin() + static_cast<long>(axis), depth);
  const std::vector<int64_t> indices = c.in(0).as_ints();
  const AxisView v(d, axis);
  with_width(c.in(2).type(), [&]<class T>() {
    const T* values = static_cast<const T*>(c.in(2).raw());
    Tensor& out = c.out(0, c.in(2).type(), d);
    T* y = static_cast<T*>(out.raw());
    std::fill_n(y, out.count(), values[0]);
    for (size_t i = 0; i < indices.size(); ++i) {
      const int64_t at = indices[i] < 0 ? indices[i] + depth : indices[i];
      if (at >= 0 && at < depth) y[v.begin(static_cast<int64_t>(i)) + at * v.inner] = values[1];
    }
  });
}

}  // namespace

const Op kOneHotOp = {"OneHot", kNoFlags, 3, 3, 1, make_attrs<OneHotAttrs>, infer_one_hot, eval_one_hot};

}  // namespace hone
