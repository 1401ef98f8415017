// Selection through views.
#include "passes/fuse/selects.h"

#include "ops/gather.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/fuse/permuted.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// The index that the node picks from its axis, made non-negative.
std::optional<int64_t> picked(const Node* n) {
  const auto& a = n->attr<GatherAttrs>();
  const Value *x = n->input(0), *at = n->input(1);
  if (a.mode != GatherMode::kAxis || a.batch_dims != 0 || at->constant() == nullptr || at->rank() != 0 ||
      x->constant() != nullptr || x->info.content || !is_float(x->type()))
    return std::nullopt;
  const Dim& extent = x->shape()[static_cast<size_t>(normalize_axis(a.axis, x->rank()))];
  if (!extent.is_const()) return std::nullopt;
  const int64_t i = at->constant()->as_ints()[0];
  if (i < -extent.value() || i >= extent.value()) return std::nullopt;
  return i < 0 ? i + extent.value() : i;
}

// Index i of axis b of Reshape(source, shape) as a slice of the source; null where it is no even slice.
Value* sliced(Graph& g, Node* before, const Permuted& p, size_t b, int64_t i) {
  const auto groups = split_axes(p.source->shape(), p.shape);
  if (!groups) return nullptr;
  for (size_t axis = 0; axis < groups->size(); ++axis) {
    const auto& group = (*groups)[axis];
    Dim before_b(1), after_b(1);
    bool here = false;
    for (size_t k : group) {
      if (k == b)
        here = true;
      else
        (here ? after_b : before_b) *= p.shape[k];
    }
    if (!here) continue;
    if (!after_b.is_const() || !before_b.is_const() || (before_b != Dim(1) && after_b != Dim(1))) return nullptr;
    SliceAttrs a;
    a.ends = true, a.axes = {static_cast<int64_t>(axis)};
    if (before_b.is(1)) {
      a.start = {i * after_b.value()}, a.size = {(i + 1) * after_b.value()}, a.stride = {1};
    } else {
      const int64_t step = p.shape[b].value();
      a.start = {i}, a.size = {before_b.value() * step}, a.stride = {step};
    }
    return g.insert(before, kSliceOp, before->name(), {p.source}, a)->output();
  }
  return nullptr;
}

bool rewrite(Graph& g, Node* n, std::set<const Node*>& removed) {
  const auto i = picked(n);
  if (!i) return false;
  Value* x = n->input(0);
  Permuted p = Permuted::of(x, x->shape(), {});
  for (int64_t k = 0; k < x->rank(); ++k) p.perm.push_back(k);
  p.strip();
  const auto axis = static_cast<size_t>(normalize_axis(n->attr<GatherAttrs>().axis, x->rank()));
  const int64_t b = p.perm[axis];
  Value* v = sliced(g, n, p, static_cast<size_t>(b), *i);
  if (v == nullptr) return false;
  p.shape.erase(p.shape.begin() + b);
  p.perm.erase(p.perm.begin() + static_cast<long>(axis));
  for (int64_t& k : p.perm) k -= k > b ? 1 : 0;
  v = reshaped(g, n, v, p.shape);
  if (!is_identity(p.perm)) {
    TransposeAttrs t;
    t.perm = p.perm;
    v = g.insert(n, kTransposeOp, n->name(), {v}, t)->output();
  }
  return replace_pattern(g, n->output(), v->producer(), &removed);
}

}  // namespace

int select_through_views(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes())
    if (removed.count(n) == 0 && n->is(kGatherOp) && !n->epilogue) count += rewrite(g, n, removed) ? 1 : 0;
  return count;
}

}  // namespace hone::passes
