// Attention and rotary position embedding.
#include "ops/attention.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/model_file.h"
#include "ops/pad.h"
#include "ops/rotary_embedding.h"

namespace hone::onnx {

namespace {

/// [B, S, H*D] as [B, H, S, D].
Value* split_heads(OnnxContext& c, Value* v, int64_t heads) {
  require<ModelError>(heads > 0, "the number of heads must be given for inputs of rank 3");
  return c.transpose(c.reshape(v, Ints{0, 0, heads, -1}), {0, 2, 1, 3});
}
Value* join_heads(OnnxContext& c, Value* v) { return c.reshape(c.transpose(v, {0, 2, 1, 3}), Ints{0, 0, -1}); }

Value* indices(OnnxContext& c, Value* extent) {
  return c.make(kRangeOp, {c.int_scalar(0), c.squeeze(extent, {0}), c.int_scalar(1)});
}

struct Problem {
  Value *q = nullptr, *k = nullptr, *v = nullptr;
  Value* bias = nullptr;  // additive, broadcasts to [B, H, Sq, Skv]
  Value* keep = nullptr;  // bool, the same
  double scale = 1, softcap = 0;
  bool causal = false;  // by the attention node itself: key <= query
};

void also_keep(OnnxContext& c, Problem& p, Value* keep) {
  p.keep = p.keep == nullptr ? keep : c.map(ScalarFn::kAnd, {p.keep, keep});
}

/// One mask of both: additive where there is a bias.
Value* mask_of(OnnxContext& c, const Problem& p) {
  if (p.bias == nullptr || p.keep == nullptr) return p.bias != nullptr ? p.bias : p.keep;
  return c.select(p.keep, p.bias, c.like(p.bias, -std::numeric_limits<double>::infinity()));
}

/// Position of the query in the keys minus the position of the key, [.., Sq, Skv].
Value* distance(OnnxContext& c, const Problem& p, Value* past, Value* lengths) {
  Value* row = c.unsqueeze(indices(c, c.extent(p.q, 2)), {1});
  Value* column = indices(c, c.extent(p.k, 2));
  if (past != nullptr) {
    row = c.add(row, c.extent(past, 2));
  } else if (lengths != nullptr) {
    Value* first = c.sub(lengths, c.extent(p.q, 2));  // [B]
    row = c.add(row, c.unsqueeze(first, {1, 2, 3}));
  }
  return c.sub(row, column);
}

/// Written out, for the intermediate result that the fused node does not give.
void written_out(OnnxContext& c, const NodeView& n, const Problem& p, Value** y, Value** scores) {
  const int64_t mode = n.i("qk_matmul_output_mode", 0);
  require<ModelError>(mode >= 0 && mode <= 3, "qk_matmul_output_mode {}", mode);
  Value *k = p.k, *v = p.v;
  const Dim &hq = p.q->shape()[1], &hk = k->shape()[1];
  if (!(hq == hk)) {
    require<Unsupported>(hq.is_const() && hk.is_const() && hk.value() > 0 && hq.value() % hk.value() == 0,
                         "{} query heads for {} key heads", hq.str(), hk.str());
    Ints order;
    for (int64_t i = 0; i < hq.value(); ++i) order.push_back(i / (hq.value() / hk.value()));
    k = c.gather(k, c.ints(order), 1), v = c.gather(v, c.ints(order), 1);
  }
  const double root = std::sqrt(p.scale);
  Value* s = c.matmul(c.mul(p.q, c.like(p.q, root)), c.transpose(c.mul(k, c.like(k, root)), {0, 1, 3, 2}));
  *scores = s;
  if (p.softcap > 0) s = c.mul(c.map(ScalarFn::kTanh, {c.div(s, c.like(s, p.softcap))}), c.like(s, p.softcap));
  if (mode == 1) *scores = s;
  Value *mask = mask_of(c, p), *bias = nullptr;
  const double inf = std::numeric_limits<double>::infinity();
  if (mask != nullptr) {
    bias = mask->type() == DType::kBool ? c.select(mask, c.like(s, 0), c.like(s, -inf)) : c.cast(mask, s->type());
    s = c.add(s, bias);
  }
  if (mode == 2) *scores = s;
  const DType type = s->type();
  const int64_t precision = n.i("softmax_precision", 0);
  if (precision != 0) s = c.cast(s, dtype_of_onnx(static_cast<int>(precision)));
  Value* weights = c.cast(c.softmax(s, 3), type);
  if (bias != nullptr) {  // a query without any key gives zeros
    Value* best = c.reduce(ReduceKind::kMax, bias, {-1});
    weights = c.select(c.map(ScalarFn::kEqual, {best, c.like(best, -inf)}), c.like(weights, 0), weights);
  }
  if (mode == 3) *scores = weights;
  *y = c.matmul(weights, v);
}

}  // namespace

void import_attention(OnnxContext& c, const NodeView& n) {
  Problem p;
  p.q = c.in(0), p.k = c.in(1), p.v = c.in(2);
  const int64_t rank = p.q->rank();
  require<ModelError>((rank == 3 || rank == 4) && p.k->rank() == rank && p.v->rank() == rank,
                      "Q, K and V must have rank 3 or 4, have {}, {} and {}", rank, p.k->rank(), p.v->rank());
  if (rank == 3) {
    p.q = split_heads(c, p.q, n.i("q_num_heads", 0));
    p.k = split_heads(c, p.k, n.i("kv_num_heads", 0));
    p.v = split_heads(c, p.v, n.i("kv_num_heads", 0));
  }
  Value *mask = c.opt(3), *past_k = c.opt(4), *past_v = c.opt(5), *lengths = c.opt(6);
  require<ModelError>((past_k == nullptr) == (past_v == nullptr), "past_key and past_value must come together");
  if (past_k != nullptr) p.k = c.concat({past_k, p.k}, 2), p.v = c.concat({past_v, p.v}, 2);
  if (n.has_output(1)) c.set(1, p.k);
  if (n.has_output(2)) c.set(2, p.v);
  if (n.has("scale")) {
    p.scale = n.f("scale", 1);
  } else {
    const Dim& size = p.q->shape()[3];
    require<Unsupported>(size.is_const() && size.value() > 0, "the head size must be known at build time");
    p.scale = 1 / std::sqrt(static_cast<double>(size.value()));
  }
  p.softcap = n.f("softcap", 0);
  if (mask != nullptr) {
    require<ModelError>(mask->rank() >= 1 && mask->rank() <= 4, "a mask of rank {}", mask->rank());
    const Dim &have = mask->shape().back(), &want = p.k->shape()[2];
    if (have.is_const() && want.is_const() && have.value() < want.value()) {
      // Keys beyond the mask are not attended to.
      PadAttrs a;
      a.axes = {mask->rank() - 1};
      a.pads = {0, want.value() - have.value()};
      const double fill = mask->type() == DType::kBool ? 0 : -std::numeric_limits<double>::infinity();
      mask = c.make(kPadOp, {mask, nullptr, c.like(mask, fill)}, std::move(a));
    }
    (mask->type() == DType::kBool ? p.keep : p.bias) = mask;
  }
  const bool causal = n.flag("is_causal");
  const int64_t left = n.i("left_window_size", -1), right = n.i("right_window_size", -1);
  const bool window = left >= 0 || right >= 0;
  if (causal && past_k == nullptr && lengths == nullptr && !window && !n.has_output(3)) {
    p.causal = true;
  } else if (causal || window) {
    Value* d = distance(c, p, past_k, lengths);
    if (causal) also_keep(c, p, c.map(ScalarFn::kGreaterEqual, {d, c.int_scalar(0)}));
    if (left >= 0) also_keep(c, p, c.map(ScalarFn::kLessEqual, {d, c.int_scalar(left)}));
    if (right >= 0) also_keep(c, p, c.map(ScalarFn::kGreaterEqual, {d, c.int_scalar(-right)}));
  }
  if (lengths != nullptr) {
    Value* used = c.unsqueeze(c.to_i64(lengths), {1, 2, 3});
    also_keep(c, p, c.map(ScalarFn::kLess, {indices(c, c.extent(p.k, 2)), used}));
  }
  Value *y = nullptr, *scores = nullptr;
  if (n.has_output(3)) {
    written_out(c, n, p, &y, &scores);
    c.set(3, scores);
  } else {
    AttentionAttrs a;
    a.scale = p.scale, a.softcap = p.softcap, a.causal = p.causal;
    Value* m = mask_of(c, p);
    if (m != nullptr && m->type() != DType::kBool) m = c.cast(m, p.q->type());
    if (m != nullptr && m->rank() < 4) m = c.unsqueeze(m, iota(4 - m->rank()));
    y = c.make(kAttentionOp, {p.q, p.k, p.v, m}, std::move(a));
  }
  c.set(0, rank == 3 ? join_heads(c, y) : y);
}

void import_rotary_embedding(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *positions = c.opt(3);
  const int64_t rank = x->rank();
  require<ModelError>(rank == 3 || rank == 4, "the input has rank {}, not 3 or 4", rank);
  if (rank == 3) x = split_heads(c, x, n.i("num_heads", 0));
  RotaryEmbeddingAttrs a;
  a.interleaved = n.flag("interleaved");
  a.rotary_dim = n.i("rotary_embedding_dim", 0);
  Value* y = c.make(kRotaryEmbeddingOp, {x, c.in(1), c.in(2), positions}, std::move(a));
  c.set(0, rank == 3 ? join_heads(c, y) : y);
}

}  // namespace hone::onnx
