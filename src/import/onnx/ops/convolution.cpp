// Convolutions of floating-point and integer tensors.
#include "ops/convolution.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/ops/window.h"
#include "ops/concat.h"
#include "ops/deconvolution.h"
#include "ops/map.h"
#include "ops/quantize.h"

namespace hone::onnx {

size_t spatial_rank(const Value* v) {
  require<ModelError>(v->rank() >= 3, "the input has rank {}; [N, C, spatial...] is needed", v->rank());
  return static_cast<size_t>(v->rank()) - 2;
}

Window window(const NodeView& n, size_t rank) {
  Window w;
  w.stride = n.ints("strides", Ints(rank, 1));
  w.dilation = n.ints("dilations", Ints(rank, 1));
  Ints pads = n.ints("pads", Ints(2 * rank, 0));
  const std::string mode = n.s("auto_pad", "NOTSET");
  require<ModelError>(w.stride.size() == rank && w.dilation.size() == rank,
                      "{} strides and {} dilations for {} spatial axes", w.stride.size(), w.dilation.size(), rank);
  if (mode == "SAME_UPPER") {
    w.auto_pad = AutoPad::kSameUpper;
  } else if (mode == "SAME_LOWER") {
    w.auto_pad = AutoPad::kSameLower;
  } else {
    require<ModelError>(mode == "NOTSET" || mode == "VALID", "auto_pad '{}'", mode);
  }
  if (mode != "NOTSET") pads.assign(2 * rank, 0);
  if (pads.empty()) pads.assign(2 * rank, 0);
  require<ModelError>(pads.size() == 2 * rank, "{} pads for {} spatial axes", pads.size(), rank);
  w.pre_pad.assign(pads.begin(), pads.begin() + static_cast<int64_t>(rank));
  w.post_pad.assign(pads.begin() + static_cast<int64_t>(rank), pads.end());
  return w;
}

namespace {

ConvolutionAttrs convolution_attrs(const NodeView& n, const Value* x, const Value* w) {
  ConvolutionAttrs a;
  const size_t rank = spatial_rank(x);
  require<ModelError>(w->rank() == x->rank(), "input of rank {}, weights of rank {}", x->rank(), w->rank());
  const Ints kernel = n.ints("kernel_shape");
  for (size_t i = 0; i < kernel.size(); ++i)
    require<ModelError>(kernel.size() == rank && w->shape()[i + 2].value_or(kernel[i]) == kernel[i],
                        "kernel_shape {} does not fit weights {}", str(kernel), str(w->shape()));
  a.window = window(n, rank);
  a.groups = n.i("group", 1);
  return a;
}

/// x - zero_point in floats: exact for 8-bit integers.
Value* centred(OnnxContext& c, Value* x, Value* zero, int64_t axis) {
  Value* f = c.cast(x, DType::kF32);
  if (zero == nullptr) return f;
  if (const auto k = c.known(zero); k && [&] {
        for (const double d : k->as_doubles())
          if (d != 0) return false;
        return true;
      }())
    return f;
  Value* z = c.cast(zero, DType::kF32);
  if (z->rank() == 1 && !z->shape()[0].is(1)) z = c.unsqueeze(z, iota(x->rank() - 1 - axis, 1));
  if (z->rank() == 1 && z->shape()[0].is(1)) z = c.squeeze(z, {0});
  return c.sub(f, z);
}

}  // namespace

void import_conv(OnnxContext& c, const NodeView& n) {
  c.set(0, c.make(kConvolutionOp, {c.in(0), c.in(1), c.opt(2)}, convolution_attrs(n, c.in(0), c.in(1))));
}

void import_conv_integer(OnnxContext& c, const NodeView& n) {
  Value* x = centred(c, c.in(0), c.opt(2), 1);
  Value* w = centred(c, c.in(1), c.opt(3), 0);
  Value* y = c.make(kConvolutionOp, {x, w}, convolution_attrs(n, x, w));
  c.set(0, c.cast(y, DType::kI32));
}

void import_qlinear_conv(OnnxContext& c, const NodeView& n) {
  Value* x = centred(c, c.in(0), c.in(2), 1);
  Value* w = centred(c, c.in(3), c.in(5), 0);
  x = c.mul(x, c.reshape(c.in(1), Ints{}));
  Value* ws = c.in(4);
  const bool per_channel = ws->rank() == 1 && !ws->shape()[0].is(1);
  w = c.mul(w, per_channel ? c.unsqueeze(ws, iota(w->rank() - 1, 1)) : c.reshape(ws, Ints{}));
  Value* bias = nullptr;
  if (c.has(8))  // stored in units of x_scale * w_scale
    bias = c.mul(c.cast(c.in(8), DType::kF32),
                 c.mul(c.reshape(c.in(1), Ints{}), per_channel ? ws : c.reshape(ws, Ints{})));
  Value* y = c.make(kConvolutionOp, {x, w, bias}, convolution_attrs(n, x, w));
  QuantizeAttrs q;
  q.to = c.in(7)->type();
  c.set(0, c.make(kQuantizeOp, {y, c.reshape(c.in(6), Ints{}), c.reshape(c.in(7), Ints{})}, std::move(q)));
}

void import_conv_transpose(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *w = c.in(1);
  const size_t rank = spatial_rank(x);
  DeconvolutionAttrs a;
  a.window = window(n, rank);
  a.groups = n.i("group", 1);
  a.output_padding = n.ints("output_padding");
  a.output_shape = n.ints("output_shape");
  if (a.output_shape.size() == rank + 2) a.output_shape.erase(a.output_shape.begin(), a.output_shape.begin() + 2);
  require<ModelError>(a.output_shape.empty() || a.output_shape.size() == rank, "output_shape has {} entries",
                      a.output_shape.size());
  require<ModelError>(a.output_padding.empty() || a.output_padding.size() == rank, "output_padding has {} entries",
                      a.output_padding.size());
  c.set(0, c.make(kDeconvolutionOp, {x, w, c.opt(2)}, std::move(a)));
}

void import_causal_conv(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *w = c.in(1), *past = c.opt(3);
  require<ModelError>(x->rank() == 3 && w->rank() == 3, "input and weights must have rank 3");
  const Dim &k = w->shape()[2], &channels = w->shape()[0];
  require<Unsupported>(k.is_const() && channels.is_const(), "the weights' shape must be known at build time");
  const std::string activation = n.s("activation", "none");
  require<ModelError>(activation == "none" || activation == "silu" || activation == "swish", "activation '{}'",
                      activation);
  const int64_t state = k.value() - 1;
  if (past == nullptr) past = c.expand(c.like(x, 0), c.concat({c.extent(x, 0), c.extent(x, 1), c.ints({state})}, 0));
  Value* padded = c.concat({past, x}, 2);
  ConvolutionAttrs a;
  a.window = window(n, 1);
  a.groups = channels.value();
  Value* y = c.make(kConvolutionOp, {padded, w, c.opt(2)}, std::move(a));
  if (activation != "none") y = c.map(ScalarFn::kSilu, {y}, 1);
  if (n.has_output(1)) {
    Value* end = c.extent(padded, 2);
    c.set(1, c.slice(padded, 2, c.sub(end, c.ints({state})), end));
  }
  c.set(0, y);
}

}  // namespace hone::onnx
