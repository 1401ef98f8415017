// Folding of constant numbers into functions.
#include "passes/fuse/scalars.h"

#include <cmath>

#include "ops/map.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Node;
using ir::Value;

struct Found {
  ScalarFn fn;
  Value* x;
  double alpha = 0, beta = 0;
};

// A division by a number other than a power of two: multiplying by the rounded reciprocal would round twice, which
// positions computed from extents show.
bool rounds_twice(const Node* n) {
  int exponent;
  const auto c = number(n->input(1));
  return n->attr<MapAttrs>().fn == ScalarFn::kDiv && c && std::frexp(std::fabs(*c), &exponent) != 0.5;
}

// alpha * x + beta.
std::optional<Found> affine(Node* n) {
  Value* v = n->output();
  if (rounds_twice(n)) return std::nullopt;
  if (const auto s = scaled(v)) return Found{ScalarFn::kAffine, s->x, s->number, 0};
  if (const auto s = shifted(v)) return Found{ScalarFn::kAffine, s->x, 1, s->number};
  if (map_of(v, ScalarFn::kSub) != nullptr && n->input(1)->rank() == v->rank())
    if (const auto c = number(n->input(0))) return Found{ScalarFn::kAffine, n->input(1), -1, *c};
  return std::nullopt;
}

std::optional<Found> power(Node* n) {
  const auto e = number(n->input(1));
  Value* x = n->input(0);
  if (!e || x->rank() != n->output()->rank()) return std::nullopt;
  if (*e == 2) return Found{ScalarFn::kSquare, x};
  if (*e == 0.5) return Found{ScalarFn::kSqrt, x};
  if (*e == -1) return Found{ScalarFn::kRecip, x};
  if (*e == -0.5) return Found{ScalarFn::kRsqrt, x};
  if (*e == 1) return Found{ScalarFn::kIdentity, x};
  return std::nullopt;
}

// Whether the second of two additions takes the first one back: the rounding in between is then what the model is
// after.
bool takes_back(double first, double sum) { return std::fabs(sum) < std::fabs(first) / 1024; }

// A second affine on top of a first that nothing else uses.
std::optional<Found> chained(const ir::Graph& g, const Found& f) {
  Node* first = map_of(f.x, ScalarFn::kAffine);
  if (f.fn != ScalarFn::kAffine || first == nullptr || !g.single_use(f.x)) return std::nullopt;
  const auto& a = first->attr<MapAttrs>();
  const Found r{ScalarFn::kAffine, first->input(0), f.alpha * a.alpha, f.alpha * a.beta + f.beta};
  if (takes_back(f.alpha * a.beta, r.beta)) return std::nullopt;
  return std::isfinite(r.alpha) && std::isfinite(r.beta) ? std::optional(r) : std::nullopt;
}

std::optional<Found> fold(const ir::Graph& g, Node* n) {
  std::optional<Found> f;
  const auto& a = n->attr<MapAttrs>();
  if (a.fn == ScalarFn::kAffine) return chained(g, {ScalarFn::kAffine, n->input(0), a.alpha, a.beta});
  if (a.fn == ScalarFn::kPow) return power(n);
  if (a.fn == ScalarFn::kDiv && is_number(n->input(0), 1) && number(n->input(0)) == 1.0 &&
      n->input(1)->rank() == n->output()->rank())
    return Found{ScalarFn::kRecip, n->input(1)};
  if (a.fn != ScalarFn::kNeg) f = affine(n);
  if (!f) return std::nullopt;
  if (const auto c = chained(g, *f)) return c;
  return f;
}

}  // namespace

int fold_scalars(ir::Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0 || !n->is(kMapOp) || n->epilogue || !is_float(n->output()->type())) continue;
    const auto f = fold(g, n);
    if (!f || f->x->shape() != n->output()->shape() || f->x->type() != n->output()->type()) continue;
    if (!std::isfinite(f->alpha) || !std::isfinite(f->beta)) continue;
    Node* by = insert_map(g, n, f->fn, {f->x}, f->alpha, f->beta);
    by->precision = n->precision, by->output_type = n->output_type;
    replace_pattern(g, n->output(), by, &removed);
    ++count;
  }
  return count;
}

}  // namespace hone::passes
