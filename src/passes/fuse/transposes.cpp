// Moving transposes through products.
#include "passes/fuse/transposes.h"

#include <algorithm>

#include "ops/map.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

bool is_view(const Node* n) { return n->is(kReshapeOp) || n->is(kSqueezeOp) || n->is(kUnsqueezeOp); }

// A transpose of three axes and more that leaves the last one where it is.
bool moves_rows(const Node* n) {
  if (!n->is(kTransposeOp) || n->epilogue) return false;
  const auto& perm = n->attr<TransposeAttrs>().perm;
  return perm.size() == n->input(0)->shape().size() && perm.size() > 2 &&
         perm.back() == static_cast<int64_t>(perm.size()) - 1;
}

bool varies_along_last_only(const Value* v) {
  const Shape& s = v->shape();
  return s.empty() || std::all_of(s.begin(), s.end() - 1, [](const Dim& d) { return d.is(1); });
}

// Where each row of n's result depends on the same row of one operand alone: that operand. Else null.
Value* rows_of(const Node* n) {
  if (n->epilogue) return nullptr;
  if (n->is(kCastOp)) return n->input(0);
  if (n->is(kMatMulOp)) {
    const bool plain = n->attr<MatMulAttrs>().op_a == MatrixOp::kNone && n->input(1)->rank() == 2;
    return plain && n->input(0) != n->input(1) && n->input(0)->rank() > 1 ? n->input(0) : nullptr;
  }
  if (!n->is(kMapOp)) return nullptr;
  Value* rows = nullptr;
  for (Value* v : n->inputs()) {
    if (v->shape() == n->output()->shape() && (rows == nullptr || rows == v))
      rows = v;
    else if (!varies_along_last_only(v) || v->rank() > n->output()->rank())
      return nullptr;
  }
  return rows;
}

// Views and slices alone lie between v and transposes, or nodes that pick an index.
bool is_cut_and_transposed(const Graph& g, const Value* v, int depth = 0) {
  if (depth > 6 || g.is_output(v) || g.uses(v).empty()) return false;
  return std::all_of(g.uses(v).begin(), g.uses(v).end(), [&](const auto& use) {
    const Node* n = use.first;
    if (n->epilogue) return false;
    if (n->is(kTransposeOp) || n->is(kGatherOp)) return true;
    return (is_view(n) || n->is(kSliceOp)) && is_cut_and_transposed(g, n->output(), depth + 1);
  });
}

// The nodes of `chain`, each of which works on the rows of the one before, on the rows of v instead.
Node* rebuild(Graph& g, const std::vector<Node*>& chain, Value* v) {
  Node* m = nullptr;
  for (Node* n : chain) {
    const Value* rows = rows_of(n);
    std::vector<Value*> in(n->inputs().begin(), n->inputs().end());
    std::replace_if(
        in.begin(), in.end(), [&](const Value* i) { return i == rows; }, v);
    m = g.insert(chain.back(), n->op(), n->name(), in, n->attrs().clone());
    m->precision = n->precision;
    m->origins = std::move(n->origins);
    n->origins.clear();
    v = m->output();
  }
  return m;
}

bool has_product(const std::vector<Node*>& chain) {
  return std::any_of(chain.begin(), chain.end(), [](const Node* n) { return n->is(kMatMulOp); });
}

Node* transposed(Graph& g, Node* before, Value* v, std::vector<int64_t> perm) {
  TransposeAttrs a;
  a.perm = std::move(perm);
  return g.insert(before, kTransposeOp, before->name(), {v}, a);
}

// Product(Transpose(x)), whose result is cut and transposed once more, as Transpose(Product(x)).
bool sink(Graph& g, Node* t, std::set<const Node*>& removed) {
  for (const auto& [first, index] : g.uses(t->output())) {
    std::vector<Node*> chain;
    const Value* v = t->output();
    for (Node* n = first; n != nullptr && rows_of(n) == v && n->output()->rank() == v->rank();) {
      chain.push_back(n);
      v = n->output();
      n = g.single_use(v) ? g.uses(v)[0].first : nullptr;
    }
    if (!has_product(chain) || !is_cut_and_transposed(g, v)) continue;
    Node* before = chain.back();
    Node* m = rebuild(g, chain, t->input(0));
    return replace_pattern(g, before->output(), transposed(g, before, m->output(), t->attr<TransposeAttrs>().perm),
                           &removed);
  }
  return false;
}

// Transpose(Product(Reshape(Transpose(x)))) as Product(Reshape(Transpose'(x))).
bool hoist(Graph& g, Node* t, std::set<const Node*>& removed) {
  const auto& perm = t->attr<TransposeAttrs>().perm;
  std::vector<Node*> chain;  // from the result up
  Value* v = t->input(0);
  Shape lead(v->shape().begin(), v->shape().end() - 1);
  for (Node* n = v->producer(); n != nullptr && g.single_use(v); n = v->producer()) {
    if (Value* rows = rows_of(n)) {
      chain.push_back(n);
      v = rows;
    } else if (is_view(n) && !n->epilogue && n->input(0)->rank() > 0 &&
               n->input(0)->shape().back() == v->shape().back()) {
      v = n->input(0);
    } else {
      break;
    }
  }
  Node* gather = v->producer();
  if (gather != nullptr && is_view(gather) && !gather->epilogue && g.single_use(v))
    gather = (v = gather->input(0))->producer();
  if (!has_product(chain) || gather == nullptr || !gather->is(kTransposeOp) || gather->epilogue || !g.single_use(v))
    return false;
  const auto& inner = gather->attr<TransposeAttrs>().perm;
  const Shape& s = v->shape();
  if (inner.size() != s.size() || s.size() <= lead.size() || !std::equal(lead.begin(), lead.end(), s.begin()))
    return false;
  std::vector<int64_t> both;
  for (size_t i = 0; i < s.size(); ++i) both.push_back(inner[i < lead.size() ? static_cast<size_t>(perm[i]) : i]);
  const std::vector<Node*> down(chain.rbegin(), chain.rend());
  Shape rows;
  for (size_t i = 0; i < lead.size(); ++i) rows.push_back(lead[static_cast<size_t>(perm[i])]);
  rows.push_back(rows_of(down.front())->shape().back());
  Node* before = down.back();
  Value* x = reshaped(g, before, transposed(g, before, gather->input(0), both)->output(), rows);
  Node* m = rebuild(g, down, x);
  return replace_pattern(g, t->output(), m, &removed);
}

}  // namespace

int move_transposes(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes()) {
    if (removed.count(n) != 0 || !moves_rows(n)) continue;
    count += sink(g, n, removed) || hoist(g, n, removed) ? 1 : 0;
  }
  return count;
}

}  // namespace hone::passes
