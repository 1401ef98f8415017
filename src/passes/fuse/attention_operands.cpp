// Heads of attention's operands, found behind reshapes and slices.
#include "passes/fuse/attention_operands.h"

#include <algorithm>

#include "ops/attention.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "passes/fuse/permuted.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// A cut along one axis in steps of one.
struct Cut {
  Value* source;
  size_t axis;
  int64_t start, all;  // of the source's axis
};

std::optional<Cut> cut_of(const Value* v) {
  Node* n = made_by(v, kSliceOp);
  if (n == nullptr || n->epilogue || n->inputs().size() != 1) return std::nullopt;
  const auto& a = n->attr<SliceAttrs>();
  const Shape& from = n->input(0)->shape();
  if (a.start.size() != 1 || a.axes.size() > 1 || (!a.stride.empty() && a.stride[0] != 1)) return std::nullopt;
  int64_t axis = a.axes.empty() ? 0 : a.axes[0], start = a.start[0];
  if (axis < 0) axis += static_cast<int64_t>(from.size());
  const Dim& all = from[static_cast<size_t>(axis)];
  if (!all.is_const() || !v->shape()[static_cast<size_t>(axis)].is_const()) return std::nullopt;
  if (start < 0) start += all.value();
  if (start < 0 || start + v->shape()[static_cast<size_t>(axis)].value() > all.value()) return std::nullopt;
  return Cut{n->input(0), static_cast<size_t>(axis), start, all.value()};
}

// Makes operand `i` the whole of what it is cut from.
bool read_in_place(Graph& g, Node* n, size_t i, AttentionAttrs* attrs, std::set<const Node*>* removed) {
  Value* operand = n->input(i);
  Value* v = operand;
  while (made_by(v, kReshapeOp) != nullptr && !v->producer()->epilogue) v = v->producer()->input(0);
  const auto cut = cut_of(v);
  if (!cut) return false;
  const auto groups = split_axes(v->shape(), operand->shape());
  if (!groups) return false;
  // The cut axis must begin with the heads; what follows is a part of each head.
  const auto& perm = attrs->perm(i);
  const size_t heads = perm.empty() ? 1 : static_cast<size_t>(perm[1]);
  int64_t part = 1;
  bool found = false;
  for (size_t k : (*groups)[cut->axis]) {
    const Dim& d = operand->shape()[k];
    if (!d.is_const() || (!found && k != heads && !d.is(1))) return false;
    if (found) part *= d.value();
    found = found || k == heads;
  }
  if (!found || part == 0 || cut->start % part != 0 || cut->all % part != 0) return false;
  Shape whole = operand->shape();
  const int64_t used = whole[heads].value();
  whole[heads] = Dim(cut->all / part);
  const int64_t first = cut->start / part + attrs->first(i);
  (i == 0 ? attrs->q_first : i == 1 ? attrs->k_first : attrs->v_first) = first;
  // Where earlier cuts are known already, the number of used heads stays what it is.
  int64_t& number = i == 0 ? attrs->heads : attrs->kv_heads;
  if (number == 0) number = used;
  g.set_input(n, static_cast<int>(i), reshaped(g, n, cut->source, whole));
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
