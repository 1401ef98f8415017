// Merging of siblings.
#include "passes/fuse/siblings.h"

#include <algorithm>
#include <map>

#include "ops/concat.h"
#include "ops/convolution.h"
#include "ops/matmul.h"
#include "ops/slice.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// The axis of the output that the weights' rows make, counted from the end.
int64_t channel_from_end(const Node* n) { return n->is(kMatMulOp) ? 1 : n->output()->rank() - 1; }

int64_t width(const Node* n) {
  const Shape& w = n->input(1)->shape();
  const bool columns = n->is(kMatMulOp) && n->attr<MatMulAttrs>().op_b == MatrixOp::kNone;
  return w[columns ? 1 : 0].value_or(-1);
}

bool is_candidate(const Node* n) {
  if (n->outputs().size() != 1 || n->input(1) == nullptr || n->input(1)->constant() == nullptr) return false;
  if (n->is(kMatMulOp)) {
    const auto& a = n->attr<MatMulAttrs>();
    return a.op_a == MatrixOp::kNone && a.op_b != MatrixOp::kVector && n->input(1)->rank() == 2 &&
           n->input(0)->rank() >= 2 && is_float(n->output()->type());
  }
  return n->is(kConvolutionOp) && n->attr<ConvolutionAttrs>().groups == 1 && is_float(n->output()->type()) &&
         (n->base_input_count() < 3 || n->input(2) == nullptr || n->input(2)->constant() != nullptr);
}

// How an extra operand of the epilogue is joined: "" not at all, else a key that siblings must share.
std::string operand_kind(const Node* n, const Value* v) {
  if (v->constant() == nullptr || is_packed(v->type())) return "";
  if (v->constant()->count() == 1) return "number " + std::to_string(v->constant()->as_doubles()[0]);
  const int64_t from_end = channel_from_end(n);
  const Dims& d = v->constant()->dims();
  for (size_t i = 0; i < d.size(); ++i)
    if (d[i] != (static_cast<int64_t>(d.size() - i) == from_end ? width(n) : 1)) return "";
  return "vector " + std::to_string(d.size());
}

// Equal keys: the nodes merge. Empty: the node does not merge at all.
std::string key_of(const Node* n) {
  std::string key = fmt::format("{} {} {}", n->op().name, str(n->attrs()), name(n->output()->type()));
  if (n->precision) key += fmt::format(" computes in {}", name(*n->precision));
  if (n->is(kConvolutionOp)) {
    Shape window(n->input(1)->shape().begin() + 2, n->input(1)->shape().end());
    key += str(window) + (n->base_input_count() > 2 && n->input(2) != nullptr ? " bias" : "");
  }
  if (!n->epilogue) return key;
  key += " " + n->epilogue->program.str();
  for (size_t i = static_cast<size_t>(n->epilogue->base_inputs); i < n->inputs().size(); ++i) {
    const std::string kind = operand_kind(n, n->input(i));
    if (kind.empty()) return "";
    key += " " + kind;
  }
  return key;
}

Value* joined(Graph& g, const std::vector<Node*>& nodes, size_t input, int64_t axis) {
  std::vector<const Tensor*> parts;
  for (const Node* n : nodes) parts.push_back(n->input(input)->constant());
  ConcatAttrs a;
  a.axis = axis;
  return g.constant(nodes[0]->input(input)->name(), evaluate(kConcatOp, a, parts, 1)[0]);
}

std::vector<Value*> joined_inputs(Graph& g, const std::vector<Node*>& nodes) {
  const Node* first = nodes[0];
  const bool columns = first->is(kMatMulOp) && first->attr<MatMulAttrs>().op_b == MatrixOp::kNone;
  std::vector<Value*> in = {first->input(0), joined(g, nodes, 1, columns ? 1 : 0)};
  const auto base = static_cast<size_t>(first->base_input_count());
  for (size_t i = 2; i < first->inputs().size(); ++i) {
    Value* v = first->input(i);
    if (v != nullptr && i >= base && v->constant()->count() == 1)
      in.push_back(v);
    else
      in.push_back(v == nullptr ? nullptr : joined(g, nodes, i, i < base ? 0 : -channel_from_end(first)));
  }
  return in;
}

void merge(Graph& g, const std::vector<Node*>& nodes) {
  Node* first = nodes[0];
  const std::vector<Value*> in = joined_inputs(g, nodes);
  const auto base = static_cast<long>(first->base_input_count());
  Node* n = g.insert(first, first->op(), first->name(), {in.begin(), in.begin() + base}, first->attrs().clone());
  if (first->epilogue) {
    n->epilogue = std::make_unique<ir::Epilogue>(*first->epilogue);
    g.set_inputs(n, in);
    g.infer_node(n);
  }
  n->precision = first->precision;
  int64_t at = 0;
  for (Node* old : nodes) {
    SliceAttrs a;
    a.start = {at}, a.size = {at + width(old)}, a.stride = {1}, a.ends = true;
    a.axes = {n->output()->rank() - channel_from_end(n)};
    at += width(old);
    Value* part = g.insert(first, kSliceOp, old->name(), {n->output()}, a)->output();
    g.replace_uses(old->output(), part);
    part->producer()->output_type = old->output_type;
    absorb_origins(n, old);
    if (old != first) g.remove(old);
  }
  g.remove(first);
}

}  // namespace

int merge_siblings(Graph& g, const Options&) {
  int count = 0;
  // By input and key, in the order of the graph.
  std::map<std::pair<const Value*, std::string>, std::vector<Node*>> families;
  for (Node* n : g.nodes()) {
    if (!is_candidate(n)) continue;
    if (std::string key = key_of(n); !key.empty()) families[{n->input(0), key}].push_back(n);
  }
  for (const auto& [key, nodes] : families) {
    if (nodes.size() < 2) continue;
    merge(g, nodes);
    ++count;
  }
  return count;
}

}  // namespace hone::passes
