// A convolution of data that is first multiplied by a factor per image and channel (the end of a squeeze-excite block).
// Inputs: X [N,C,spatial...], W [K,C/groups,kernel...], factors [N or 1,C,1...], optional B [K]; the attributes are
// those of the convolution. Shape rule and reference evaluation go through the operators that it stands for.
#include "ops/convolution.h"
#include "ops/map.h"
#include "ops/reference.h"

namespace hone {
namespace {

void infer_scaled(InferContext& c) {
  const Shape &x = c.in(0).shape, &s = c.in(2).shape;
  require_type_of_first(c, 2, "the factors");
  require<ModelError>(s.size() == x.size(), "factors {} do not match data {}", str(s), str(x));
  for (size_t i = 0; i < s.size(); ++i)
    require<ModelError>(i > 1 ? s[i].is(1) : s[i] == x[i] || (i == 0 && s[i].is(1)), "factors {} for data {}", str(s),
                        str(x));
  InferContext inner;
  inner.attrs = c.attrs;
  inner.inputs = {c.inputs[0], c.inputs[1], c.has(3) ? c.inputs[3] : nullptr};
  inner.outputs.resize(1);
  infer(kConvolutionOp, inner);
  c.outputs[0] = inner.outputs[0];
}

void eval_scaled(EvalContext& c) {
  MapAttrs product;
  product.fn = ScalarFn::kMul;
  const Tensor* factors[] = {&c.in(0), &c.in(2)};
  const Tensor x = evaluate(kMapOp, product, factors, 1)[0];
  std::vector<const Tensor*> in = {&x, &c.in(1)};
  if (c.has(3)) in.push_back(c.inputs[3]);
  c.outputs[0] = evaluate(kConvolutionOp, *c.attrs, in, 1)[0];
}

}  // namespace

const Op kScaledConvolutionOp = {"ScaledConvolution",          kHeavy,       3,          4, 1,
                                 make_attrs<ConvolutionAttrs>, infer_scaled, eval_scaled};

}  // namespace hone
