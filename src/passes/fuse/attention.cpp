// Recognition of attention, from the product with the values backwards.
#include "passes/fuse/attention.h"

#include <cmath>

#include "ops/attention.h"
#include "ops/expand.h"
#include "ops/host_dims.h"
#include "ops/map.h"
#include "ops/matmul.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "passes/fuse/permuted.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// A mask found on the way: a value that is added to the scores, or a condition under which they are kept.
struct Mask {
  Value* value = nullptr;
  bool keep = false;     // a condition
  bool inverse = false;  // the condition says which scores go
  Shape scores;          // shape of the scores where it applies (window attention adds it under a reshape)
};

struct Match {
  Node* product = nullptr;  // with the values
  Node* scores = nullptr;   // Q K^T
  double scale = 1;
  bool scaled = false;  // on the way from the softmax to the scores
  std::vector<Mask> masks;
  std::set<const Node*> interior;
};

bool is_matmul(const Node* n) {
  if (n == nullptr) return false;
  const auto& a = n->attr<MatMulAttrs>();
  return a.op_a != MatrixOp::kVector && a.op_b != MatrixOp::kVector && n->output()->rank() >= 3 &&
         n->output()->rank() <= 4 && n->input(0)->rank() == n->output()->rank() &&
         n->input(1)->rank() == n->output()->rank() && is_float(n->output()->type());
}

// p where v = isnan(p) ? 0 : p.
Value* without_nan_cleanup(Value* v, std::set<const Node*>& interior) {
  Node* s = map_of(v, ScalarFn::kSelect);
  Node* test = s != nullptr ? map_of(s->input(0), ScalarFn::kIsNan) : nullptr;
  if (test == nullptr || test->input(0) != s->input(2) || number(s->input(1)) != 0.0) return v;
  interior.insert({s, test});
  return s->input(2);
}

bool hides(const Value* v) {
  const auto c = number(v);
  return c && *c <= -1e4;
}

// One step from a value towards the scores; false where nothing is known. A scale outside of a mask would scale the
// mask too: such a pattern is refused.
bool step_back(Value*& v, Match& m) {
  Node* n = v->producer();
  if (const auto s = scaled(v)) {
    m.scale *= s->number;
    m.scaled = true;
    v = s->x;
  } else if (made_by(v, kReshapeOp) != nullptr) {
    v = n->input(0);
  } else if (map_of(v, ScalarFn::kSelect) != nullptr) {
    const bool keeps = hides(n->input(2)), drops = hides(n->input(1));
    if (keeps == drops || m.scaled) return false;
    m.masks.push_back({n->input(0), true, drops, v->shape()});
    v = n->input(keeps ? 1 : 2);
  } else {
    return false;
  }
  m.interior.insert(n);
  return true;
}

// The product Q K^T behind v, through scales, masks and reshapes that lead back to its own shape.
bool find_scores(Value* v, Match& m, int depth) {
  for (; depth < 12; ++depth) {
    Node* n = made_by(v, kMatMulOp);
    if (is_matmul(n)) {
      m.scores = n;
      m.interior.insert(n);
      return true;
    }
    if (Node* add = map_of(v, ScalarFn::kAdd); add != nullptr && !m.scaled) {
      for (size_t i = 0; i < 2; ++i) {
        Match trial = m;
        trial.masks.push_back({add->input(1 - i), false, false, v->shape()});
        trial.interior.insert(add);
        if (add->input(i)->shape() == v->shape() && find_scores(add->input(i), trial, depth + 1)) {
          m = std::move(trial);
          return true;
        }
      }
      return false;
    }
    if (!step_back(v, m)) return false;
  }
  return false;
}

std::optional<Match> match(const Graph& g, Node* product) {
  Match m;
  m.product = product;
  if (!is_matmul(made_by(product->output(), kMatMulOp)) || product->attr<MatMulAttrs>().op_a != MatrixOp::kNone)
    return std::nullopt;
  Value* p = without_nan_cleanup(product->input(0), m.interior);
  Node* softmax = made_by(p, kSoftmaxOp);
  if (softmax == nullptr || softmax->attr<SoftmaxAttrs>().log ||
      normalize_axis(softmax->attr<SoftmaxAttrs>().axis, p->rank()) != p->rank() - 1)
    return std::nullopt;
  m.interior.insert({softmax, product});
  if (!find_scores(softmax->input(0), m, 0) || m.scores->output()->shape() != p->shape()) return std::nullopt;
  for (const Node* n : m.interior)
    if (n != product && !only_used_by(g, n->output(), m.interior)) return std::nullopt;
  return m;
}

std::vector<int64_t> swapped(int64_t rank, bool swap) {
  std::vector<int64_t> p;
  for (int64_t i = 0; i < rank; ++i) p.push_back(i);
  if (swap) std::swap(p[static_cast<size_t>(rank) - 1], p[static_cast<size_t>(rank) - 2]);
  return p;
}

