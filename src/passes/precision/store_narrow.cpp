// All values that may be narrow begin as such; then nodes without a kernel for what they touch get FP32 back, until
// every node runs.
#include "passes/precision/store_narrow.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "ops/constant.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

/// Nodes that move elements: what goes in comes out in the same type.
bool moves(const Node& n) {
  static const Op* const kOps[] = {&kReshapeOp, &kTransposeOp, &kSqueezeOp, &kUnsqueezeOp, &kSliceOp,   &kConcatOp,
                                   &kExpandOp,  &kTileOp,      &kPadOp,     &kGatherOp,    &kIdentityOp};
  return std::find(std::begin(kOps), std::end(kOps), &n.op()) != std::end(kOps);
}

class Storage {
 public:
  Storage(Graph& g, const Options& o) : g_(g), o_(o) {}

  int run() {
    collect();
    tie();
    drop_exceptions();
    set_types();
    repair();
    int narrow = 0;
    for (size_t i = 0; i < values_.size(); ++i) narrow += is_narrow(i) ? 1 : 0;
    return narrow;
  }

 private:
  // Values that kernels write and read, in no fixed type from outside.
  void collect() {
    for (Node* n : g_.nodes()) {
      if (n->is(kConstantOp)) continue;
      for (Value* v : n->outputs()) {
        if (v->type() != DType::kF32 || v->constant() != nullptr || g_.is_output(v) || g_.uses(v).empty()) continue;
        index_[v] = values_.size();
        values_.push_back(v);
      }
    }
    group_.resize(values_.size());
    std::iota(group_.begin(), group_.end(), size_t{0});
    wide_.assign(values_.size(), false);
  }

  // Values that must have one type are one group.
  void tie() {
    for (const Node* n : g_.nodes()) {
      if (!moves(*n) || n->output()->type() != DType::kF32) continue;
      const Value* out = n->output();
      const size_t data = n->is(kConcatOp) ? n->inputs().size() : 1;
      for (size_t i = 0; i < data; ++i) {
        const Value* in = n->input(i);
        if (in == nullptr) continue;
        if (known(in) && known(out)) {
          join(index_.at(in), index_.at(out));
        } else if (known(in)) {
          widen(index_.at(in));
        } else if (known(out)) {
          widen(index_.at(out));
        }
      }
    }
  }

  // What the user keeps wide.
  void drop_exceptions() {
    for (const Node* n : g_.nodes()) {
      const bool pinned = n->precision && *n->precision == DType::kF32;
      const bool kept =
          std::any_of(n->origins.begin(), n->origins.end(), [&](const auto& o) { return o_.keep_wide.count(o) != 0; });
      if (pinned || kept || n->op().has(kControlFlow)) widen_around(*n);
      if (n->output_type && *n->output_type == DType::kF32)
        for (const Value* v : n->outputs())
          if (known(v)) widen(index_.at(v));
    }
  }

  void repair() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Node* n : g_.nodes())
        if (const std::vector<size_t> groups = narrow_groups(*n); !groups.empty() && !runs(*n)) {
          relieve(*n, groups);
          changed = true;
        }
    }
  }

  // Gives up one group if that is enough, else all.
  void relieve(Node& n, const std::vector<size_t>& groups) {
    if (groups.size() > 1)
      for (const size_t g : groups) {
        set_group(g, true);
        if (runs(n)) return;
        set_group(g, false);
      }
    for (const size_t g : groups) set_group(g, true);
  }

  bool runs(const Node& n) const { return !o_.stores_brain || o_.stores_brain(n); }

  // Without duplicates, those of results first: what a node reads in BF16 saves as much as what it writes, but its
  // producer then rounds for its other users, too.
  std::vector<size_t> narrow_groups(const Node& n) {
    std::vector<size_t> groups;
    const auto add = [&](const Value* v) {
      if (v == nullptr || !known(v)) return;
      const size_t g = root(index_.at(v));
      if (!wide_[g] && std::find(groups.begin(), groups.end(), g) == groups.end()) groups.push_back(g);
    };
    for (const Value* v : n.outputs()) add(v);
    for (const Value* v : n.inputs()) add(v);
    return groups;
  }

  void set_group(size_t g, bool wide) {
    wide_[g] = wide;
    for (size_t i = 0; i < values_.size(); ++i)
      if (root(i) == g) values_[i]->info.type = wide ? DType::kF32 : DType::kBF16;
  }
  void set_types() {
    for (size_t i = 0; i < values_.size(); ++i)
      if (is_narrow(i)) values_[i]->info.type = DType::kBF16;
  }
  void widen_around(const Node& n) {
    for (const auto* list : {&n.inputs(), &n.outputs()})
      for (const Value* v : *list)
        if (v != nullptr && known(v)) widen(index_.at(v));
  }

  bool known(const Value* v) const { return index_.count(v) != 0; }
  size_t root(size_t i) {
    while (group_[i] != i) i = group_[i] = group_[group_[i]];
    return i;
  }
  void join(size_t a, size_t b) {
    const bool wide = wide_[root(a)] || wide_[root(b)];
    group_[root(a)] = root(b);
    wide_[root(b)] = wide;
  }
  void widen(size_t i) { wide_[root(i)] = true; }
  bool is_narrow(size_t i) { return !wide_[root(i)]; }

  Graph& g_;
  const Options& o_;
  std::vector<Value*> values_;
  std::map<const Value*, size_t> index_;
  std::vector<size_t> group_;
  std::vector<bool> wide_;  // by root
};

}  // namespace

int store_in_brain(Graph& g, const Options& o) { return Storage(g, o).run(); }

}  // namespace hone::passes
