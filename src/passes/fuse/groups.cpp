// Pointwise groups, grown backwards from each node: a producer joins where the group is its only user.
#include "passes/fuse/groups.h"

#include <algorithm>

#include "ops/pointwise.h"
#include "passes/fuse/match.h"
#include "passes/fuse/program_builder.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// Limits that every backend can keep.
constexpr size_t kMaxInstructions = 32, kMaxInputs = 16;

bool is_host(const Value* v) { return v->info.content.has_value(); }

bool may_join(const Graph& g, const Node* p, const Node* root, const std::set<const Node*>& group) {
  return is_pointwise(p) && p->output()->shape() == root->output()->shape() && !is_host(p->output()) &&
         only_used_by(g, p->output(), group);
}

size_t instructions(const std::set<const Node*>& group) {
  size_t n = 0;
  for (const Node* p : group) n += p->is(kPointwiseOp) ? p->attr<PointwiseAttrs>().program.code.size() : 1;
  return n;
}

size_t outside_inputs(const std::set<const Node*>& group) {
  std::set<const Value*> in;
  for (const Node* n : group)
    for (const Value* v : n->inputs())
      if (group.count(v->producer()) == 0) in.insert(v);
  return in.size();
}

// The largest group that ends in `root`.
std::set<const Node*> grow(const Graph& g, const Node* root) {
  std::set<const Node*> group = {root};
  for (bool grown = true; grown;) {
    grown = false;
    std::set<const Node*> candidates;
    for (const Node* n : group)
      for (const Value* v : n->inputs())
        if (v->producer() != nullptr && group.count(v->producer()) == 0) candidates.insert(v->producer());
    for (const Node* p : candidates) {
      if (!may_join(g, p, root, group)) continue;
      std::set<const Node*> larger = group;
      larger.insert(p);
      if (instructions(larger) > kMaxInstructions || outside_inputs(larger) > kMaxInputs) continue;
      group = std::move(larger);
      grown = true;
    }
  }
  return group;
}

}  // namespace

int group_pointwise(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  std::vector<Node*> nodes = g.nodes();
  std::reverse(nodes.begin(), nodes.end());
  for (Node* root : nodes) {
    if (removed.count(root) != 0 || !is_pointwise(root) || is_host(root->output())) continue;
    const std::set<const Node*> group = grow(g, root);
    if (group.size() < 2) continue;
    ProgramBuilder b;
    for (const Node* n : g.nodes())  // in order
      if (group.count(n) != 0) b.add_node(n);
    PointwiseAttrs a;
    a.program = b.build(root->output());
    std::vector<Value*> inputs;
    for (const Value* v : b.inputs()) inputs.push_back(const_cast<Value*>(v));
    Node* n = g.insert(root, kPointwiseOp, root->name(), inputs, a, 1);
    n->precision = root->precision, n->output_type = root->output_type;
    replace_pattern(g, root->output(), n, &removed);
    ++count;
  }
  return count;
}

}  // namespace hone::passes
