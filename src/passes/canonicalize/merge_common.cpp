// Common sub-expressions: equal nodes on equal inputs become one.
#include <algorithm>
#include <unordered_map>

#include "ops/constant.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

// Contents of constants above this size are not compared; such constants are equal where they share storage.
constexpr size_t kComparedBytes = 4096;

const Tensor* constant_of(const ir::Node& n) { return n.is(kConstantOp) ? &n.attr<ConstantAttrs>().value : nullptr; }

bool mergeable(const ir::Node& n) {
  return !n.op().has(kSideEffect) && !n.op().has(kControlFlow) && n.subgraphs.empty() && !n.epilogue &&
         !n.outputs().empty();
}

uint64_t key(const ir::Node& n) {
  uint64_t h = std::hash<const void*>()(&n.op());
  auto mix = [&](uint64_t v) { h = (h ^ v) * 0x9e3779b97f4a7c15u + (h >> 29); };
  const Tensor* t = constant_of(n);
  if (t != nullptr && t->bytes() > kComparedBytes)
    mix(std::hash<const void*>()(t->raw()));
  else
    mix(hash(n.attrs()));
  for (const ir::Value* v : n.inputs()) mix(std::hash<const void*>()(v));
  return h;
}

bool same_facts(const ir::Node& a, const ir::Node& b) {
  for (size_t i = 0; i < a.outputs().size(); ++i)
    if (a.output(i)->type() != b.output(i)->type() || !same_shape(a.output(i), b.output(i))) return false;
  return true;
}

bool same(const ir::Node& a, const ir::Node& b) {
  if (&a.op() != &b.op() || a.inputs() != b.inputs() || a.outputs().size() != b.outputs().size()) return false;
  if (a.precision != b.precision || a.output_type != b.output_type || !same_facts(a, b)) return false;
  const Tensor *s = constant_of(a), *t = constant_of(b);
  if (s != nullptr && t != nullptr && s->bytes() > kComparedBytes)
    return s->raw() == t->raw() && s->type() == t->type() && s->dims() == t->dims();
  return equal(a.attrs(), b.attrs());
}

// Two results of the graph cannot be one value.
bool outputs_allow(const ir::Graph& g, const ir::Node& kept, const ir::Node& gone) {
  for (size_t i = 0; i < kept.outputs().size(); ++i)
    if (g.is_output(kept.output(i)) && g.is_output(gone.output(i))) return false;
  return true;
}

}  // namespace

int merge_common(ir::Graph& g, const Options&) {
  int changed = 0;
  std::unordered_multimap<uint64_t, ir::Node*> seen;
  for (ir::Node* n : g.nodes()) {
    if (!mergeable(*n)) continue;
    const uint64_t k = key(*n);
    const auto [first, last] = seen.equal_range(k);
    const auto twin = std::find_if(
        first, last, [&](const auto& e) { return same(*e.second, *n) && outputs_allow(g, *e.second, *n); });
    if (twin == last) {
      seen.emplace(k, n);
      continue;
    }
    for (size_t i = 0; i < n->outputs().size(); ++i) g.replace_uses(n->output(i), twin->second->output(i));
    absorb_origins(twin->second, n);
    g.remove(n);
    ++changed;
  }
  return changed;
}

}  // namespace hone::passes
