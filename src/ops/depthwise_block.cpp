// Depthwise blocks: shape rule and reference evaluation, both through the operators that they stand for.
#include "ops/depthwise_block.h"

#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "ops/reference.h"

namespace hone {
namespace {

enum Input : size_t { kData, kFilters, kFilterBias, kExpansion, kExpansionBias, kProjection, kProjectionBias };

void check_program(const PwProgram& p, const char* what) {
  p.check();
  require<ModelError>(p.empty() || (p.inputs == 1 && p.outputs.size() == 1),
                      "the program {} takes {} inputs and gives {} outputs", what, p.inputs, p.outputs.size());
  for (const PwInstr& i : p.code)
    require<ModelError>(is_float(i.type), "the program {} computes in {}", what, name(i.type));
}

/// Facts of the convolution of `data` with the weights and bias at inputs w and w + 1.
TensorInfo convolved(const InferContext& c, const TensorInfo& data, size_t w, ConvolutionAttrs attrs) {
  InferContext inner;
  inner.attrs = &attrs;
  inner.inputs = {&data, &c.in(w), c.has(w + 1) ? c.inputs[w + 1] : nullptr};
  inner.outputs.resize(1);
  infer(kConvolutionOp, inner);
  return inner.outputs[0];
}

TensorInfo convolved_by_pixel(const InferContext& c, const TensorInfo& data, size_t w) {
  const Shape& s = c.in(w).shape;
  require<ModelError>(s.size() == 4 && s[2].is(1) && s[3].is(1), "weights of a 1x1 convolution have the shape {}",
                      str(s));
  return convolved(c, data, w, ConvolutionAttrs());
}

void infer_block(InferContext& c) {
  const auto& a = c.attr<DepthwiseBlockAttrs>();
  require_float(c.in(0), "the data");
  require<ModelError>(c.in(0).shape.size() == 4, "a depthwise block needs data of rank 4, got {}", str(c.in(0).shape));
  check_program(a.between, "between");
  check_program(a.after, "after");
  TensorInfo data{c.in(0).type, c.in(0).shape, std::nullopt, nullptr};
  if (c.has(kExpansion)) data = convolved_by_pixel(c, data, kExpansion);
  const Shape& filters = c.in(kFilters).shape;
  require<ModelError>(filters.size() == 4 && filters[1].is(1) && filters[0].is_const(),
                      "depthwise weights have the shape {}", str(filters));
  ConvolutionAttrs depthwise;
  depthwise.window = a.window;
  depthwise.groups = filters[0].value();
  c.outputs[0] = convolved(c, data, kFilters, depthwise);
  require<ModelError>(c.outputs.size() == (a.mean ? 2u : 1u), "a depthwise block with {} outputs", c.outputs.size());
  if (c.has(kProjection)) {
    require<ModelError>(!a.mean, "a depthwise block with a projection gives no means");
    c.outputs[0] = convolved_by_pixel(c, c.outputs[0], kProjection);
  }
  const Shape& y = c.outputs[0].shape;
  if (a.mean) c.outputs[1] = {c.outputs[0].type, {y[0], y[1], 1, 1}, std::nullopt, nullptr};
}

Tensor apply(const PwProgram& p, Tensor t) {
  if (p.empty()) return t;
  const Tensor* in = &t;
  return evaluate(p, std::span(&in, 1))[0];
}

void eval_block(EvalContext& c) {
  const auto& a = c.attr<DepthwiseBlockAttrs>();
  const auto convolve = [&](const Tensor& x, size_t w, const ConvolutionAttrs& attrs) {
    std::vector<const Tensor*> in = {&x, &c.in(w)};
    if (c.has(w + 1)) in.push_back(c.inputs[w + 1]);
    return evaluate(kConvolutionOp, attrs, in, 1)[0];
  };
  Tensor x = c.in(0);
  if (c.has(kExpansion)) x = apply(a.between, convolve(x, kExpansion, ConvolutionAttrs()));
  ConvolutionAttrs depthwise;
  depthwise.window = a.window;
  depthwise.groups = c.in(kFilters).dims()[0];
  Tensor y = apply(a.after, convolve(x, kFilters, depthwise));
  if (a.mean) {
    ReduceAttrs mean;
    mean.kind = ReduceKind::kAvg;
    mean.axes = {2, 3};
    const Tensor* in = &y;
    c.outputs[1] = evaluate(kReduceOp, mean, std::span(&in, 1), 1)[0];
  }
  c.outputs[0] = c.has(kProjection) ? convolve(y, kProjection, ConvolutionAttrs()) : std::move(y);
}

}  // namespace

const Op kDepthwiseBlockOp = {"DepthwiseBlock", kNoFlags,  2, 7, -1, make_attrs<DepthwiseBlockAttrs>,
                              infer_block,      eval_block};

}  // namespace hone
