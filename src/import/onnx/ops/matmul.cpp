// Matrix products.
#include "ops/matmul.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "ops/cumulative.h"
#include "ops/einsum.h"
#include "ops/quantize.h"

namespace hone::onnx {

namespace {

Value* product(OnnxContext& c, Value* a, Value* b) {
  MatMulAttrs m;
  if (a->rank() == 1) m.op_a = MatrixOp::kVector;
  if (b->rank() == 1) m.op_b = MatrixOp::kVector;
  require<ModelError>(a->rank() > 0 && b->rank() > 0, "an operand is a scalar");
  return c.make(kMatMulOp, {a, b}, std::move(m));
}

bool is_zero(OnnxContext& c, Value* v) {
  const auto k = c.known(v);
  if (!k) return false;
  for (const double d : k->as_doubles())
    if (d != 0) return false;
  return true;
}

/// x minus its zero point (a scalar, or one per row of a left and per column of a right operand), in floats.
Value* centred(OnnxContext& c, Value* x, Value* zero, bool left) {
  Value* f = c.cast(x, DType::kF32);
  if (zero == nullptr || is_zero(c, zero)) return f;
  Value* z = c.cast(zero, DType::kF32);
  if (z->rank() == 1) z = z->shape()[0].is(1) ? c.squeeze(z, {0}) : left ? c.unsqueeze(z, {1}) : z;
  return c.sub(f, z);
}

/// A scale in the same places as its zero point.
Value* scale_of(OnnxContext& c, Value* s, bool left) {
  if (s->rank() != 1) return s;
  return s->shape()[0].is(1) ? c.squeeze(s, {0}) : left ? c.unsqueeze(s, {1}) : s;
}

}  // namespace

void import_matmul(OnnxContext& c, const NodeView&) { c.set(0, product(c, c.in(0), c.in(1))); }

void import_gemm(OnnxContext& c, const NodeView& n) {
  Value *a = c.in(0), *b = c.in(1);
  // Tools that fuse MatMul and Add write stacks of matrices too; their meaning is plain.
  require<ModelError>(a->rank() >= 2 && b->rank() >= 2, "operands of rank {} and {}, not 2", a->rank(), b->rank());
  MatMulAttrs m;
  if (n.i("transA", 0) != 0) m.op_a = MatrixOp::kTranspose;
  if (n.i("transB", 0) != 0) m.op_b = MatrixOp::kTranspose;
  const double alpha = n.f("alpha", 1), beta = n.f("beta", 1);
  Value* y = c.make(kMatMulOp, {a, b}, std::move(m));
  if (alpha != 1) y = c.mul(y, c.like(y, alpha));
  Value* bias = c.opt(2);
  if (bias != nullptr && beta != 0) y = c.add(y, beta != 1 ? c.mul(bias, c.like(bias, beta)) : bias);
  c.set(0, y);
}

void import_matmul_integer(OnnxContext& c, const NodeView&) {
  Value* a = centred(c, c.in(0), c.opt(2), true);
  Value* b = centred(c, c.in(1), c.opt(3), false);
  c.set(0, c.cast(product(c, a, b), DType::kI32));
}

void import_qlinear_matmul(OnnxContext& c, const NodeView&) {
  auto f32 = [&](Value* v) { return c.cast(v, DType::kF32); };
  Value* a = c.mul(centred(c, c.in(0), c.in(2), true), scale_of(c, f32(c.in(1)), true));
  Value* b = c.mul(centred(c, c.in(3), c.in(5), false), scale_of(c, f32(c.in(4)), false));
  QuantizeAttrs q;
  q.to = c.in(7)->type();
  Value* y = product(c, a, b);
  c.set(0, c.make(kQuantizeOp, {y, c.reshape(f32(c.in(6)), Ints{}), c.reshape(c.in(7), Ints{})}, std::move(q)));
}

void import_einsum(OnnxContext& c, const NodeView& n) {
  EinsumAttrs a;
  a.equation = n.s("equation");
  c.set(0, c.make(kEinsumOp, c.all(), std::move(a)));
}

void import_cumulative(OnnxContext& c, const NodeView& n) {
  CumulativeAttrs a;
  a.product = n.type() == "CumProd";
  a.exclusive = n.flag("exclusive");
  a.reverse = n.flag("reverse");
  Values in = {c.in(0)};
  if (const auto axis = c.known_ints(c.in(1)); axis && axis->size() == 1) {
    a.axis = normalize_axis(axis->at(0), c.in(0)->rank());
  } else {
    in.push_back(c.to_i64(c.in(1)));
  }
  c.set(0, c.make(kCumulativeOp, in, std::move(a)));
}

void import_det(OnnxContext& c, const NodeView&) { c.set(0, c.make(kDetOp, {c.in(0)})); }

}  // namespace hone::onnx