// An operand of rank 3 or 4 as [B,H,S,D]; a missing batch axis becomes 1.
Permuted operand(Value* v, bool transposed) {
  Shape s = v->shape();
  if (s.size() == 3) s.insert(s.begin(), Dim(1));
  Permuted p = Permuted::of(v, s, swapped(4, transposed));
  p.strip();
  return p;
}

// Heads that were repeated for groups of queries: [B,H,1,S,D] expanded to [B,H,G,S,D] and seen as [B,H*G,S,D].
bool drop_repeated_heads(Permuted& p) {
  Node* n = p.source->producer();
  if (n == nullptr || !n->is(kExpandOp) || n->epilogue || p.shape.size() != 4) return false;
  const Shape &in = n->input(0)->shape(), &out = n->output()->shape();
  if (in.size() != 5 || out.size() != 5 || !in[2].is(1)) return false;
  for (size_t i : {0, 1, 3, 4})
    if (in[i] != out[i]) return false;
  const size_t rest[3] = {0, 2, 3}, five[3] = {0, 3, 4};
  for (size_t i = 0; i < 3; ++i)
    if (p.shape[rest[i]] != out[five[i]]) return false;
  if (p.shape[1] != out[1] * out[2]) return false;
  p.source = n->input(0);
  p.shape[1] = in[1];
  p.strip();
  return true;
}

Value* expanded_to(Graph& g, Node* before, Value* v, const Shape& target) {
  ExpandAttrs a;
  if (is_const(target)) {
    a.shape = to_dims(target);
    return g.insert(before, kExpandOp, v->name(), {v}, a)->output();
  }
  HostDimsAttrs h;
  h.content = target;
  h.dims = {static_cast<int64_t>(target.size())};
  Value* dims = g.insert(before, kHostDimsOp, v->name() + "_dims", {}, h)->output();
  return g.insert(before, kExpandOp, v->name(), {v, dims}, a)->output();
}

// A mask's shape with as many axes as the scores have where it applies.
Shape aligned(const Mask& m) {
  Shape s = m.value->shape();
  while (s.size() < m.scores.size()) s.insert(s.begin(), Dim(1));
  return s;
}

// Of the axes that the batch of the scores is split into where the mask applies, how many leading ones the mask lacks
// while it has all of the others, so that it repeats along the batch. 0: it does not. *items: how many it has.
size_t repeated_axes(const Mask& m, const Shape& scores, int64_t* items) {
  if (m.scores == scores || scores.size() != 4) return 0;
  const auto groups = split_axes(scores, m.scores);
  if (!groups) return 0;
  const Shape own = aligned(m);
  const std::vector<size_t>& axes = groups->front();
  size_t lacking = 0;
  while (lacking < axes.size() && own[axes[lacking]].is(1) && !m.scores[axes[lacking]].is(1)) ++lacking;
  *items = 1;
  for (size_t i = lacking; i < axes.size(); ++i) {
    if (own[axes[i]] != m.scores[axes[i]] || !own[axes[i]].is_const()) return 0;
    *items *= own[axes[i]].value();
  }
  return *items > 1 ? lacking : 0;
}

// The mask for scores of shape [.., Sq, Skv] as they leave Q K^T; null where it cannot be told. `lacking`: leading axes
// of the batch along which it stays repeated.
Value* settle(Graph& g, Node* before, const Mask& m, const Shape& scores, size_t lacking) {
  Value* v = m.value;
  if (m.scores != scores) {
    const auto groups = split_axes(scores, m.scores);
    if (!groups) return nullptr;
    // Align the mask with the scores under the reshape, then join the axes again.
    const Shape own = aligned(m);
    Shape expanded = own, joined;
    for (size_t axis = 0; axis < groups->size(); ++axis) {
      const std::vector<size_t>& axes = (*groups)[axis];
      bool ones = true;
      for (size_t k : axes) ones = ones && own[k].is(1);
      Dim product(1);
      for (size_t i = 0; i < axes.size(); ++i) {
        const size_t k = axes[i];
        if (!ones && (axis > 0 || i >= lacking)) expanded[k] = m.scores[k];
        product = product * expanded[k];
      }
      joined.push_back(product);
    }
    v = reshaped(g, before, v, own);
    if (expanded != own) v = expanded_to(g, before, v, expanded);
    v = reshaped(g, before, v, joined);
  }
  if (m.inverse) v = insert_map(g, before, ScalarFn::kNot, {v})->output();
  return v;
}

// All masks as one; null with *ok false where they cannot be joined. *repeats: along the batch.
Value* join_masks(Graph& g, Node* before, const Match& m, bool* ok, bool* repeats) {
  Value* all = nullptr;
  const Shape& scores = m.scores->output()->shape();
  // They stay repeated where all that differ within the batch have as many items.
  std::vector<size_t> lacking;
  int64_t items = 0;
  *repeats = true;
  for (const Mask& mask : m.masks) {
    int64_t own = 0;
    lacking.push_back(repeated_axes(mask, scores, &own));
    const Shape shape = aligned(mask);
    const bool same = mask.scores == scores && !shape.empty() && (shape.size() < 4 || shape[0].is(1));
    if (lacking.back() > 0 && (items == 0 || items == own))
      items = own;
    else
      *repeats = *repeats && same;
  }
  *repeats = *repeats && items > 0;
  for (size_t i = 0; i < m.masks.size(); ++i) {
    const Mask& mask = m.masks[i];
    Value* v = settle(g, before, mask, scores, *repeats ? lacking[i] : 0);
    *ok = *ok && v != nullptr && (all == nullptr || all->type() == v->type());
    if (!*ok) return nullptr;
    all = all == nullptr ? v : insert_map(g, before, mask.keep ? ScalarFn::kAnd : ScalarFn::kAdd, {all, v})->output();
  }
  return all;
}

