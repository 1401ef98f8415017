// Copies of nodes inside a body.
#include "passes/canonicalize/body.h"

#include <algorithm>

#include "ops/constant.h"

namespace hone::passes {

std::vector<ir::Node*> needed_nodes(const ir::Graph& g, const std::vector<ir::Value*>& results,
                                    const std::set<ir::Node*>& inside, const ValueMap& given) {
  std::set<ir::Node*> needed;
  std::vector<ir::Value*> stack = results;
  while (!stack.empty()) {
    ir::Value* v = stack.back();
    stack.pop_back();
    if (v == nullptr || given.count(v) != 0 || v->producer() == nullptr || inside.count(v->producer()) == 0) continue;
    if (!needed.insert(v->producer()).second) continue;
    for (ir::Value* i : v->producer()->inputs()) stack.push_back(i);
  }
  std::vector<ir::Node*> ordered;
  for (ir::Node* n : g.nodes())
    if (needed.count(n) != 0) ordered.push_back(n);
  return ordered;
}

std::vector<ir::Value*> outer_values(const std::vector<ir::Node*>& nodes, const std::vector<ir::Value*>& results,
                                     const ValueMap& given) {
  const std::set<ir::Node*> inside(nodes.begin(), nodes.end());
  std::vector<ir::Value*> found;
  auto look = [&](ir::Value* v) {
    if (v == nullptr || given.count(v) != 0 || (v->producer() != nullptr && inside.count(v->producer()) != 0)) return;
    if (v->producer() != nullptr && v->producer()->is(kConstantOp)) return;
    if (std::find(found.begin(), found.end(), v) == found.end()) found.push_back(v);
  };
  for (ir::Node* n : nodes)
    for (ir::Value* v : n->inputs()) look(v);
  for (ir::Value* v : results) look(v);
  return found;
}

ir::Value* capture(ir::Graph& body, const ir::Value* v) {
  ir::Value* in = body.add_input(v->name(), v->type(), v->shape());
  in->info.content = known_content(v->info);
  return in;
}

ir::Value* counterpart(ir::Graph& body, const ir::Value* v, ValueMap& map) {
  if (v == nullptr) return nullptr;
  const auto it = map.find(v);
  if (it != map.end()) return it->second;
  require<InternalError>(v->constant() != nullptr, "value '{}' is not known in a body", v->name());
  return map[v] = body.constant(v->name(), *v->constant());
}

void copy_nodes(ir::Graph& body, const std::vector<ir::Node*>& nodes, ValueMap& map) {
  for (ir::Node* n : nodes) {
    std::vector<ir::Value*> in;
    for (const ir::Value* v : n->inputs()) in.push_back(counterpart(body, v, map));
    std::vector<std::unique_ptr<ir::Graph>> bodies;
    for (const auto& b : n->subgraphs) bodies.push_back(b->clone());
    ir::Node* copy = body.add_control(n->op(), n->name(), std::move(in), n->attrs().clone(), std::move(bodies),
                                      static_cast<int>(n->outputs().size()));
    copy->origins = n->origins, copy->precision = n->precision, copy->output_type = n->output_type;
    for (size_t i = 0; i < n->outputs().size(); ++i) map[n->output(i)] = copy->output(i);
  }
}

}  // namespace hone::passes
