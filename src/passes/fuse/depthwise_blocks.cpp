// Fusion of mobile networks' blocks.
#include "passes/fuse/depthwise_blocks.h"

#include <algorithm>

#include "ops/convolution.h"
#include "ops/depthwise_block.h"
#include "ops/map.h"
#include "ops/pooling.h"
#include "ops/reduce.h"
#include "passes/fuse/match.h"

namespace hone::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

bool all_are(const std::vector<int64_t>& v, int64_t x) {
  return std::all_of(v.begin(), v.end(), [&](int64_t e) { return e == x; });
}

bool has_constant_weights(const Node* n) {
  return n->input(1)->constant() != nullptr &&
         (n->base_input_count() < 3 || n->input(2) == nullptr || n->input(2)->constant() != nullptr);
}

// An epilogue, if any, that reads nothing but the node's result.
bool has_plain_tail(const Node* n) { return !n->epilogue || n->epilogue->program.inputs == 1; }

PwProgram tail(const Node* n) { return n->epilogue ? n->epilogue->program : PwProgram(); }

// The bias, which may be left out.
Value* bias(const Node* n) { return n->base_input_count() > 2 ? n->input(2) : nullptr; }

bool is_convolution(const Node* n) {
  return n != nullptr && n->is(kConvolutionOp) && n->output()->rank() == 4 && n->input(0)->type() == DType::kF32 &&
         n->output()->type() == DType::kF32 && !n->precision && !n->output_type && has_constant_weights(n);
}

bool is_depthwise(const Node* n) {
  if (!is_convolution(n) || !has_plain_tail(n)) return false;
  const Shape& w = n->input(1)->shape();
  return w[1].is(1) && w[0].is_const() && w[0].value() > 1 && w[0].is(n->attr<ConvolutionAttrs>().groups);
}

// A product over pixels: 1x1, stride 1, no padding, one group.
bool is_pointwise_product(const Node* n) {
  if (!is_convolution(n)) return false;
  const auto& a = n->attr<ConvolutionAttrs>();
  const Shape& w = n->input(1)->shape();
  return a.groups == 1 && w[2].is(1) && w[3].is(1) && all_are(a.window.stride, 1) && all_are(a.window.pre_pad, 0) &&
         all_are(a.window.post_pad, 0);
}

// The node that takes the mean of v over all pixels, keeping the axes; null where there is none.
Node* mean_of(const Graph& g, const Value* v) {
  for (const auto& [n, at] : g.uses(v)) {
    if (!n->is(kReduceOp) || n->inputs().size() != 1 || n->epilogue || n->output()->type() != DType::kF32) continue;
    const auto& a = n->attr<ReduceAttrs>();
    std::vector<int64_t> axes = a.axes;
    for (int64_t& x : axes) x = normalize_axis(x, 4);
    std::sort(axes.begin(), axes.end());
    if (a.kind == ReduceKind::kAvg && a.keep_dims && axes == std::vector<int64_t>{2, 3}) return n;
  }
  return nullptr;
}

// `to`, which has no epilogue yet, does what the epilogue of `from` does, with the same operands.
void copy_epilogue(Graph& g, const Node* from, Node* to) {
  if (!from->epilogue) return;
  std::vector<Value*> in = to->inputs();
  to->epilogue = std::make_unique<ir::Epilogue>(*from->epilogue);
  to->epilogue->base_inputs = static_cast<int>(in.size());
  in.insert(in.end(), from->inputs().begin() + from->base_input_count(), from->inputs().end());
  g.set_inputs(to, in);
  g.infer_node(to);
}

// The product over pixels that is all that v is for; null where there is none.
Node* projection_of(const Graph& g, const Value* v) {
  if (!g.single_use(v)) return nullptr;
  const auto& uses = g.uses(v);
  Node* n = uses.empty() ? nullptr : uses[0].first;
  return n != nullptr && n->input(0) == v && is_pointwise_product(n) ? n : nullptr;
}

// What surrounds a depthwise convolution; any may be null.
struct Surroundings {
  Node *expansion = nullptr, *mean = nullptr, *projection = nullptr;
};

