// Linear attention: a state [B, H, Dk, Dv] that every time step decays, corrects and reads. A Loop over the steps.
#include <cmath>

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/ops/control_flow.h"
#include "ops/loop.h"

namespace hone::onnx {

namespace {

/// [B, T, H*D] as [T, B, H, D], in f32.
Value* by_time(OnnxContext& c, Value* v, int64_t heads) {
  return c.transpose(c.cast(c.reshape(v, Ints{0, 0, heads, -1}), DType::kF32), {1, 0, 2, 3});
}

struct Step {
  Value *q, *k, *v, *decay, *beta;  // of one time step, [B, H, D]; decay and beta may be null
};

/// The state after a step, and what the queries read from it.
std::pair<Value*, Value*> advance(Builder& b, Value* state, const Step& s, int64_t group, double scale) {
  if (s.decay != nullptr) state = b.mul(state, b.unsqueeze(b.map(ScalarFn::kExp, {s.decay}), {3}));
  Value *key = b.unsqueeze(s.k, {3}), *value = s.v;
  if (s.beta != nullptr) value = b.mul(s.beta, b.sub(value, b.reduce(ReduceKind::kSum, b.mul(state, key), {2}, false)));
  state = b.add(state, b.mul(key, b.unsqueeze(value, {2})));
  Value* seen = state;
  if (group > 1) {
    Ints heads;
    for (int64_t i = 0; i < state->shape()[1].value() * group; ++i) heads.push_back(i / group);
    seen = b.gather(state, b.ints(heads), 1);
  }
  Value* y = b.squeeze(b.matmul(b.unsqueeze(s.q, {2}), seen), {2});
  return {state, b.mul(y, b.like(y, scale))};
}

}  // namespace

void import_linear_attention(OnnxContext& c, const NodeView& n) {
  const int64_t q_heads = n.i("q_num_heads"), kv_heads = n.i("kv_num_heads");
  require<ModelError>(kv_heads > 0 && q_heads > 0 && q_heads % kv_heads == 0, "{} query heads for {} key heads",
                      q_heads, kv_heads);
  const std::string rule = n.s("update_rule", "gated_delta");
  const bool gated = rule == "gated" || rule == "gated_delta", delta = rule == "delta" || rule == "gated_delta";
  require<ModelError>(gated || delta || rule == "linear", "update_rule '{}'", rule);
  for (size_t i = 0; i < 3; ++i) require<ModelError>(c.in(i)->rank() == 3, "input {} has rank {}", i, c.in(i)->rank());
  require<ModelError>(gated == c.has(4) && delta == c.has(5), "update_rule '{}' does not fit decay and beta", rule);
  Value *q = by_time(c, c.in(0), q_heads), *k = by_time(c, c.in(1), kv_heads), *v = by_time(c, c.in(2), kv_heads);
  const Dim &dk = k->shape()[3], &dv = v->shape()[3];
  require<Unsupported>(dk.is_const() && dv.is_const() && dk.value() > 0, "the head sizes must be known at build time");
  Values series = {q, k, v};
  if (gated) series.push_back(by_time(c, c.in(4), kv_heads));
  if (delta) {
    const Dim& width = c.in(5)->shape()[2];
    series.push_back(by_time(c, c.in(5), width.is(1) ? 1 : kv_heads));
  }
  Value* past = c.opt(3);
  const DType state_type = past != nullptr ? past->type() : c.in(0)->type();
  if (past == nullptr)
    past =
        c.expand(c.scalar(DType::kF32, 0), c.concat({c.extent(v, 1), c.ints({kv_heads, dk.value(), dv.value()})}, 0));
  past = c.cast(past, DType::kF32);
  double scale = n.f("scale", 0);
  if (scale == 0) scale = 1 / std::sqrt(static_cast<double>(dk.value()));

  auto body = std::make_unique<ir::Graph>();
  Value* iteration = body->add_input("step", DType::kI64, {});
  body->add_input("condition", DType::kBool, {});
  Value* state = body->add_input("state", DType::kF32, past->shape());
  Builder b(*body, c.session().unique_node_name(n.name() + "/step"));
  Values now;
  for (const Value* s : series) {
    Value* in = body->add_input("series", s->type(), s->shape());
    now.push_back(b.gather(in, iteration, 0));
  }
  const Step step = {now[0], now[1], now[2], gated ? now[3] : nullptr, delta ? now.back() : nullptr};
  const auto [after, y] = advance(b, state, step, q_heads / kv_heads, scale);
  for (Value* out : {b.constant(Tensor::scalar(true)), after, y}) add_body_output(c.session(), *body, out);
  auto attrs = std::make_unique<LoopAttrs>();
  attrs->carried = 1;
  Values in = {c.squeeze(c.extent(q, 0), {0}), nullptr, past};
  in.insert(in.end(), series.begin(), series.end());
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  bodies.push_back(std::move(body));
  ir::Node* loop = c.control(kLoopOp, in, std::move(attrs), std::move(bodies), 2);
  // [T, B, H, Dv] back to [B, T, H*Dv].
  Value* all = c.reshape(c.transpose(loop->output(1), {1, 0, 2, 3}), Ints{0, 0, q_heads * dv.value()});
  c.set(0, c.cast(all, c.in(0)->type()));
  c.set(1, c.cast(loop->output(0), state_type));
}

}  // namespace hone::onnx
