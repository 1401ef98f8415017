// Moving views behind element-wise nodes.
#include "passes/fuse/sink_views.h"

#include <algorithm>

#include "ops/map.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// v is the result of a heavy node, or of element-wise nodes after one that nothing else uses.
bool is_tail_of_heavy(const Graph& g, const Value* v, int depth = 0) {
  const Node* n = v->producer();
  if (n == nullptr || depth > 8 || !g.single_use(v)) return false;
  if (n->op().has(kHeavy)) return !n->is(kAttentionOp);
  if (!n->is(kMapOp) && !n->is(kCastOp)) return false;
  return std::any_of(n->inputs().begin(), n->inputs().end(),
                     [&](const Value* in) { return in->shape() == v->shape() && is_tail_of_heavy(g, in, depth + 1); });
}

bool is_view(const Node* n) {
  return n != nullptr && !n->epilogue && (n->is(kReshapeOp) || n->is(kSqueezeOp) || n->is(kUnsqueezeOp));
}

// The operand as it looks before the reshape from `inner` to `outer`; null where it has no such form.
Value* operand_before(Graph& g, Node* before, Value* v, const Shape& inner, const Shape& outer) {
  if (v->shape() == outer) return reshaped(g, before, v, inner);
  if (v->rank() == 0) return v;
  const bool last_only = v->rank() == 1 && !inner.empty() && !outer.empty() && inner.back() == outer.back();
  return last_only ? v : nullptr;
}

// Map(Reshape(h), o...) as Reshape(Map(h, o'...)).
bool sink(Graph& g, Node* n, std::set<const Node*>& removed) {
  for (size_t i = 0; i < n->inputs().size(); ++i) {
    Value* r = n->input(i);
    Node* view = r->producer();
    if (!is_view(view) || !g.single_use(r) || r->shape() != n->output()->shape()) continue;
    Value* h = view->input(0);
    if (!is_float(h->type()) || !is_tail_of_heavy(g, h)) continue;
    std::vector<Value*> in;
    for (size_t k = 0; k < n->inputs().size(); ++k) {
      in.push_back(k == i ? h : operand_before(g, n, n->input(k), h->shape(), r->shape()));
      if (in.back() == nullptr) break;
    }
    if (in.back() == nullptr) continue;
    Node* m = g.insert(n, n->op(), n->name(), in, n->attrs().clone());
    m->precision = n->precision;
    m->origins = std::move(n->origins);
    n->origins.clear();
    Value* out = reshaped(g, n, m->output(), r->shape());
    return replace_pattern(g, n->output(), out->producer(), &removed);
  }
  return false;
}

// A transpose that keeps the order of all axes that are not 1.
bool as_reshape(Graph& g, Node* n, std::set<const Node*>& removed) {
  const Shape& s = n->input(0)->shape();
  const auto& perm = n->attr<TransposeAttrs>().perm;
  if (perm.size() != s.size()) return false;
  int64_t last = -1;
  for (int64_t p : perm) {
    if (s[static_cast<size_t>(p)].is(1)) continue;
    if (p < last) return false;
    last = p;
  }
  Value* v = reshaped(g, n, n->input(0), n->output()->shape());
  if (v == n->input(0)) return false;
  return replace_pattern(g, n->output(), v->producer(), &removed);
}

}  // namespace

int sink_views(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0 || n->epilogue) continue;
    if (n->is(kTransposeOp)) count += as_reshape(g, n, removed) ? 1 : 0;
    if (removed.count(n) == 0 && n->is(kMapOp)) count += sink(g, n, removed) ? 1 : 0;
  }
  return count;
}

}  // namespace hone::passes