// The block in front of the last of its nodes; null where the device has no kernel for it.
Node* insert_block(Graph& g, Node* d, const Surroundings& s, const Options& o) {
  DepthwiseBlockAttrs a;
  a.window = d->attr<ConvolutionAttrs>().window;
  a.after = tail(d);
  a.mean = s.mean != nullptr;
  std::vector<Value*> in = {d->input(0), d->input(1), bias(d)};
  if (s.expansion != nullptr) {
    a.between = tail(s.expansion);
    in[0] = s.expansion->input(0);
    in.insert(in.end(), {s.expansion->input(1), bias(s.expansion)});
  }
  Node* last = s.projection != nullptr ? s.projection : d;
  if (s.projection != nullptr) {
    in.resize(5);
    in.insert(in.end(), {last->input(1), bias(last)});
  }
  Node* n = g.insert(last, kDepthwiseBlockOp, d->name(), in, a, a.mean ? 2 : 1);
  if (s.projection != nullptr) copy_epilogue(g, last, n);
  if (!o.runs || o.runs(*n)) return n;
  g.remove(n);
  return nullptr;
}

bool fuse(Graph& g, Node* d, const Options& o, std::set<const Node*>& removed) {
  Surroundings s;
  Node* before = d->input(0)->producer();
  if (before != nullptr && is_pointwise_product(before) && has_plain_tail(before) && g.single_use(d->input(0)))
    s.expansion = before;
  s.mean = mean_of(g, d->output());
  s.projection = projection_of(g, d->output());
  if (s.projection != nullptr)
    if (Node* n = insert_block(g, d, s, o)) return replace_pattern(g, s.projection->output(), n, &removed);
  s.projection = nullptr;
  if (s.expansion == nullptr && s.mean == nullptr) return false;
  Node* n = insert_block(g, d, s, o);
  if (n == nullptr) return false;
  if (s.mean != nullptr) {
    g.replace_uses(s.mean->output(), n->output(1));
    absorb_origins(n, s.mean);
    removed.insert(s.mean);
    g.remove(s.mean);
  }
  return replace_pattern(g, d->output(), n, &removed);
}

// x * s with s one factor per image and channel: (x, s).
std::optional<std::pair<Value*, Value*>> scaled_channels(const Value* v) {
  Node* m = map_of(v, ScalarFn::kMul);
  if (m == nullptr) return std::nullopt;
  for (size_t i = 0; i < 2; ++i) {
    Value *x = m->input(i), *s = m->input(1 - i);
    if (x->shape() != v->shape() || s->rank() != 4 || s->constant() != nullptr) continue;
    const Shape& f = s->shape();
    if (f[1] == v->shape()[1] && (f[0] == v->shape()[0] || f[0].is(1)) && f[2].is(1) && f[3].is(1)) return {{x, s}};
  }
  return std::nullopt;
}

bool fuse_factors(Graph& g, Node* c, const Options& o, std::set<const Node*>& removed) {
  const auto product = scaled_channels(c->input(0));
  if (!product || !g.single_use(c->input(0))) return false;
  const std::vector<Value*> in = {product->first, c->input(1), product->second, bias(c)};
  Node* n = g.insert(c, kScaledConvolutionOp, c->name(), in, c->attrs().clone());
  copy_epilogue(g, c, n);
  if (o.runs && !o.runs(*n)) {
    g.remove(n);
    return false;
  }
  return replace_pattern(g, c->output(), n, &removed);
}

template <class Condition, class Fuse>
int fuse_each(Graph& g, Condition wanted, Fuse f) {
  int count = 0;
  std::set<const Node*> removed;
  for (Node* n : g.nodes())
    if (removed.count(n) == 0 && wanted(n) && f(n, removed)) ++count;
  return count;
}

}  // namespace

int fuse_depthwise_blocks(Graph& g, const Options& o) {
  return fuse_each(g, is_depthwise, [&](Node* n, std::set<const Node*>& removed) { return fuse(g, n, o, removed); });
}

int fuse_channel_factors(Graph& g, const Options& o) {
  return fuse_each(g, is_pointwise_product,
                   [&](Node* n, std::set<const Node*>& removed) { return fuse_factors(g, n, o, removed); });
}

}  // namespace hone::passes
