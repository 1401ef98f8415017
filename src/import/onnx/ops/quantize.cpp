// Quantisation to and from integers and narrow floats.
#include "ops/quantize.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/model_file.h"
#include "ops/dequantize.h"

namespace hone::onnx {

namespace {
/// A vector of one element is a scalar here, as opsets before 13 wrote it.
Value* scalar_or_vector(OnnxContext& c, Value* v) {
  return v != nullptr && v->rank() == 1 && v->shape()[0].is(1) ? c.squeeze(v, {0}) : v;
}
int64_t axis_of(const NodeView& n, const Value* x, const Value* scale) {
  const int64_t axis = n.i("axis", 1);
  return scale->rank() == 0 ? 0 : normalize_axis(axis, x->rank());
}
}  // namespace

void import_quantize(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *scale = c.in(1), *zero = c.opt(2);
  QuantizeAttrs a;
  a.block_size = n.i("block_size", 0);
  if (a.block_size == 0) scale = scalar_or_vector(c, scale), zero = scalar_or_vector(c, zero);
  a.axis = axis_of(n, x, scale);
  const int64_t to = n.i("output_dtype", 0);
  a.to = to != 0 ? dtype_of_onnx(static_cast<int>(to)) : zero != nullptr ? zero->type() : DType::kU8;
  require<ModelError>(zero == nullptr || zero->type() == a.to, "the zero point is {}, output_dtype asks for {}",
                      name(zero != nullptr ? zero->type() : a.to), name(a.to));
  if (x->type() == DType::kI32) x = c.cast(x, DType::kF32);
  if (x->type() != scale->type()) x = c.cast(x, DType::kF32), scale = c.cast(scale, DType::kF32);
  c.set(0, c.make(kQuantizeOp, {x, scale, zero}, std::move(a)));
}

void import_dequantize(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *scale = c.in(1), *zero = c.opt(2);
  DequantizeAttrs a;
  a.block_size = n.i("block_size", 0);
  if (a.block_size == 0) scale = scalar_or_vector(c, scale), zero = scalar_or_vector(c, zero);
  a.axis = axis_of(n, x, scale);
  const int64_t to = n.i("output_dtype", 0);
  a.to = to != 0 ? dtype_of_onnx(static_cast<int>(to)) : scale->type();
  c.set(0, c.make(kDequantizeOp, {x, scale, zero}, std::move(a)));
}

void import_dynamic_quantize(OnnxContext& c, const NodeView&) {
  Value* x = c.in(0);
  Value *zero = c.like(x, 0), *top = c.like(x, 255);
  const Ints all = iota(x->rank());
  // The range always holds zero, so that zero is exact.
  Value* low = c.map(ScalarFn::kMin, {c.reduce(ReduceKind::kMin, x, all, false), zero});
  Value* high = c.map(ScalarFn::kMax, {c.reduce(ReduceKind::kMax, x, all, false), zero});
  Value* scale = c.div(c.sub(high, low), top);
  Value* flat = c.map(ScalarFn::kEqual, {scale, zero});
  Value* divisor = c.select(flat, c.like(x, 1), scale);
  Value* point = c.map(ScalarFn::kRound, {c.map(ScalarFn::kClip, {c.sub(zero, c.div(low, divisor))}, 0, 255)});
  point = c.cast(point, DType::kU8);
  QuantizeAttrs a;
  a.to = DType::kU8;
  a.axis = 0;
  c.set(0, c.make(kQuantizeOp, {x, divisor, point}, std::move(a)));
  c.set(1, scale);
  c.set(2, point);
}

}  // namespace hone::onnx
