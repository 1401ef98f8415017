// Recognition of activations: each rule looks at one node as the last one of a pattern and gives the function that the
// pattern computes.
#include "passes/fuse/activations.h"

#include <cmath>
#include <numbers>

#include "ops/map.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// What a pattern computes: fn(x).
struct Found {
  ScalarFn fn;
  Value* x;
  double alpha = 0, beta = 0;
};
using Result = std::optional<Found>;

// v = clip(x + shift, 0, high), in any spelling.
std::optional<WithNumber> shifted_clip(Value* v, double high) {
  Node* n = map_of(v, ScalarFn::kClip);
  Value* inner = nullptr;
  if (n != nullptr && n->attr<MapAttrs>().alpha == 0 && close(n->attr<MapAttrs>().beta, high)) inner = n->input(0);
  if (inner == nullptr) return std::nullopt;
  return shifted(inner);
}

// x * sigmoid(a x).
Result silu(Node* n) {
  for (size_t i = 0; i < 2; ++i) {
    Value* x = n->input(i);
    Node* s = map_of(n->input(1 - i), ScalarFn::kSigmoid);
    if (s == nullptr) continue;
    if (s->input(0) == x) return Found{ScalarFn::kSilu, x, 1};
    if (const auto a = scaled(s->input(0)); a && a->x == x) return Found{ScalarFn::kSilu, x, a->number};
  }
  return std::nullopt;
}

// x * tanh(softplus(x)).
Result mish(Node* n) {
  for (size_t i = 0; i < 2; ++i) {
    Node* t = map_of(n->input(1 - i), ScalarFn::kTanh);
    Node* s = t != nullptr ? map_of(t->input(0), ScalarFn::kSoftplus) : nullptr;
    if (s != nullptr && s->input(0) == n->input(i) && s->attr<MapAttrs>().alpha == 1 && s->attr<MapAttrs>().beta == 1)
      return Found{ScalarFn::kMish, n->input(i)};
  }
  return std::nullopt;
}

// x * hard_sigmoid(x), or x * clip(x + 3, 0, 6) / 6 in any order.
Result hard_swish(Node* n) {
  const Product p = product_of(n->output());
  for (Value* f : p.factors) {
    Value* x = nullptr;
    double rest = 1;
    if (Node* h = map_of(f, ScalarFn::kHardSigmoid)) {
      const auto& a = h->attr<MapAttrs>();
      if (close(a.alpha, 1. / 6) && close(a.beta, 0.5)) x = h->input(0);
    } else if (const auto c = shifted_clip(f, 6); c && close(c->number, 3)) {
      x = c->x;
      rest = 1. / 6;
    }
    if (x != nullptr && is_product(product_of(n->output(), {x, f}), rest, {x, f}))
      return Found{ScalarFn::kHardSwish, x};
  }
  return std::nullopt;
}

// clip(x + 3, 0, 6) / 6.
Result hard_sigmoid(Node* n) {
  const auto s = scaled(n->output());
  if (!s || !close(s->number, 1. / 6)) return std::nullopt;
  const auto c = shifted_clip(s->x, 6);
  if (!c || !close(c->number, 3)) return std::nullopt;
  return Found{ScalarFn::kHardSigmoid, c->x, 1. / 6, 0.5};
}

// x/2 (1 + erf(x / sqrt 2)).
Result gelu_erf(Node* n) {
  const Product p = product_of(n->output());
  for (Value* f : p.factors) {
    const auto one = shifted(f);
    Node* erf = one && close(one->number, 1) ? map_of(one->x, ScalarFn::kErf) : nullptr;
    if (erf == nullptr) continue;
    const auto arg = scaled(erf->input(0));
    if (arg && close(arg->number, std::numbers::sqrt2 / 2) &&
        is_product(product_of(n->output(), {arg->x, f}), 0.5, {arg->x, f}))
      return Found{ScalarFn::kGeluErf, arg->x};
  }
  return std::nullopt;
}

// The x of sqrt(2/pi) (x + 0.044715 x^3).
Value* tanh_argument(Value* u) {
  const double k = std::sqrt(2 / std::numbers::pi);
  const Product p = product_of(u);
  if (!close(p.number, k)) return nullptr;
  for (Value* sum : p.factors) {
    Node* add = map_of(sum, ScalarFn::kAdd);
    if (add == nullptr) continue;
    for (size_t i = 0; i < 2; ++i) {
      Value* x = add->input(i);
      if (p.factors.size() == 1 && is_product(product_of(add->input(1 - i), {x}), 0.044715, {x, x, x})) return x;
      // k x (1 + 0.044715 x^2)
      if (p.factors.size() == 2 && is_number(x, 1)) {
        Value* y = p.factors[0] == sum ? p.factors[1] : p.factors[0];
        if (is_product(product_of(add->input(1 - i), {y}), 0.044715, {y, y})) return y;
      }
    }
  }
  return nullptr;
}

