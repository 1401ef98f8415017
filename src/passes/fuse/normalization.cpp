// Recognition of normalisations.
#include "passes/fuse/normalization.h"

#include <algorithm>

#include "ops/map.h"
#include "ops/normalization.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// v = mean of x over axes, kept as extents of 1.
struct Mean {
  Value* x;
  std::vector<int64_t> axes;
};
std::optional<Mean> mean_of(const Value* v) {
  Node* n = made_by(v, kReduceOp);
  if (n == nullptr) return std::nullopt;
  const auto& a = n->attr<ReduceAttrs>();
  if (a.kind != ReduceKind::kAvg || !a.keep_dims) return std::nullopt;
  std::vector<int64_t> axes = a.axes;
  if (n->input(1) != nullptr) {
    if (n->input(1)->constant() == nullptr) return std::nullopt;
    axes = n->input(1)->constant()->as_ints();
  }
  if (axes.empty()) return std::nullopt;
  for (int64_t& k : axes) k = normalize_axis(k, v->rank());
  std::sort(axes.begin(), axes.end());
  return Mean{n->input(0), axes};
}

// d where v = d * d.
Value* squared(const Value* v) {
  if (Node* n = map_of(v, ScalarFn::kSquare)) return n->input(0);
  if (Node* n = map_of(v, ScalarFn::kPow); n != nullptr && is_number(n->input(1), 2)) return n->input(0);
  if (Node* n = map_of(v, ScalarFn::kMul); n != nullptr && n->input(0) == n->input(1)) return n->input(0);
  return nullptr;
}

// d where v = mean(d^2) + eps, with the axes.
struct Variance {
  Value* d;
  std::vector<int64_t> axes;
  double epsilon;
};
std::optional<Variance> variance(Value* v) {
  const auto eps = shifted(v);
  const auto m = eps ? mean_of(eps->x) : std::nullopt;
  Value* d = m ? squared(m->x) : nullptr;
  if (d == nullptr || !(eps->number > 0)) return std::nullopt;
  return Variance{d, m->axes, eps->number};
}

// The variance under v = 1 / sqrt(variance + eps).
std::optional<Variance> inverse_deviation(const Value* v) {
  if (Node* n = map_of(v, ScalarFn::kRsqrt)) return variance(n->input(0));
  if (Node* n = map_of(v, ScalarFn::kPow); n != nullptr && is_number(n->input(1), -0.5)) return variance(n->input(0));
  Value* root = nullptr;
  if (Node* n = map_of(v, ScalarFn::kRecip)) root = n->input(0);
  if (Node* n = map_of(v, ScalarFn::kDiv); n != nullptr && is_number(n->input(0), 1)) root = n->input(1);
  if (Node* n = map_of(root, ScalarFn::kSqrt)) return variance(n->input(0));
  if (Node* n = map_of(root, ScalarFn::kPow); n != nullptr && is_number(n->input(1), 0.5)) return variance(n->input(0));
  return std::nullopt;
}
std::optional<Variance> deviation(const Value* v) {
  if (Node* n = map_of(v, ScalarFn::kSqrt)) return variance(n->input(0));
  if (Node* n = map_of(v, ScalarFn::kPow); n != nullptr && is_number(n->input(1), 0.5)) return variance(n->input(0));
  return std::nullopt;
}

// a - b of the same values, by whatever node (exporters write the subtraction twice).
bool same_difference(const Value* p, const Value* q) {
  if (p == q) return true;
  const Node *a = map_of(p, ScalarFn::kSub), *b = map_of(q, ScalarFn::kSub);
  return a != nullptr && b != nullptr && a->inputs() == b->inputs();
}

struct Found {
  Value* x;
  NormalizationAttrs attrs;
};

// The normalisation of which d (centred, or x itself for RMS) times the inverse deviation is the result.
std::optional<Found> normalization(Value* d, const std::optional<Variance>& v) {
  if (!v || !same_difference(d, v->d)) return std::nullopt;
  Found f{d, {}};
  f.attrs.axes = v->axes, f.attrs.epsilon = v->epsilon, f.attrs.rms = true;
  Node* sub = map_of(d, ScalarFn::kSub);
  const auto m = sub != nullptr ? mean_of(sub->input(1)) : std::nullopt;
  if (m && m->x == sub->input(0) && m->axes == v->axes) f.x = m->x, f.attrs.rms = false;
  return f;
}

std::optional<Found> recognize(Node* n) {
  if (map_of(n->output(), ScalarFn::kDiv) != nullptr) return normalization(n->input(0), deviation(n->input(1)));
  if (map_of(n->output(), ScalarFn::kMul) == nullptr) return std::nullopt;
  for (size_t i = 0; i < 2; ++i)
    if (auto f = normalization(n->input(i), inverse_deviation(n->input(1 - i)))) return f;
  return std::nullopt;
}

