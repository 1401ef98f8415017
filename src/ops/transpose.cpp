// Transpose: permutation of the axes; an empty permutation reverses them.
#include "ops/transpose.h"

#include "ops/movement.h"

namespace hone {

static void rule(InferContext& c) {
  const TensorInfo& x = c.in(0);
  Shape out;
  for (int64_t p : normalize_perm(c.attr<TransposeAttrs>().perm, static_cast<int64_t>(x.shape.size()), true))
    out.push_back(x.shape[static_cast<size_t>(p)]);
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

static void eval(EvalContext& c) {
  Tensor& y = allocate_output(c, rule);
  transpose_into(c.in(0), normalize_perm(c.attr<TransposeAttrs>().perm, c.in(0).rank(), true), y);
}

static void infer(InferContext& c) {
  rule(c);
  track_content(c, 1, eval);
}

const Op kTransposeOp = {"Transpose", kView, 1, 1, 1, make_attrs<TransposeAttrs>, infer, eval};

}  // namespace hone
