// Unsqueeze: inserts axes of extent 1.
#include "ops/unsqueeze.h"

#include <cstring>

#include "ops/movement.h"

namespace hone {

static void rule(InferContext& c) {
  const TensorInfo& x = c.in(0);
  const auto given = const_argument(c, 1, c.attr<UnsqueezeAttrs>().axes, "axes of Unsqueeze");
  const size_t rank = x.shape.size() + given.size();
  std::vector<bool> fresh(rank, false);
  for (int64_t a : normalize_axes(given, static_cast<int64_t>(rank))) fresh[static_cast<size_t>(a)] = true;
  Shape out;
  size_t next = 0;
  for (size_t i = 0; i < rank; ++i) out.push_back(fresh[i] ? Dim(1) : x.shape[next++]);
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

const Op kUnsqueezeOp = {"Unsqueeze", kView, 1, 2, 1, make_attrs<UnsqueezeAttrs>, infer, eval};

}  // namespace hone