// A mask that one node can take: joined conditions, or joined sums, whose axes other than 1 are those of the scores.
bool masks_fit(const Match& m) {
  const Shape& scores = m.scores->output()->shape();
  for (const Mask& k : m.masks) {
    if (k.keep != m.masks[0].keep || (k.keep ? k.value->type() != DType::kBool : !is_float(k.value->type())))
      return false;
    if (k.value->shape().size() > k.scores.size()) return false;
    for (size_t i = 0; i < k.value->shape().size(); ++i) {
      const Dim &a = k.value->shape()[i], &b = k.scores[k.scores.size() - k.value->shape().size() + i];
      if (!a.is(1) && a.is_const() && b.is_const() && a != b) return false;
    }
    if (k.scores == scores) continue;
    if (!split_axes(scores, k.scores)) return false;
  }
  return true;
}

// Where the only user of v is a transpose, possibly behind reshapes that change nothing: that transpose.
Node* transpose_after(const Graph& g, const Value* v) {
  for (int i = 0; i < 4 && g.single_use(v); ++i) {
    Node* n = g.uses(v)[0].first;
    if (n->is(kTransposeOp)) return n;
    if (!n->is(kReshapeOp) || n->output()->shape() != v->shape()) return nullptr;
    v = n->output();
  }
  return nullptr;
}

std::vector<int64_t> unless_identity(const std::vector<int64_t>& p) {
  return is_identity(p) ? std::vector<int64_t>() : p;
}

// Product of the numbers that an operand was multiplied with.
Value* unscaled(Value* v, Match& m) {
  while (const auto s = scaled(v)) {
    m.scale *= s->number;
    v = s->x;
  }
  return v;
}

bool rewrite(Graph& g, Match& m, std::set<const Node*>& removed) {
  const auto &score = m.scores->attr<MatMulAttrs>(), &value = m.product->attr<MatMulAttrs>();
  Value *qv = unscaled(m.scores->input(0), m), *kv = unscaled(m.scores->input(1), m);
  Permuted q = operand(qv, score.op_a == MatrixOp::kTranspose);
  Permuted k = operand(kv, score.op_b != MatrixOp::kTranspose);
  Permuted v = operand(m.product->input(1), value.op_b == MatrixOp::kTranspose);
  // Leading axes that MatMul broadcasts are not the operator's head groups.
  for (size_t i = 0; i < 2; ++i)
    if (q.result()[i] != k.result()[i] || q.result()[i] != v.result()[i]) return false;
  Permuted fewer_k = k, fewer_v = v;
  if (drop_repeated_heads(fewer_k) && drop_repeated_heads(fewer_v) && fewer_k.result()[1] == fewer_v.result()[1])
    k = fewer_k, v = fewer_v;
  if (!masks_fit(m)) return false;

  Value* out = m.product->output();
  Node* transpose = out->rank() == 4 ? transpose_after(g, out) : nullptr;
  AttentionAttrs a;
  a.scale = m.scale;
  a.q_perm = unless_identity(q.perm), a.k_perm = unless_identity(k.perm), a.v_perm = unless_identity(v.perm);
  if (transpose != nullptr) a.out_perm = unless_identity(transpose->attr<TransposeAttrs>().perm);
  Node* before = m.product;
  bool ok = true;
  Value* mask = join_masks(g, before, m, &ok, &a.mask_repeats);
  if (!ok) return false;
  std::vector<Value*> inputs = {reshaped(g, before, q.source, q.shape), reshaped(g, before, k.source, k.shape),
                                reshaped(g, before, v.source, v.shape)};
  if (mask != nullptr) inputs.push_back(mask);
  Node* n = g.insert(before, kAttentionOp, m.product->name(), inputs, a);
  n->precision = m.product->precision;
  Value* old = transpose != nullptr ? transpose->output() : out;
  if (out->rank() == 3) {
    Value* flat = reshaped(g, before, n->output(), out->shape());
    n->origins = std::move(m.product->origins);
    m.product->origins.clear();
    const std::string name = out->name();
    g.replace_uses(out, flat);
    sweep(g, m.product, n, &removed);
    if (g.find_value(name) == nullptr) g.rename(flat, name);
    return true;
  }
  return replace_pattern(g, old, n, &removed);
}

}  // namespace

int recognize_attention(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0 || !n->is(kMatMulOp) || n->epilogue) continue;
    auto m = match(g, n);
    if (m) count += rewrite(g, *m, removed) ? 1 : 0;
  }
  return count;
}

}  // namespace hone::passes
