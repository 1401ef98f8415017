// Constant folding through the reference evaluation.
#include <algorithm>

#include "ir/evaluate.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

// A folded constant may be this much larger than what it is made of before it counts as a waste of plan bytes.
constexpr int64_t kFreeElements = int64_t{1} << 20;
constexpr int64_t kGrowth = 4;

bool foldable(const ir::Node& n, const Options& o) {
  if (is_literal(&n) || n.op().eval == nullptr || n.op().has(kSideEffect) || n.outputs().empty()) return false;
  int64_t in = 0, out = 0;
  for (const ir::Value* v : n.inputs()) {
    if (v == nullptr) continue;
    if (v->constant() == nullptr) return false;
    in += v->constant()->count();
  }
  for (const ir::Value* v : n.outputs()) {
    if (is_const(v->shape())) out += volume(to_dims(v->shape()));  // else the values tell; checked when they are there
  }
  return out <= o.fold_limit && out <= std::max(kFreeElements, kGrowth * in);
}

std::vector<Tensor> fold(const ir::Node& n) {
  std::vector<const Tensor*> in;
  for (const ir::Value* v : n.inputs()) in.push_back(v != nullptr ? v->constant() : nullptr);
  ir::Bindings none;
  return ir::evaluate_node(n, in, none);
}

}  // namespace

int fold_constants(ir::Graph& g, const Options& options) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) {
    if (!foldable(*n, options)) continue;
    std::vector<Tensor> results;
    try {
      results = fold(*n);
    } catch (const Error&) {
      continue;  // it may never run (a branch not taken); if it does, the run reports it
    }
    int64_t elements = 0;
    for (const Tensor& t : results) elements += t.count();
    if (elements > options.fold_limit) continue;
    // The heir is the first reader of any output; the literals have no layer of their own.
    ir::Node* heir = nullptr;
    std::vector<ir::Value*> values;
    for (size_t i = 0; i < results.size(); ++i) {
      ir::Value* out = n->output(i);
      values.push_back(g.uses(out).empty() && !g.is_output(out) ? nullptr : g.constant(out->name(), results[i]));
      if (heir == nullptr && !g.uses(out).empty()) heir = g.uses(out)[0].first;
    }
    for (size_t i = 0; i < results.size(); ++i)
      if (values[i] != nullptr) {
        if (heir == nullptr) heir = values[i]->producer();
        g.replace_uses(n->output(i), values[i]);
      }
    retire(g, n, heir);
    ++changed;
  }
  if (changed != 0) g.infer_all();  // what was data-dependent may be known now
  return changed;
}

}  // namespace hone::passes
