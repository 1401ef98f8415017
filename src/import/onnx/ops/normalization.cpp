// Normalisations by statistics of the data or by stored ones.
#include "ops/normalization.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/ops/window.h"
#include "ops/lrn.h"

namespace hone::onnx {

namespace {
/// A vector over channels in the shape that broadcasts to [N, C, ...].
Value* per_channel(OnnxContext& c, Value* v, const Value* x) {
  require<ModelError>(v->rank() == 1, "a vector over the channels is needed, not rank {}", v->rank());
  return x->rank() > 2 ? c.unsqueeze(v, iota(x->rank() - 2, 1)) : v;
}
Value* sqrt(OnnxContext& c, Value* v) { return c.map(ScalarFn::kSqrt, {v}); }
Value* square(OnnxContext& c, Value* v) { return c.map(ScalarFn::kSquare, {v}); }
}  // namespace

void import_batch_norm(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *scale = c.in(1), *bias = c.in(2), *mean = c.in(3), *var = c.in(4);
  require<ModelError>(x->rank() >= 2 || n.opset() >= 9, "the input has rank {}", x->rank());
  require<Unsupported>(n.opset() >= 9 || n.i("spatial", 1) == 1, "BatchNormalization with spatial = 0");
  const double epsilon = n.f("epsilon", 1e-5f);
  const bool training = n.flag("training_mode");
  if (training) {
    // Statistics of this batch; the running ones move towards them.
    Ints axes = {0};
    for (int64_t i = 2; i < x->rank(); ++i) axes.push_back(i);
    Value* batch_mean = c.reduce(ReduceKind::kAvg, x, axes);
    Value* centred = c.sub(x, batch_mean);
    Value* batch_var = c.reduce(ReduceKind::kAvg, square(c, centred), axes);
    Value* m = c.reshape(batch_mean, Ints{-1});
    Value* v = c.reshape(batch_var, Ints{-1});
    const double momentum = n.f("momentum", 0.9f);
    auto blend = [&](Value* old, Value* now) {
      return c.add(c.mul(old, c.like(old, momentum)), c.cast(c.mul(now, c.like(now, 1 - momentum)), old->type()));
    };
    if (n.has_output(1)) c.set(1, blend(mean, m));
    if (n.has_output(2)) c.set(2, blend(var, v));
    mean = m, var = v;
  } else if (n.opset() >= 14) {
    c.refuse_output(1, "running mean outside training mode");
  }
  // Known statistics are combined in double precision: an error of a channel's factor would be in all of its values,
  // and add up from layer to layer instead of averaging out.
  const auto known = [](const Value* v) { return v->constant() != nullptr; };
  const DType type = known(scale) && known(bias) && known(mean) && known(var) ? DType::kF64 : var->type();
  mean = c.cast(mean, type), var = c.cast(var, type);
  Value* deviation = sqrt(c, c.add(var, c.like(var, epsilon)));
  Value* factor = c.div(c.cast(scale, type), deviation);
  Value* shift = c.sub(c.cast(bias, type), c.mul(mean, factor));
  factor = c.cast(factor, x->type()), shift = c.cast(shift, x->type());
  c.set(0, c.add(c.mul(x, per_channel(c, factor, x)), per_channel(c, shift, x)));
}

void import_instance_norm(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  NormalizationAttrs a;
  a.axes = iota(static_cast<int64_t>(spatial_rank(x)), 2);
  a.epsilon = n.f("epsilon", 1e-5f);
  c.set(0, c.make(kNormalizationOp, {x, per_channel(c, c.in(1), x), per_channel(c, c.in(2), x)}, std::move(a)));
}

void import_group_norm(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *scale = c.in(1), *bias = c.in(2);
  spatial_rank(x);
  NormalizationAttrs a;
  a.groups = n.i("num_groups");
  a.epsilon = n.f("epsilon", 1e-5f);
  const Dim& channels = x->shape()[1];
  require<ModelError>(a.groups > 0 && (!channels.is_const() || channels.value() % a.groups == 0),
                      "{} channels in {} groups", channels.str(), a.groups);
  a.axes = iota(x->rank() - 2, 2);
  if (a.groups == 1) a.axes.insert(a.axes.begin(), 1);
  if (n.opset() < 21 && !(scale->shape().at(0) == channels)) {
    // One factor per group: repeat it for each of the group's channels.
    require<Unsupported>(channels.is_const(), "the number of channels must be known at build time");
    const Ints shape = {a.groups, channels.value() / a.groups};
    auto repeat = [&](Value* v) {
      return c.reshape(c.expand(c.unsqueeze(v, {1}), c.ints(shape)), Ints{channels.value()});
    };
    scale = repeat(scale), bias = repeat(bias);
  }
  c.set(0, c.make(kNormalizationOp, {x, per_channel(c, scale, x), per_channel(c, bias, x)}, std::move(a)));
}

void import_layer_norm(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const int64_t axis = normalize_axis(n.i("axis", -1), x->rank());
  NormalizationAttrs a;
  a.axes = iota(x->rank() - axis, axis);
  a.epsilon = n.f("epsilon", 1e-5f);
  a.rms = n.type() == "RMSNormalization";
  if (n.has_output(1) || n.has_output(2)) {
    const DType type = x->type() == DType::kF64 ? DType::kF64 : DType::kF32;
    Value* f = c.cast(x, type);
    Value* mean = c.reduce(ReduceKind::kAvg, f, a.axes);
    if (n.has_output(1)) c.set(1, mean);
    if (n.has_output(2)) {
      Value* var = c.reduce(ReduceKind::kAvg, square(c, c.sub(f, mean)), a.axes);
      c.set(2, c.map(ScalarFn::kRsqrt, {c.add(var, c.like(var, a.epsilon))}));
    }
  }
  Value *scale = c.cast(c.in(1), x->type()), *bias = a.rms ? nullptr : c.opt(2);
  if (bias != nullptr) bias = c.cast(bias, x->type());
  const bool rms = a.rms;
  Values in = {x, scale};
  if (!rms && bias != nullptr) in.push_back(bias);
  c.set(0, c.make(kNormalizationOp, in, std::move(a)));
}

void import_lp_norm(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const int64_t axis = normalize_axis(n.i("axis", -1), x->rank()), p = n.i("p", 2);
  require<ModelError>(p == 1 || p == 2, "p must be 1 or 2, is {}", p);
  Value* norm = c.reduce(p == 1 ? ReduceKind::kL1 : ReduceKind::kL2, x, {axis});
  // Where the norm is zero so is every element: the quotient is defined as zero.
  Value* zero = c.map(ScalarFn::kEqual, {norm, c.like(norm, 0)});
  c.set(0, c.div(x, c.select(zero, c.like(norm, 1), norm)));
}

void import_mean_variance_norm(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const Ints axes = n.ints("axes", {0, 2, 3});
  Value* centred = c.sub(x, c.reduce(ReduceKind::kAvg, x, axes));
  Value* deviation = sqrt(c, c.reduce(ReduceKind::kAvg, square(c, centred), axes));
  c.set(0, c.div(centred, c.add(deviation, c.like(x, 1e-9))));
}

void import_lrn(OnnxContext& c, const NodeView& n) {
  LrnAttrs a;
  a.window = n.i("size");
  a.alpha = n.f("alpha", 1e-4f), a.beta = n.f("beta", 0.75f), a.k = n.f("bias", 1);
  c.set(0, c.make(kLrnOp, {c.in(0)}, std::move(a)));
}

}  // namespace hone::onnx
