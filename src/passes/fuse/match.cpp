// Matching and replacing.
#include "passes/fuse/match.h"

#include <algorithm>
#include <cmath>

#include "ops/host_dims.h"
#include "ops/map.h"
#include "ops/reshape.h"
#include "ops/slice.h"

namespace hone::passes {

using ir::Graph;
using ir::Node;
using ir::Value;

Node* made_by(const Value* v, const Op& op) {
  Node* n = v != nullptr ? v->producer() : nullptr;
  return n != nullptr && n->is(op) && n->epilogue == nullptr ? n : nullptr;
}

Node* map_of(const Value* v, ScalarFn fn) {
  Node* n = made_by(v, kMapOp);
  return n != nullptr && n->attr<MapAttrs>().fn == fn ? n : nullptr;
}

std::optional<Cut> cut_of(const Node* n) {
  if (n == nullptr || !n->is(kSliceOp) || n->epilogue || n->inputs().size() != 1) return std::nullopt;
  const auto& a = n->attr<SliceAttrs>();
  const bool wraps = !a.ends && a.mode == SampleMode::kWrap;
  if ((!a.ends || a.mode != SampleMode::kStrict) && !wraps) return std::nullopt;
  const Shape &from = n->input(0)->shape(), &to = n->output()->shape();
  Cut c;
  c.wraps = wraps;
  for (size_t i = 0; i < a.start.size(); ++i) {
    int64_t axis = a.axes.empty() ? static_cast<int64_t>(i) : a.axes[i];
    if (axis < 0) axis += static_cast<int64_t>(from.size());
    const Dim& extent = from[static_cast<size_t>(axis)];
    const int64_t step = a.stride.empty() ? 1 : a.stride[i];
    if (!extent.is_const() || !to[static_cast<size_t>(axis)].is_const() || step < 1) return std::nullopt;
    int64_t start = a.start[i];
    if (start < 0 && !wraps) start += extent.value();
    if (start < 0 || start > extent.value()) return std::nullopt;
    c.axes.push_back(axis), c.start.push_back(start), c.step.push_back(step);
  }
  return c;
}

std::optional<double> number(const Value* v) {
  if (v == nullptr || v->constant() == nullptr || v->constant()->count() != 1) return std::nullopt;
  return v->constant()->as_doubles()[0];
}

bool close(double a, double b) { return std::fabs(a - b) <= 1e-4 * std::fabs(b) + 1e-12; }
bool is_number(const Value* v, double x) {
  const auto n = number(v);
  return n && close(*n, x);
}

namespace {

// The operand beside a constant number that leaves the shape alone.
std::optional<WithNumber> beside_number(const Node* n, bool either) {
  for (size_t i = either ? 0 : 1; i < 2; ++i) {
    Value* other = n->input(1 - i);
    const auto c = number(n->input(i));
    if (c && other->rank() == n->output()->rank()) return WithNumber{other, *c};
  }
  return std::nullopt;
}

}  // namespace

std::optional<WithNumber> scaled(Value* v) {
  if (Node* n = map_of(v, ScalarFn::kMul)) return beside_number(n, true);
  if (Node* n = map_of(v, ScalarFn::kNeg)) return WithNumber{n->input(0), -1};
  if (Node* n = map_of(v, ScalarFn::kDiv)) {
    auto r = beside_number(n, false);
    if (!r || r->number == 0 || !is_float(v->type())) return std::nullopt;
    r->number = 1 / r->number;
    return r;
  }
  if (Node* n = map_of(v, ScalarFn::kAffine); n != nullptr && n->attr<MapAttrs>().beta == 0)
    return WithNumber{n->input(0), n->attr<MapAttrs>().alpha};
  return std::nullopt;
}

std::optional<WithNumber> shifted(Value* v) {
  if (Node* n = map_of(v, ScalarFn::kAdd)) return beside_number(n, true);
  if (Node* n = map_of(v, ScalarFn::kSub)) {
    auto r = beside_number(n, false);
    if (r) r->number = -r->number;
    return r;
  }
  if (Node* n = map_of(v, ScalarFn::kAffine); n != nullptr && n->attr<MapAttrs>().alpha == 1)
    return WithNumber{n->input(0), n->attr<MapAttrs>().beta};
  return std::nullopt;
}

namespace {

void collect(Value* v, const std::set<const Value*>& whole, Product& p, int depth) {
  if (whole.count(v) == 0 && depth < 8) {
    if (const auto c = number(v)) {
      p.number *= *c;
      return;
    }
    if (Node* n = map_of(v, ScalarFn::kMul)) {
      collect(n->input(0), whole, p, depth + 1);
      collect(n->input(1), whole, p, depth + 1);
      return;
    }
    if (const auto s = scaled(v)) {
      p.number *= s->number;
      return collect(s->x, whole, p, depth + 1);
    }
    int power = 0;
    Node* n = map_of(v, ScalarFn::kSquare);
    if (n != nullptr) power = 2;
    if (n == nullptr && (n = map_of(v, ScalarFn::kPow)) != nullptr)
      power = is_number(n->input(1), 2) ? 2 : is_number(n->input(1), 3) ? 3 : 0;
    if (power > 0) {
      for (int i = 0; i < power; ++i) collect(n->input(0), whole, p, depth + 1);
      return;
    }
  }
  p.factors.push_back(v);
}

}  // namespace

Product product_of(Value* v, const std::set<const Value*>& whole) {
  Product p;
  collect(v, whole, p, 0);
  return p;
}

bool is_product(const Product& p, double number, std::vector<const Value*> factors) {
  if (!close(p.number, number) || p.factors.size() != factors.size()) return false;
  std::vector<const Value*> got(p.factors.begin(), p.factors.end());
  std::sort(got.begin(), got.end());
  std::sort(factors.begin(), factors.end());
  return got == factors;
}

void sweep(Graph& g, Node* n, Node* heir, std::set<const Node*>* removed) {
  std::set<const Node*> gone;
  std::vector<Node*> work = {n};
  while (!work.empty()) {
    n = work.back();
    work.pop_back();
    if (n == nullptr || n == heir || gone.count(n) != 0 || n->op().has(kSideEffect)) continue;
    const auto& outputs = n->outputs();
    if (std::any_of(outputs.begin(), outputs.end(),
                    [&](const Value* v) { return !g.uses(v).empty() || g.is_output(v); }))
      continue;
    for (const Value* v : n->inputs())
      if (v != nullptr) work.push_back(v->producer());
    absorb_origins(heir, n);
    gone.insert(n);
    g.remove(n);
  }
  if (removed != nullptr) removed->insert(gone.begin(), gone.end());
}

bool replace_pattern(Graph& g, Value* old, Node* by, std::set<const Node*>* removed) {
  Node* n = old->producer();
  Value* v = by->output();
  if (g.is_output(old) && g.is_output(v)) return false;
  const std::string name = old->name();
  g.replace_uses(old, v);
  sweep(g, n, by, removed);
  if (g.find_value(name) == nullptr) g.rename(v, name);
  return true;
}

bool only_used_by(const Graph& g, const Value* v, const std::set<const Node*>& nodes) {
  if (g.is_output(v)) return false;
  const auto& uses = g.uses(v);
  return std::all_of(uses.begin(), uses.end(), [&](const auto& u) { return nodes.count(u.first) != 0; });
}

Node* insert_map(Graph& g, Node* before, ScalarFn fn, std::vector<Value*> inputs, double alpha, double beta) {
  MapAttrs a;
  a.fn = fn, a.alpha = alpha, a.beta = beta;
  return g.insert(before, kMapOp, before->name(), std::move(inputs), a);
}

Value* reshaped(Graph& g, Node* before, Value* v, const Shape& shape) {
  if (v->shape() == shape) return v;
  ReshapeAttrs a;
  int symbolic = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool copied = i < v->shape().size() && v->shape()[i] == shape[i];
    if (!shape[i].is_const() && !copied) ++symbolic;
    a.shape.push_back(copied ? 0 : shape[i].is_const() ? shape[i].value() : -1);
    if (shape[i].is(0) && !copied) symbolic = 2;  // an empty axis: not expressible
  }
  if (symbolic <= 1) return g.insert(before, kReshapeOp, v->name(), {v}, a)->output();
  HostDimsAttrs h;
  h.content = shape;
  h.dims = {static_cast<int64_t>(shape.size())};
  Value* dims = g.insert(before, kHostDimsOp, v->name() + "_dims", {}, h)->output();
  a.shape.clear(), a.zero_copies = false;
  return g.insert(before, kReshapeOp, v->name(), {v, dims}, a)->output();
}

}  // namespace hone::passes