// A parameter: constant, broadcasts to x without making it larger.
bool is_parameter(const Value* p, const Shape& x) {
  if (p->constant() == nullptr || !is_float(p->type()) || p->shape().size() > x.size()) return false;
  for (size_t i = 0; i < p->shape().size(); ++i) {
    const Dim &a = p->shape()[i], &b = x[x.size() - p->shape().size() + i];
    if (!a.is(1) && a != b) return false;
  }
  return true;
}

bool all_equal(const Value* v, double x) {
  if (v == nullptr) return true;
  const std::vector<double> d = v->constant() != nullptr ? v->constant()->as_doubles() : std::vector<double>{x + 1};
  return std::all_of(d.begin(), d.end(), [&](double e) { return e == x; });
}

// The other operand of the only user of v, where that is such a Map and the operand is a parameter.
Node* parameter_step(const Graph& g, const Value* v, ScalarFn fn, Value** parameter) {
  if (!g.single_use(v)) return nullptr;
  const auto [n, at] = g.uses(v)[0];
  if (map_of(n->output(), fn) == nullptr || n->output()->shape() != v->shape()) return nullptr;
  *parameter = n->input(1 - static_cast<size_t>(at));
  return is_parameter(*parameter, v->shape()) ? n : nullptr;
}

// Takes a scale and then a bias that follow into a node that lacks them.
bool absorb_parameters(Graph& g, Node* n, std::set<const Node*>& removed) {
  Value *scale = n->input(1), *bias = n->input(2), *p = nullptr;
  Node* last = nullptr;
  const Value* v = n->output();
  if (all_equal(scale, 1) && all_equal(bias, 0))
    if (Node* mul = parameter_step(g, v, ScalarFn::kMul, &p)) scale = p, bias = nullptr, last = mul, v = mul->output();
  if (all_equal(bias, 0) && !n->attr<NormalizationAttrs>().rms)
    if (Node* add = parameter_step(g, v, ScalarFn::kAdd, &p)) bias = p, last = add;
  if (last == nullptr) return false;
  if (scale == nullptr && bias != nullptr) return false;  // a bias needs a scale before it
  std::vector<Value*> inputs = {n->input(0), scale};
  if (bias != nullptr) inputs.push_back(bias);
  Node* by = g.insert(last, kNormalizationOp, n->name(), inputs, n->attrs().clone());
  by->precision = n->precision, by->output_type = last->output_type;
  replace_pattern(g, last->output(), by, &removed);
  return true;
}

// Reshape [N,C,...] -> [N,G,-1], instance norm without parameters, Reshape back: group norm of G groups.
bool recognize_group_norm(Graph& g, Node* n, std::set<const Node*>& removed) {
  const auto& a = n->attr<NormalizationAttrs>();
  Node* split = made_by(n->input(0), kReshapeOp);
  if (split == nullptr || a.groups != 1 || a.rms || n->output()->rank() != 3 || a.axes.size() != 1 ||
      normalize_axis(a.axes[0], 3) != 2 || !all_equal(n->input(1), 1) || !all_equal(n->input(2), 0) ||
      !g.single_use(n->output()))
    return false;
  Node* join = g.uses(n->output())[0].first;
  Value* x = split->input(0);
  const Shape &s = n->output()->shape(), &xs = x->shape();
  if (!join->is(kReshapeOp) || join->output()->shape() != xs || xs.size() < 3 || s[0] != xs[0] || !s[1].is_const() ||
      !xs[1].is_const() || s[1].value() < 1 || xs[1].value() % s[1].value() != 0)
    return false;
  NormalizationAttrs b = a;
  b.groups = s[1].value();
  b.axes.clear();
  for (int64_t i = 2; i < static_cast<int64_t>(xs.size()); ++i) b.axes.push_back(i);
  if (b.groups == 1) b.axes.insert(b.axes.begin(), 1);  // one group: all channels together
  Node* by = g.insert(join, kNormalizationOp, n->name(), {x}, b);
  by->precision = n->precision;
  replace_pattern(g, join->output(), by, &removed);
  return true;
}

}  // namespace

int recognize_normalizations(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0 || !n->is(kMapOp) || n->epilogue || !is_float(n->output()->type())) continue;
    const auto f = recognize(n);
    if (!f || f->x->shape() != n->output()->shape() || f->x->type() != n->output()->type()) continue;
    Node* by = g.insert(n, kNormalizationOp, n->name(), {f->x}, f->attrs);
    replace_pattern(g, n->output(), by, &removed);
    ++count;
  }
  for (const auto step : {recognize_group_norm, absorb_parameters})
    for (Node* n : g.nodes())
      if (removed.count(n) == 0 && n->is(kNormalizationOp) && !n->epilogue) count += step(g, n, removed) ? 1 : 0;
  return count;
}

}  // namespace hone::passes
