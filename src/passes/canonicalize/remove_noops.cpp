// Views and casts without effect: they go, and chains of them become one node.
#include <algorithm>
#include <numeric>

#include "ops/cast.h"
#include "ops/concat.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

ir::Node* producer(ir::Node* n, const Op& op) {
  ir::Node* p = n->input(0) != nullptr ? n->input(0)->producer() : nullptr;
  return p != nullptr && p->is(op) ? p : nullptr;
}

/// Every number of `from` is a number of `to`.
bool is_lossless(DType from, DType to) {
  if (from == to || from == DType::kBool) return true;
  if (is_float(from)) {
    if (to == DType::kF64) return true;
    if (to == DType::kF32) return from != DType::kF64;
    return false;
  }
  const bool from_signed =
      from == DType::kI8 || from == DType::kI16 || from == DType::kI32 || from == DType::kI64 || from == DType::kI4;
  if (is_float(to)) return bits(from) <= (to == DType::kF64 ? 32 : to == DType::kF32 ? 16 : 8) && to != DType::kBF16;
  const bool to_signed = to == DType::kI8 || to == DType::kI16 || to == DType::kI32 || to == DType::kI64;
  if (!is_integer(to)) return false;
  if (from_signed == to_signed) return bits(to) >= bits(from);
  return to_signed && bits(to) > bits(from);
}

int simplify_cast(ir::Graph& g, ir::Node* n) {
  ir::Value* x = n->input(0);
  const DType to = n->output()->type();
  if (x->type() == to) return substitute(g, n, x);
  ir::Node* p = producer(n, kCastOp);
  if (p == nullptr || !is_lossless(p->input(0)->type(), x->type())) return 0;
  ir::Value* source = p->input(0);
  if (source->type() == to) return substitute(g, n, source);
  if (to == DType::kBool && is_float(source->type()) != is_float(x->type())) return 0;
  g.set_input(n, 0, source);
  retire(g, p, n);
  return 1;
}

std::vector<int64_t> perm_of(const ir::Node* n) {
  std::vector<int64_t> perm = n->attr<TransposeAttrs>().perm;
  if (perm.empty()) {
    perm.resize(static_cast<size_t>(n->output()->rank()));
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  return perm;
}

// The axes that are not of extent 1 stay in order.
bool moves_only_units(const std::vector<int64_t>& perm, const Shape& in) {
  int64_t last = -1;
  for (int64_t p : perm) {
    if (in[static_cast<size_t>(p)].is(1)) continue;
    if (p < last) return false;
    last = p;
  }
  return true;
}

int simplify_transpose(ir::Graph& g, ir::Node* n) {
  std::vector<int64_t> perm = perm_of(n);
  if (std::is_sorted(perm.begin(), perm.end())) return substitute(g, n, n->input(0));
  if (moves_only_units(perm, n->input(0)->shape())) {
    ir::Node* r = insert_reshape(g, n, n->name(), n->input(0), n->output()->shape());
    if (r != nullptr) {
      if (substitute(g, n, r->output())) return 1;
      retire(g, r, nullptr);
    }
  }
  ir::Node* p = producer(n, kTransposeOp);
  if (p == nullptr) return 0;
  const std::vector<int64_t> inner = perm_of(p);
  for (int64_t& axis : perm) axis = inner[static_cast<size_t>(axis)];
  n->attr<TransposeAttrs>().perm = perm;
  g.set_input(n, 0, p->input(0));
  retire(g, p, n);
  return 1;
}

int simplify_reshape(ir::Graph& g, ir::Node* n) {
  if (same_shape(n->input(0), n->output())) return substitute(g, n, n->input(0));
  ir::Node* p = producer(n, kReshapeOp);
  if (p == nullptr) return 0;
  ir::Node* r = insert_reshape(g, n, n->name(), p->input(0), n->output()->shape());
  if (r == nullptr) return 0;
  if (!substitute(g, n, r->output())) {
    retire(g, r, nullptr);
    return 0;
  }
  return 1;
}

bool all(const std::vector<int64_t>& v, int64_t x) {
  return std::all_of(v.begin(), v.end(), [&](int64_t y) { return y == x; });
}

int simplify_slice(ir::Graph& g, ir::Node* n) {
  const auto& a = n->attr<SliceAttrs>();
  const bool by_attributes = n->inputs().size() == 1;
  if (!by_attributes || a.mode != SampleMode::kStrict || !all(a.stride, 1) || !same_shape(n->input(0), n->output()))
    return 0;
  // With extents unchanged a strict slice of step 1 starts at 0, unless it starts and ends are counted otherwise.
  return substitute(g, n, n->input(0));
}

int simplify_concat(ir::Graph& g, ir::Node* n) {
  if (n->inputs().size() == 1) return substitute(g, n, n->input(0));
  const auto axis = static_cast<size_t>(normalize_axis(n->attr<ConcatAttrs>().axis, n->output()->rank()));
  std::vector<ir::Value*> kept;
  std::set<ir::Value*> dropped;
  for (ir::Value* v : n->inputs())
    if (v->shape()[axis].is(0))
      dropped.insert(v);
    else
      kept.push_back(v);
  if (kept.empty() || dropped.empty()) return 0;
  g.set_inputs(n, kept);
  g.infer_node(n);
  std::set<ir::Node*> unused;
  for (ir::Value* v : dropped)
    if (v->producer() != nullptr) unused.insert(v->producer());
  for (ir::Node* p : unused)
    if (unused.size() == 1) retire(g, p, n);  // several: remove_dead, since one may serve another
  return 1;
}

int simplify_pad(ir::Graph& g, ir::Node* n) {
  const ir::Value* pads = n->input(1);
  if (pads != nullptr && pads->constant() == nullptr) return 0;
  if (!all(pads != nullptr ? pads->constant()->as_ints() : n->attr<PadAttrs>().pads, 0)) return 0;
  return same_shape(n->input(0), n->output()) ? substitute(g, n, n->input(0)) : 0;
}

int simplify(ir::Graph& g, ir::Node* n) {
  if (n->epilogue) return 0;
  if (n->is(kIdentityOp)) return substitute(g, n, n->input(0));
  if (n->is(kCastOp)) return simplify_cast(g, n);
  if (n->is(kTransposeOp)) return simplify_transpose(g, n);
  if (n->is(kReshapeOp)) return simplify_reshape(g, n);
  if (n->is(kSliceOp)) return simplify_slice(g, n);
  if (n->is(kConcatOp)) return simplify_concat(g, n);
  if (n->is(kPadOp)) return simplify_pad(g, n);
  if (n->is(kExpandOp) || n->is(kTileOp))
    return same_shape(n->input(0), n->output()) ? substitute(g, n, n->input(0)) : 0;
  return 0;
}

}  // namespace

int remove_noops(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) changed += simplify(g, n);
  return changed;
}

}  // namespace hone::passes
