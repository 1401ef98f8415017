// Fences go up around the marked nodes before anything is rewritten and come down before tuning.
#include "passes/placement/fences.h"

#include <algorithm>
#include <utility>

#include "ops/constant.h"
#include "ops/transfer.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

bool to_host(const Node* fence) { return fence->attr<TransferAttrs>().to_host; }

// Values that both sides know without a copy.
bool on_both_sides(const Value* v) { return v == nullptr || v->constant() != nullptr || v->info.content.has_value(); }

class Raising {
 public:
  explicit Raising(Graph& g) : g_(g) {}

  int run() {
    const std::vector<Node*> nodes = g_.nodes();
    for (Node* n : nodes)
      if (std::exchange(n->force_host, false) && !n->is(kConstantOp) && !n->op().has(kControlFlow) &&
          !n->is(kTransferOp))
        inside_.insert(n);
    if (inside_.empty()) return 0;
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (inside_.count(nodes[i]) == 0) continue;
      for (size_t k = 0; k < nodes[i]->inputs().size(); ++k) enter(nodes[i], k);
      for (Value* v : std::vector<Value*>(nodes[i]->outputs())) leave(v, i + 1 < nodes.size() ? nodes[i + 1] : nullptr);
    }
    return static_cast<int>(inside_.size());
  }

 private:
  Node* fence(Node* before, Value* v, bool host) {
    TransferAttrs a;
    a.to_host = host;
    return g_.insert(before, kTransferOp, fmt::format("{}_to_{}", v->name(), host ? "host" : "device"), {v}, a);
  }

  void enter(Node* n, size_t input) {
    Value* v = n->inputs()[input];
    if (v == nullptr || v->constant() != nullptr || inside_.count(v->producer()) != 0) return;
    Value*& slot = entered_[v];
    if (slot == nullptr) slot = fence(n, v, true)->output();
    g_.set_input(n, static_cast<int>(input), slot);
  }

  void leave(Value* v, Node* before) {
    const auto users = g_.uses(v);
    const bool read =
        std::any_of(users.begin(), users.end(), [&](const auto& u) { return inside_.count(u.first) == 0; });
    if (!read && !g_.is_output(v)) return;
    Node* f = fence(before, v, false);
    if (g_.is_output(v)) {
      g_.replace_uses(v, f->output());  // the name moves along
      g_.set_input(f, 0, v);
      for (const auto& [user, k] : users)
        if (inside_.count(user) != 0) g_.set_input(user, k, v);
      return;
    }
    for (const auto& [user, k] : users)
      if (inside_.count(user) == 0) g_.set_input(user, k, f->output());
  }

  Graph& g_;
  std::set<const Node*> inside_;
  std::map<Value*, Value*> entered_;
};

// Where the fence can neither be replaced by what it reads nor be left (a graph output that is a graph input), a copy
// without a side stands in.
void take_away(Graph& g, Node* fence) {
  if (replace_node(g, fence, fence->input(0))) return;
  Node* same = g.insert(fence, kIdentityOp, fence->name(), {fence->input(0)});
  g.replace_uses(fence->output(), same->output());
  g.remove(fence);
}

}  // namespace

int raise_fences(Graph& g, const Options&) { return Raising(g).run(); }

int settle_fences(Graph& g, const Options&) {
  int changed = 0;
  for (Node* n : g.nodes()) {
    if (!n->is(kTransferOp)) continue;
    Value* v = n->input(0);
    Node* before = v->producer();
    if (on_both_sides(v))
      changed += replace_node(g, n, v);
    else if (before != nullptr && before->is(kTransferOp))
      changed += replace_node(g, n, to_host(before) == to_host(n) ? v : before->input(0));
  }
  return changed;
}

std::set<const Node*> fenced(const Graph& g) {
  std::set<const Node*> inside;
  std::vector<const Node*> open;
  auto visit = [&](const Node* n) {
    if (n != nullptr && !n->is(kTransferOp) && !n->is(kConstantOp) && !n->op().has(kControlFlow) &&
        inside.insert(n).second)
      open.push_back(n);
  };
  for (const Node* n : g.nodes()) {
    if (!n->is(kTransferOp)) continue;
    if (!to_host(n))
      visit(n->input(0)->producer());
    else
      for (const auto& [user, k] : g.uses(n->output())) visit(user);
  }
  while (!open.empty()) {
    const Node* n = open.back();
    open.pop_back();
    for (const Value* v : n->inputs())
      if (!on_both_sides(v)) visit(v->producer());
    for (const Value* v : n->outputs())
      if (!on_both_sides(v))
        for (const auto& [user, k] : g.uses(v)) visit(user);
  }
  return inside;
}

int lower_fences(Graph& g, bool keep_marks) {
  const std::set<const Node*> inside = fenced(g);
  for (Node* n : g.nodes()) {
    if (keep_marks && inside.count(n) != 0) n->force_host = true;
    if (n->is(kTransferOp)) take_away(g, n);
  }
  return static_cast<int>(inside.size());
}

}  // namespace hone::passes
