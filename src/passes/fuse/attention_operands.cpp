// Heads of attention's operands, found behind reshapes and slices.
#include "passes/fuse/attention_operands.h"

#include <algorithm>

#include "ops/attention.h"
#include "ops/reshape.h"
#include "passes/fuse/permuted.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// Makes operand `i` the whole of what it is cut from.
bool read_in_place(Graph& g, Node* n, size_t i, AttentionAttrs* attrs, std::set<const Node*>* removed) {
  Value* operand = n->input(i);
  Value* v = operand;
  while (made_by(v, kReshapeOp) != nullptr && !v->producer()->epilogue) v = v->producer()->input(0);
  const auto cut = cut_of(v->producer());
  if (!cut || cut->wraps || cut->axes.size() != 1 || cut->step[0] != 1) return false;
  Value* source = v->producer()->input(0);
  const auto axis = static_cast<size_t>(cut->axes[0]);
  const int64_t start = cut->start[0], all = source->shape()[axis].value();
  const auto groups = split_axes(v->shape(), operand->shape());
  if (!groups) return false;
  // The cut axis must begin with the heads; what follows is a part of each head.
  const auto& perm = attrs->perm(i);
  const size_t heads = perm.empty() ? 1 : static_cast<size_t>(perm[1]);
  int64_t part = 1;
  bool found = false;
  for (size_t k : (*groups)[axis]) {
    const Dim& d = operand->shape()[k];
    if (!d.is_const() || (!found && k != heads && !d.is(1))) return false;
    if (found) part *= d.value();
    found = found || k == heads;
  }
  if (!found || part == 0 || start % part != 0 || all % part != 0) return false;
  Shape whole = operand->shape();
  const int64_t used = whole[heads].value();
  whole[heads] = Dim(all / part);
  const int64_t first = start / part + attrs->first(i);
  (i == 0 ? attrs->q_first : i == 1 ? attrs->k_first : attrs->v_first) = first;
  // Where earlier cuts are known already, the number of used heads stays what it is.
  int64_t& number = i == 0 ? attrs->heads : attrs->kv_heads;
  if (number == 0) number = used;
  g.set_input(n, static_cast<int>(i), reshaped(g, n, source, whole));
  if (g.uses(operand).empty() && !g.is_output(operand)) sweep(g, operand->producer(), n, removed);
  return true;
}

}  // namespace

int attend_in_place(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0 || !n->is(kAttentionOp)) continue;
    AttentionAttrs attrs = n->attr<AttentionAttrs>();
    int here = 0;
    for (size_t i = 0; i < 3; ++i) here += read_in_place(g, n, i, &attrs, &removed) ? 1 : 0;
    if (here == 0) continue;
    n->attr<AttentionAttrs>() = attrs;
    count += here;
  }
  return count;
}

}  // namespace hone::passes
