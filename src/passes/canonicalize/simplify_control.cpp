// Conditionals with a known condition give way to the branch taken; constants move into the bodies that capture them.
#include <algorithm>

#include "ops/constant.h"
#include "ops/loop.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

std::optional<bool> known_condition(const ir::Value* v) {
  const auto content = known_content(v->info);
  if (!content || content->size() != 1 || !content->front().is_const()) return std::nullopt;
  return !content->front().is(0);
}

// Copies the nodes of `body` in front of `before`, its inputs standing for `args`; returns its outputs' copies.
std::vector<ir::Value*> inline_body(ir::Graph& g, ir::Node* before, const ir::Graph& body,
                                    const std::vector<ir::Value*>& args) {
  std::map<const ir::Value*, ir::Value*> map;
  for (size_t i = 0; i < body.inputs().size(); ++i) map[body.inputs()[i]] = args.at(i);
  for (const ir::Node* n : body.nodes()) {
    std::vector<ir::Value*> in;
    for (const ir::Value* v : n->inputs()) in.push_back(v != nullptr ? map.at(v) : nullptr);
    ir::Node* copy =
        g.insert(before, n->op(), n->name(), in, n->attrs().clone(), static_cast<int>(n->outputs().size()));
    copy->origins = n->origins, copy->precision = n->precision, copy->output_type = n->output_type;
    for (size_t i = 0; i < n->outputs().size(); ++i) map[n->output(i)] = copy->output(i);
  }
  std::vector<ir::Value*> out;
  for (const ir::Value* v : body.outputs()) out.push_back(map.at(v));
  return out;
}

bool can_inline(const ir::Graph& body) {
  const auto nodes = body.nodes();
  return std::none_of(nodes.begin(), nodes.end(),
                      [](const ir::Node* n) { return n->op().has(kControlFlow) || n->epilogue; });
}

bool inline_if(ir::Graph& g, ir::Node* n) {
  const auto condition = known_condition(n->input(0));
  if (!condition) return false;
  const ir::Graph& body = *n->subgraphs.at(*condition ? 0 : 1);
  if (!can_inline(body)) return false;
  std::vector<ir::Value*> results = inline_body(g, n, body, {n->inputs().begin() + 1, n->inputs().end()});
  ir::Node* heir = nullptr;
  for (size_t i = 0; i < results.size(); ++i) {
    ir::Value *from = n->output(i), *&to = results[i];
    if (g.is_output(from) && (to->producer() == nullptr || g.is_output(to)))
      to = g.insert(n, kIdentityOp, n->name(), {to})->output();
    if (heir == nullptr && to->producer() != nullptr && !is_literal(to->producer())) heir = to->producer();
    if (heir == nullptr && !g.uses(from).empty()) heir = g.uses(from)[0].first;
    g.replace_uses(from, to);
  }
  retire(g, n, heir);
  return true;
}

// The first captured input of a control node, and of its bodies.
struct Captures {
  size_t node, body;
};
Captures captures(const ir::Node* n) {
  if (n->is(kIfOp)) return {1, 0};
  const auto carried = static_cast<size_t>(n->attr<LoopAttrs>().carried);
  return {2 + carried, 2 + carried};
}

bool sink_constant(ir::Graph& g, ir::Node* n) {
  const Captures c = captures(n);
  for (size_t i = c.node; i < n->inputs().size(); ++i) {
    ir::Value* v = n->input(i);
    if (v == nullptr || v->constant() == nullptr) continue;
    for (auto& body : n->subgraphs) {
      ir::Value* in = body->inputs().at(i - c.node + c.body);
      if (body->is_output(in)) return false;
    }
    for (auto& body : n->subgraphs) {
      ir::Value* in = body->inputs()[i - c.node + c.body];
      if (!body->uses(in).empty()) body->replace_uses(in, body->constant(v->name(), *v->constant()));
      body->remove_input(in);
    }
    std::vector<ir::Value*> inputs = n->inputs();
    inputs.erase(inputs.begin() + static_cast<long>(i));
    g.set_inputs(n, std::move(inputs));
    retire(g, v->producer(), n);
    g.infer_node(n);
    return true;
  }
  return false;
}

}  // namespace

int simplify_control(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) {
    if (n->is(kIfOp) && inline_if(g, n)) {
      ++changed;
      continue;
    }
    if (n->is(kIfOp) || n->is(kLoopOp))
      while (sink_constant(g, n)) ++changed;
  }
  if (changed != 0) g.infer_all();
  return changed;
}

}  // namespace hone::passes