Result gelu_tanh(Node* n) {
  const Product p = product_of(n->output());
  for (Value* f : p.factors) {
    const auto one = shifted(f);
    Node* tanh = one && close(one->number, 1) ? map_of(one->x, ScalarFn::kTanh) : nullptr;
    Value* x = tanh != nullptr ? tanh_argument(tanh->input(0)) : nullptr;
    if (x != nullptr && is_product(product_of(n->output(), {x, f}), 0.5, {x, f})) return Found{ScalarFn::kGeluTanh, x};
  }
  return std::nullopt;
}

// log(1 + exp(x)).
Result softplus(Node* n) {
  const auto one = shifted(n->input(0));
  Node* exp = one && close(one->number, 1) ? map_of(one->x, ScalarFn::kExp) : nullptr;
  return exp != nullptr ? Result(Found{ScalarFn::kSoftplus, exp->input(0), 1, 1}) : std::nullopt;
}

// 1 / (1 + exp(-x)); v is the denominator.
Result sigmoid(Value* v) {
  const auto one = shifted(v);
  Node* exp = one && close(one->number, 1) ? map_of(one->x, ScalarFn::kExp) : nullptr;
  const auto neg = exp != nullptr ? scaled(exp->input(0)) : std::nullopt;
  return neg && neg->number == -1 ? Result(Found{ScalarFn::kSigmoid, neg->x}) : std::nullopt;
}

// Max and min with numbers.
Result bounds(Node* n, bool is_max) {
  for (size_t i = 0; i < 2; ++i) {
    Value* x = n->input(i);
    const auto c = number(n->input(1 - i));
    if (!c || x->rank() != n->output()->rank()) continue;
    if (is_max && *c == 0) return Found{ScalarFn::kRelu, x};
    if (is_max) continue;
    if (Node* r = map_of(x, ScalarFn::kRelu); r != nullptr && *c >= 0)
      return Found{ScalarFn::kClip, r->input(0), 0, *c};
    Node* m = map_of(x, ScalarFn::kMax);
    for (size_t k = 0; m != nullptr && k < 2; ++k) {
      const auto low = number(m->input(1 - k));
      if (low && *low <= *c && m->input(k)->rank() == x->rank()) return Found{ScalarFn::kClip, m->input(k), *low, *c};
    }
  }
  return std::nullopt;
}

// A clip of a ReLU is one clip.
Result clipped_relu(Node* n) {
  Node* r = map_of(n->input(0), ScalarFn::kRelu);
  const auto& a = n->attr<MapAttrs>();
  if (r == nullptr || a.beta < 0) return std::nullopt;
  return Found{ScalarFn::kClip, r->input(0), std::max(a.alpha, 0.0), a.beta};
}

Result recognize(Node* n) {
  Result r;
  switch (n->attr<MapAttrs>().fn) {
    case ScalarFn::kMul:
      for (auto rule : {silu, mish, hard_swish, gelu_erf, gelu_tanh, hard_sigmoid})
        if ((r = rule(n))) return r;
      return r;
    case ScalarFn::kDiv:
      if (is_number(n->input(0), 1) && (r = sigmoid(n->input(1)))) return r;
      [[fallthrough]];
    case ScalarFn::kAffine:
      for (auto rule : {hard_swish, gelu_erf, gelu_tanh, hard_sigmoid})
        if ((r = rule(n))) return r;
      return r;
    case ScalarFn::kRecip:
      return sigmoid(n->input(0));
    case ScalarFn::kLog:
      return softplus(n);
    case ScalarFn::kMax:
      return bounds(n, true);
    case ScalarFn::kMin:
      return bounds(n, false);
    case ScalarFn::kClip:
      return clipped_relu(n);
    default:
      return std::nullopt;
  }
}

}  // namespace

int recognize_activations(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0 || !n->is(kMapOp) || n->epilogue || !is_float(n->output()->type())) continue;
    const Result f = recognize(n);
    if (!f || f->x->shape() != n->output()->shape() || f->x->type() != n->output()->type()) continue;
    Node* by = insert_map(g, n, f->fn, {f->x}, f->alpha, f->beta);
    by->precision = n->precision, by->output_type = n->output_type;
    replace_pattern(g, n->output(), by, &removed);
    ++count;
  }
  return count;
}

}  // namespace hone::passes
