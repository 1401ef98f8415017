// Rolls and slices of slices.
#include "passes/fuse/windows.h"

#include <algorithm>

#include "ops/concat.h"
#include "ops/slice.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

int64_t extent_of(const Value* v, int64_t axis) { return v->shape()[static_cast<size_t>(axis)].value(); }

// Concat(x[s:], x[:s]) along one axis as one slice that begins at s and wraps around.
bool roll(Graph& g, Node* n, std::set<const Node*>& removed) {
  if (n->inputs().size() != 2 || n->epilogue || n->input(0) == nullptr || n->input(1) == nullptr) return false;
  const int64_t axis = normalize_axis(n->attr<ConcatAttrs>().axis, n->output()->rank());
  const auto first = cut_of(n->input(0)->producer()), second = cut_of(n->input(1)->producer());
  if (!first || !second || first->wraps || second->wraps) return false;
  Value* x = n->input(0)->producer()->input(0);
  const auto along = [&](const Cut& c) { return c.axes == std::vector<int64_t>{axis} && c.step[0] == 1; };
  if (x != n->input(1)->producer()->input(0) || !along(*first) || !along(*second)) return false;
  const int64_t extent = extent_of(x, axis), s = first->start[0];
  if (second->start[0] != 0 || extent_of(n->input(0), axis) != extent - s || extent_of(n->input(1), axis) != s)
    return false;
  SliceAttrs a;
  a.start = {s}, a.size = {extent}, a.stride = {1}, a.axes = {axis}, a.mode = SampleMode::kWrap;
  Node* rolled = g.insert(n, kSliceOp, n->name(), {x}, a);
  return replace_pattern(g, n->output(), rolled, &removed);
}

// A slice of a slice along other axes. The inner one must have no other readers than such slices, or it would be read
// twice.
bool join(Graph& g, Node* n, std::set<const Node*>& removed) {
  Node* inner = made_by(n->input(0), kSliceOp);
  const auto outer_cut = cut_of(n), inner_cut = cut_of(inner);
  if (!outer_cut || !inner_cut || outer_cut->wraps != inner_cut->wraps || g.is_output(inner->output())) return false;
  for (const auto& [user, at] : g.uses(inner->output()))
    if (!user->is(kSliceOp) || user->epilogue) return false;
  for (int64_t axis : outer_cut->axes)
    if (std::find(inner_cut->axes.begin(), inner_cut->axes.end(), axis) != inner_cut->axes.end()) return false;
  SliceAttrs a;
  a.ends = !outer_cut->wraps, a.mode = outer_cut->wraps ? SampleMode::kWrap : SampleMode::kStrict;
  for (const Cut* c : {&*inner_cut, &*outer_cut})
    for (size_t i = 0; i < c->axes.size(); ++i) {
      const int64_t count = extent_of(n->output(), c->axes[i]);
      a.axes.push_back(c->axes[i]), a.start.push_back(c->start[i]), a.stride.push_back(c->step[i]);
      a.size.push_back(a.ends ? c->start[i] + count * c->step[i] : count);
    }
  Node* joined = g.insert(n, kSliceOp, n->name(), {inner->input(0)}, a);
  return replace_pattern(g, n->output(), joined, &removed);
}

}  // namespace

int join_windows(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0) continue;
    if (n->is(kConcatOp)) count += roll(g, n, removed) ? 1 : 0;
    if (removed.count(n) == 0 && n->is(kSliceOp)) count += join(g, n, removed) ? 1 : 0;
  }
  return count;
}

}  // namespace hone::passes
