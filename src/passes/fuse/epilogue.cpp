// Epilogue fusion. The fused node stands where the last fused one stood, so that its other operands are there.
#include "passes/fuse/epilogue.h"

#include <algorithm>

#include "ops/cast.h"
#include "ops/map.h"
#include "ops/pointwise.h"
#include "passes/fuse/match.h"
#include "passes/fuse/program_builder.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

constexpr size_t kMaxSteps = 8;

// Functions that epilogues of kernels know.
bool is_step(ScalarFn f) {
  switch (f) {
    case ScalarFn::kAdd:
    case ScalarFn::kSub:
    case ScalarFn::kMul:
    case ScalarFn::kDiv:
    case ScalarFn::kMin:
    case ScalarFn::kMax:
    case ScalarFn::kPRelu:
    case ScalarFn::kAffine:
    case ScalarFn::kClip:
    case ScalarFn::kRelu:
    case ScalarFn::kSilu:
    case ScalarFn::kSigmoid:
    case ScalarFn::kGeluErf:
    case ScalarFn::kGeluTanh:
    case ScalarFn::kHardSwish:
    case ScalarFn::kHardSigmoid:
    case ScalarFn::kTanh:
    case ScalarFn::kScaledTanh:
    case ScalarFn::kLeakyRelu:
    case ScalarFn::kElu:
    case ScalarFn::kErf:
    case ScalarFn::kExp:
    case ScalarFn::kLog:
    case ScalarFn::kSqrt:
    case ScalarFn::kRecip:
    case ScalarFn::kAbs:
    case ScalarFn::kNeg:
    case ScalarFn::kSquare:
    case ScalarFn::kSoftplus:
      return true;
    default:
      return false;
  }
}

bool takes_epilogue(const Node* n) {
  return (n->is(kConvolutionOp) || n->is(kDeconvolutionOp) || n->is(kMatMulOp)) && n->outputs().size() == 1 &&
         is_float(n->output()->type());
}

// Every axis of `small`, aligned at the end, is 1 or that of `shape`.
bool broadcasts_to(const Shape& small, const Shape& shape) {
  if (small.size() > shape.size()) return false;
  for (size_t i = 0; i < small.size(); ++i)
    if (!small[i].is(1) && small[i] != shape[shape.size() - small.size() + i]) return false;
  return true;
}

bool is_float_cast(const Node* n) { return n->is(kCastOp) && is_float(n->output()->type()); }

// The one user of v where it can be the next step.
Node* next_step(const Graph& g, const Value* v) {
  if (!g.single_use(v)) return nullptr;
  const auto [n, at] = g.uses(v)[0];
  if (!is_pointwise(n) || n->is(kPointwiseOp) || n->output()->shape() != v->shape()) return nullptr;
  if (is_float_cast(n)) return n;
  if (!n->is(kMapOp) || !is_step(n->attr<MapAttrs>().fn) || !is_float(n->output()->type())) return nullptr;
  if (n->attr<MapAttrs>().fn == ScalarFn::kPRelu && at != 0) return nullptr;
  for (const Value* o : n->inputs())
    if (o != v && (!is_float(o->type()) || !broadcasts_to(o->shape(), v->shape()))) return nullptr;
  return n;
}

// Inserts a copy of `heavy` before `last` with the program as its epilogue, in place of `last`.
Node* fuse(Graph& g, Node* heavy, Node* last, const ProgramBuilder& b) {
  const auto base = static_cast<size_t>(heavy->base_input_count());
  const std::vector<Value*> inputs(heavy->inputs().begin(), heavy->inputs().begin() + static_cast<long>(base));
  Node* n = g.insert(last, heavy->op(), heavy->name(), inputs, heavy->attrs().clone());
  n->epilogue = std::make_unique<ir::Epilogue>();
  n->epilogue->program = b.build(last->output());
  n->epilogue->base_inputs = static_cast<int>(base);
  std::vector<Value*> all = inputs;
  for (size_t i = 1; i < b.inputs().size(); ++i) all.push_back(const_cast<Value*>(b.inputs()[i]));
  g.set_inputs(n, all);
  g.infer_node(n);
  n->precision = heavy->precision;
  n->output_type = last->output_type;
  n->origins = std::move(heavy->origins);
  heavy->origins.clear();
  return n;
}

bool fuse_after(Graph& g, Node* heavy, std::set<const Node*>& removed) {
  ProgramBuilder b;
  const Value* v = heavy->output();
  // Register 0 is the result of the bare node; with an earlier epilogue, `raw` stands for it.
  const Value raw;
  if (heavy->epilogue) {
    std::vector<Value*> in = {const_cast<Value*>(&raw)};
    in.insert(in.end(), heavy->inputs().begin() + heavy->epilogue->base_inputs, heavy->inputs().end());
    b.add_input(&raw);
    b.add_program(heavy->epilogue->program, in, v);
  } else {
    b.add_input(v);
  }
  Node* last = nullptr;
  while (b.size() < kMaxSteps) {
    Node* n = next_step(g, v);
    if (n == nullptr) break;
    b.add_node(n);
    last = n;
    v = n->output();
  }
  if (last == nullptr) return false;
  replace_pattern(g, last->output(), fuse(g, heavy, last, b), &removed);
  return true;
}

}  // namespace

int fuse_epilogues(Graph& g, const Options&) {
  int count = 0;
  std::set<const Node*> removed;
  std::vector<Node*> nodes = g.nodes();
  // From the end: of two products that are added, the later one takes the sum.
  std::reverse(nodes.begin(), nodes.end());
  for (Node* n : nodes)
    if (removed.count(n) == 0 && takes_epilogue(n)) count += fuse_after(g, n, removed) ? 1 : 0;
  return count;
}

}  // namespace hone::passes
