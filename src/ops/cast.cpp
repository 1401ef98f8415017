// Cast: type rule and reference.
#include "ops/cast.h"

namespace hone {
namespace {

void infer_cast(InferContext& c) {
  const DType to = c.attr<CastAttrs>().to;
  c.outputs[0].type = to;
  c.outputs[0].shape = c.in(0).shape;
  if (!is_float(to) && !is_float(c.in(0).type) && to != DType::kBool) c.outputs[0].content = known_content(c.in(0));
}

void eval_cast(EvalContext& c) {
  const Tensor& in = c.in(0);
  const auto& a = c.attr<CastAttrs>();
  const Tensor converted = in.to(a.to);
  c.outputs[0] = converted.type() == in.type() ? in : converted;
}

}  // namespace

const Op kCastOp = {"Cast", kPointwise, 1, 1, 1, make_attrs<CastAttrs>, infer_cast, eval_cast};

}  // namespace hone
