// Squeeze: removes axes of extent 1.
#include "ops/squeeze.h"

#include <algorithm>
#include <cstring>

#include "ops/movement.h"

namespace hone {

static std::vector<int64_t> squeezed_axes(const InferContext& c) {
  const Shape& s = c.in(0).shape;
  const auto given = const_argument(c, 1, c.attr<SqueezeAttrs>().axes, "axes of Squeeze");
  if (!given.empty() || c.has(1)) return normalize_axes(given, static_cast<int64_t>(s.size()));
  std::vector<int64_t> axes;
  for (size_t i = 0; i < s.size(); ++i) {
    require<Unsupported>(s[i].is_const(), "Squeeze without axes needs static dims, not {}", str(s));
    if (s[i].is(1)) axes.push_back(static_cast<int64_t>(i));
  }
  return axes;
}

static void rule(InferContext& c) {
  const TensorInfo& x = c.in(0);
  const auto axes = squeezed_axes(c);
  Shape out;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    if (std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) == axes.end())
      out.push_back(x.shape[i]);
    else
      require<ModelError>(!x.shape[i].is_const() || x.shape[i].is(1), "axis {} of {} cannot be squeezed", i,
                          str(x.shape));
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

static void eval(EvalContext& c) {
  Tensor& y = allocate_output(c, rule);
  if (y.bytes() > 0) std::memcpy(y.raw(), c.in(0).raw(), y.bytes());
}

static void infer(InferContext& c) {
  rule(c);
  c.outputs[0].content = known_content(c.in(0));
}

const Op kSqueezeOp = {"Squeeze", kView, 1, 2, 1, make_attrs<SqueezeAttrs>, infer, eval};

}  // namespace hone
