// Composites of the network API in terms of the operators that everything else knows.
#include "ops/constant.h"
#include "ops/map.h"
#include "ops/reshape.h"
#include "ops/scale.h"
#include "ops/shuffle.h"
#include "ops/transpose.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

ir::Value* transpose(ir::Graph& g, ir::Node* before, const std::string& name, ir::Value* v,
                     const std::vector<int64_t>& perm) {
  if (perm.empty()) return v;
  TransposeAttrs a;
  a.perm.assign(perm.begin(), perm.begin() + std::min<long>(static_cast<long>(perm.size()), v->rank()));
  return g.insert(before, kTransposeOp, name, {v}, a)->output();
}

bool lower_shuffle(ir::Graph& g, ir::Node* n) {
  const ShuffleAttrs a = n->attr<ShuffleAttrs>();
  ir::Value* v = transpose(g, n, n->name() + "_first", n->input(0), a.first_perm);
  if (n->input(1) != nullptr || a.has_reshape) {
    ReshapeAttrs r;
    r.shape = a.reshape, r.zero_copies = a.zero_copies;
    std::vector<ir::Value*> in = {v};
    if (n->input(1) != nullptr) in.push_back(n->input(1));
    v = g.insert(n, kReshapeOp, n->name() + "_reshape", in, r)->output();
  }
  v = transpose(g, n, n->name() + "_second", v, a.second_perm);
  return substitute(g, n, v);
}

bool lower_to_reshape(ir::Graph& g, ir::Node* n) {
  ir::Node* r = insert_reshape(g, n, n->name(), n->input(0), n->output()->shape());
  if (r == nullptr) return false;
  if (substitute(g, n, r->output())) return true;
  retire(g, r, nullptr);
  return false;
}

// A constant of the scale layer, shaped so that it broadcasts against x.
std::optional<Tensor> operand(const ScaleAttrs& a, const Tensor& t, const ir::Value& x) {
  const auto rank = static_cast<size_t>(x.rank());
  Dims dims(rank, 1);
  if (a.mode == ScaleMode::kChannel) {
    dims[static_cast<size_t>(normalize_axis(a.channel_axis, x.rank()))] = t.count();
  } else if (a.mode == ScaleMode::kElementwise) {
    // All axes, or all but the batch axis.
    for (size_t i = 1; i < rank; ++i) {
      if (!x.shape()[i].is_const()) return std::nullopt;
      dims[i] = x.shape()[i].value();
    }
    const int64_t sample = volume(dims);
    if (sample != t.count()) {
      if (sample == 0 || t.count() % sample != 0) return std::nullopt;
      dims[0] = t.count() / sample;
    }
  }
  if (volume(dims) != t.count()) return std::nullopt;
  return t.to(x.type()).reshaped(dims);
}

bool lower_scale(ir::Graph& g, ir::Node* n) {
  const ScaleAttrs a = n->attr<ScaleAttrs>();
  ir::Value* v = n->input(0);
  const std::pair<const Tensor*, ScalarFn> steps[] = {
      {&a.scale, ScalarFn::kMul}, {&a.shift, ScalarFn::kAdd}, {&a.power, ScalarFn::kPow}};
  for (const auto& [t, fn] : steps)
    if (t->defined() && !operand(a, *t, *v)) return false;
  for (const auto& [t, fn] : steps) {
    if (!t->defined()) continue;
    MapAttrs m;
    m.fn = fn;
    const std::string name = fmt::format("{}_{}", n->name(), hone::name(fn));
    v = g.insert(n, kMapOp, name, {v, g.constant(name + "_operand", *operand(a, *t, *n->input(0)))}, m)->output();
  }
  return substitute(g, n, v);
}

}  // namespace

int lower_layers(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) {
    if (n->is(kShuffleOp))
      changed += lower_shuffle(g, n);
    else if (n->is(kSqueezeOp) || n->is(kUnsqueezeOp))
      changed += lower_to_reshape(g, n);
    else if (n->is(kScaleOp))
      changed += lower_scale(g, n);
  }
  return changed;
}

}  // namespace hone::passes
