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

bool fuse(Graph& g, Node* d, const Options& o, std::set<const Node*>& removed) {
  Node* before = d->input(0)->producer();
  if (before != nullptr && !(is_pointwise_product(before) && has_plain_tail(before) && g.single_use(d->input(0))))
    before = nullptr;
  Node* mean = mean_of(g, d->output());
  if (before == nullptr && mean == nullptr) return false;
  DepthwiseBlockAttrs a;
  a.window = d->attr<ConvolutionAttrs>().window;
  a.after = tail(d);
  a.mean = mean != nullptr;
  std::vector<Value*> in = {d->input(0), d->input(1), bias(d)};
  if (before != nullptr) {
    a.between = tail(before);
    in[0] = before->input(0);
    in.push_back(before->input(1));
    in.push_back(bias(before));
  }
  Node* n = g.insert(d, kDepthwiseBlockOp, d->name(), in, a, mean != nullptr ? 2 : 1);
  if (o.runs && !o.runs(*n)) {
    g.remove(n);
    return false;
  }
  if (mean != nullptr) {
    g.replace_uses(mean->output(), n->output(1));
    absorb_origins(n, mean);
    removed.insert(mean);
    g.remove(mean);
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
  const auto base = static_cast<size_t>(c->base_input_count());
  std::vector<Value*> in = {product->first, c->input(1), product->second, bias(c)};
  Node* n = g.insert(c, kScaledConvolutionOp, c->name(), in, c->attrs().clone());
  if (c->epilogue) {
    n->epilogue = std::make_unique<ir::Epilogue>(*c->epilogue);
    n->epilogue->base_inputs = 4;
    in.insert(in.end(), c->inputs().begin() + static_cast<long>(base), c->inputs().end());
    g.set_inputs(n, in);
    g.infer_node(n);
  }
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
