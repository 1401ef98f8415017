// Shape folding: arithmetic on dims becomes expressions that the host evaluates, and constant integer arguments become
// attributes.
#include <algorithm>

#include "ops/constant.h"
#include "ops/expand.h"
#include "ops/host_dims.h"
#include "ops/pad.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/tile.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

Tensor to_tensor(const std::vector<Dim>& content, const ir::Value& v) {
  return Tensor::from(to_dims(content)).reshaped(to_dims(v.shape())).to(v.type());
}

// One value with known elements: a literal takes its place.
bool fold_value(ir::Graph& g, ir::Node* n) {
  if (is_literal(n) || n->op().has(kControlFlow) || n->op().has(kSideEffect) || n->outputs().size() != 1) return false;
  ir::Value* out = n->output();
  const auto& content = out->info.content;
  if (!content || is_float(out->type()) || !is_const(out->shape())) return false;
  if (volume(to_dims(out->shape())) != static_cast<int64_t>(content->size())) return false;
  if (!std::all_of(content->begin(), content->end(), is_known_before_run)) return false;
  if (is_const(Shape(*content))) return substitute(g, n, g.constant(out->name(), to_tensor(*content, *out)));
  HostDimsAttrs a;
  a.content = *content, a.dims = to_dims(out->shape()), a.type = out->type();
  return substitute(g, n, g.insert(n, kHostDimsOp, out->name(), {}, a)->output());
}

// Drops input i (the last that is there), whose value an attribute says now.
void drop_input(ir::Graph& g, ir::Node* n, size_t i) {
  std::vector<ir::Value*> in = n->inputs();
  ir::Value* old = in[i];
  in[i] = nullptr;
  while (!in.empty() && in.back() == nullptr) in.pop_back();
  g.set_inputs(n, std::move(in));
  g.infer_node(n);
  if (old->producer() != nullptr) retire(g, old->producer(), n);
}

// Input i as numbers; nullopt where it is absent or not constant.
std::optional<std::vector<int64_t>> numbers(const ir::Node& n, size_t i) {
  const ir::Value* v = n.input(i);
  if (v == nullptr || v->constant() == nullptr || is_float(v->type())) return std::nullopt;
  return v->constant()->as_ints();
}

bool absorb_reshape(ir::Graph& g, ir::Node* n) {
  if (n->input(1) == nullptr) return false;
  auto target = reshape_argument(n->input(0)->shape(), n->output()->shape());
  if (!target) return false;
  auto& a = n->attr<ReshapeAttrs>();
  a.shape = std::move(*target), a.zero_copies = true;
  drop_input(g, n, 1);
  return true;
}

bool absorb_reduce(ir::Graph& g, ir::Node* n) {
  auto axes = numbers(*n, 1);
  if (!axes) return false;
  auto& a = n->attr<ReduceAttrs>();
  a.axes = std::move(*axes);
  drop_input(g, n, 1);
  return true;
}

bool absorb_slice(ir::Graph& g, ir::Node* n) {
  auto& a = n->attr<SliceAttrs>();
  std::vector<int64_t>* fields[] = {&a.start, &a.size, &a.stride, nullptr, &a.axes};
  int changed = 0;
  for (size_t i = 5; i >= 1; --i) {
    if (fields[i - 1] == nullptr) continue;
    auto v = numbers(*n, i);
    if (!v) continue;
    *fields[i - 1] = std::move(*v);
    drop_input(g, n, i);
    ++changed;
  }
  return changed != 0;
}

template <class A>
bool absorb_list(ir::Graph& g, ir::Node* n, std::vector<int64_t> A::*field) {
  auto v = numbers(*n, 1);
  if (!v) return false;
  n->attr<A>().*field = std::move(*v);
  drop_input(g, n, 1);
  return true;
}

bool absorb_arguments(ir::Graph& g, ir::Node* n) {
  if (n->is(kReshapeOp)) return absorb_reshape(g, n);
  if (n->is(kReduceOp)) return absorb_reduce(g, n);
  if (n->is(kSliceOp)) return absorb_slice(g, n);
  if (n->is(kExpandOp)) return absorb_list(g, n, &ExpandAttrs::shape);
  if (n->is(kTileOp)) return absorb_list(g, n, &TileAttrs::repeats);
  if (n->is(kPadOp) && n->input(3) == nullptr && n->inputs().size() == 2) return absorb_list(g, n, &PadAttrs::pads);
  return false;
}

}  // namespace

int fold_shapes(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) changed += fold_value(g, n) || absorb_arguments(g, n);
  if (changed != 0) g.infer_all();
  return changed;
}

}  // namespace hone::passes
