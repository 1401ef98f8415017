// Softmax and its relatives, losses made of it, dropout.
#include "ops/softmax.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "ops/arg_reduce.h"
#include "ops/gather.h"
#include "ops/one_hot.h"

namespace hone::onnx {

namespace {

/// One-hot of the maximum along an axis.
Value* hardmax(OnnxContext& c, Value* x, int64_t axis) {
  ArgReduceAttrs a;
  a.axis = axis;
  a.keep_dims = false;
  Value* at = c.make(kArgReduceOp, {x}, std::move(a));
  OneHotAttrs o;
  o.axis = axis;
  return c.make(kOneHotOp, {at, c.squeeze(c.extent(x, axis), {0}), c.doubles(x->type(), {0, 1}, {2})}, std::move(o));
}

Value* apply(OnnxContext& c, const std::string& type, Value* x, int64_t axis) {
  return type == "Hardmax" ? hardmax(c, x, axis) : c.softmax(x, axis, type == "LogSoftmax");
}

}  // namespace

void import_softmax(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const int64_t rank = x->rank();
  if (n.opset() >= 13) {
    const int64_t axis = n.i("axis", -1);
    if (rank == 0 && (axis == 0 || axis == -1))
      return c.set(0, c.squeeze(apply(c, n.type(), c.unsqueeze(x, {0}), 0), {0}));
    return c.set(0, apply(c, n.type(), x, normalize_axis(axis, rank)));
  }
  // Before opset 13 the input was taken as a matrix, cut at the axis.
  const int64_t axis = normalize_axis(n.i("axis", 1), rank);
  bool single = true;
  for (int64_t i = axis + 1; i < rank; ++i) single = single && x->shape()[static_cast<size_t>(i)].is(1);
  if (single) return c.set(0, apply(c, n.type(), x, axis));
  Value* matrix = c.reshape(x, c.concat({c.product(x, 0, axis), c.product(x, axis, rank)}, 0), false);
  c.set(0, c.reshape(apply(c, n.type(), matrix, 1), c.shape_of(x), false));
}

void import_dropout(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  bool training = n.opset() < 7 && n.i("is_test", 0) == 0 && false;  // inference is what we build for
  if (c.has(2)) {
    const auto mode = c.static_ints(2, "training_mode");
    training = !mode->empty() && mode->at(0) != 0;
  }
  require<Unsupported>(!training || c.static_number(1, "ratio", 0.5) == 0, "Dropout in training mode");
  c.set(0, x);
  if (n.has_output(1)) {
    Value* one = c.scalar(n.opset() < 10 ? x->type() : DType::kBool, 1);
    c.set(1, c.expand(one, c.shape_of(x)));
  }
}

namespace {

/// -w[t] * logp[t] over classes (axis 1), zero where the target is ignored; `sum_of_weights` for the mean.
Value* likelihood(OnnxContext& c, const NodeView& n, Value* logp, Value* target, Value* weight) {
  const std::string reduction = n.s("reduction", "mean");
  require<ModelError>(reduction == "mean" || reduction == "sum" || reduction == "none", "reduction '{}'", reduction);
  require<ModelError>(logp->rank() >= 2 && target->rank() == logp->rank() - 1,
                      "scores of rank {} and targets of rank {}", logp->rank(), target->rank());
  Value* ignored = nullptr;
  if (n.has("ignore_index")) {
    ignored = c.map(ScalarFn::kEqual, {target, c.like(target, static_cast<double>(n.i("ignore_index")))});
    target = c.select(ignored, c.like(target, 0), target);
  }
  GatherAttrs g;
  g.mode = GatherMode::kElement;
  g.axis = 1;
  Value* picked = c.squeeze(c.make(kGatherOp, {logp, c.unsqueeze(target, {1})}, std::move(g)), {1});
  Value* w = weight != nullptr ? c.gather(weight, target, 0) : nullptr;
  if (ignored != nullptr) {
    if (w == nullptr) w = c.expand(c.like(picked, 1), c.shape_of(target));
    w = c.select(ignored, c.like(w, 0), w);
  }
  Value* loss = c.map(ScalarFn::kNeg, {picked});
  if (w != nullptr) loss = c.mul(loss, w);
  if (reduction == "none") return loss;
  const Ints all = iota(loss->rank());
  if (reduction == "sum") return c.reduce(ReduceKind::kSum, loss, all, false);
  if (w == nullptr) return c.reduce(ReduceKind::kAvg, loss, all, false);
  return c.div(c.reduce(ReduceKind::kSum, loss, all, false), c.reduce(ReduceKind::kSum, w, all, false));
}

}  // namespace

void import_nll_loss(OnnxContext& c, const NodeView& n) { c.set(0, likelihood(c, n, c.in(0), c.in(1), c.opt(2))); }

void import_softmax_cross_entropy(OnnxContext& c, const NodeView& n) {
  Value* logp = c.softmax(c.in(0), 1, true);
  c.set(0, likelihood(c, n, logp, c.in(1), c.opt(2)));
  c.set(1, logp);
}

}  // namespace hone::onnx
