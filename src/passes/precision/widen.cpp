// FP16 and BF16 as storage types.
#include "passes/precision/widen.h"

#include "ops/cast.h"
#include "ops/constant.h"
#include "passes/placement/fences.h"

namespace hone::passes {
namespace {

bool narrow(DType t) { return t == DType::kF16 || t == DType::kBF16; }

bool computes(const ir::Node& n) {
  if (n.is(kCastOp) || n.is(kConstantOp) || n.op().has(kView) || n.op().has(kControlFlow) || n.op().eval == nullptr)
    return false;
  // Only nodes whose result type follows their operands: others state a type of their own.
  for (const ir::Value* v : n.inputs())
    if (v != nullptr && narrow(v->type())) return true;
  return false;
}

ir::Value* cast(ir::Graph& g, ir::Node* before, ir::Value* v, DType to, const char* suffix) {
  CastAttrs a;
  a.to = to;
  return g.insert(before, kCastOp, v->name() + suffix, {v}, a)->output();
}

// x (f32) -> Cast narrow -> Cast f32 is x: the rounding between two single-precision nodes is dropped.
int remove_round_trips(ir::Graph& g) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) {
    if (!n->is(kCastOp) || n->output()->type() != DType::kF32) continue;
    ir::Node* down = n->input(0)->producer();
    if (down == nullptr || !down->is(kCastOp) || !narrow(down->output()->type()) ||
        down->input(0)->type() != DType::kF32)
      continue;
    changed += replace_node(g, n, down->input(0));
  }
  return changed;
}

// The nodes of `only`, or all where it is null.
int widen_nodes(ir::Graph& g, const std::set<const ir::Node*>* only) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) {
    if (!computes(*n) || (only != nullptr && only->count(n) == 0)) continue;
    std::vector<DType> before;
    for (const ir::Value* v : n->outputs()) before.push_back(v->type());
    for (size_t i = 0; i < n->inputs().size(); ++i) {
      ir::Value* v = n->inputs()[i];
      if (v != nullptr && narrow(v->type())) g.set_input(n, static_cast<int>(i), cast(g, n, v, DType::kF32, "_f32"));
    }
    g.infer_node(n);
    const std::vector<ir::Node*> nodes = g.nodes();
    const auto at = std::find(nodes.begin(), nodes.end(), n);
    ir::Node* next = at + 1 != nodes.end() ? *(at + 1) : nullptr;
    for (size_t i = 0; i < n->outputs().size(); ++i) {
      ir::Value* v = n->outputs()[i];
      if (!narrow(before[i]) || v->type() == before[i]) continue;
      ir::Value* back = cast(g, next, v, before[i], "_narrow");
      const auto users = g.uses(v);
      for (auto [user, k] : users)
        if (user != back->producer()) g.set_input(user, k, back);
      if (g.is_output(v)) {
        g.replace_uses(v, back);
        g.set_input(back->producer(), 0, v);
      }
    }
    ++changed;
  }
  return changed;
}

}  // namespace

int widen(ir::Graph& g, const Options&) { return widen_nodes(g, nullptr) + remove_round_trips(g); }

int widen_fenced(ir::Graph& g, const Options&) {
  const std::set<const ir::Node*> inside = fenced(g);
  return inside.empty() ? 0 : widen_nodes(g, &inside);
}

}  // namespace hone::passes
