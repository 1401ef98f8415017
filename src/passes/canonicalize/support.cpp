// Shared parts of the canonicalisation passes.
#include "passes/canonicalize/support.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/constant.h"
#include "ops/host_dims.h"
#include "ops/reshape.h"

namespace hone::passes {

bool is_literal(const ir::Node* n) { return n->is(kConstantOp) || n->is(kHostDimsOp); }

namespace {
ir::Node* heir_of(ir::Graph& g, ir::Node* n, ir::Value* v) {
  if (v->producer() != nullptr && !is_literal(v->producer())) return v->producer();
  for (auto [user, i] : g.uses(n->output()))
    if (user != n) return user;
  return v->producer();
}
}  // namespace

void retire(ir::Graph& g, ir::Node* n, ir::Node* heir) {
  std::vector<ir::Node*> stack = {n};
  while (!stack.empty()) {
    ir::Node* dead = stack.back();
    stack.pop_back();
    if (dead == heir || dead->op().has(kSideEffect)) continue;
    const auto& outs = dead->outputs();
    if (std::any_of(outs.begin(), outs.end(), [&](ir::Value* o) { return !g.uses(o).empty() || g.is_output(o); }))
      continue;
    if (heir != nullptr) absorb_origins(heir, dead);
    std::vector<ir::Node*> producers;
    for (ir::Value* v : dead->inputs())
      if (v != nullptr && v->producer() != nullptr &&
          std::find(producers.begin(), producers.end(), v->producer()) == producers.end())
        producers.push_back(v->producer());
    std::erase(stack, dead);
    g.remove(dead);
    for (ir::Node* p : producers)
      if (std::find(stack.begin(), stack.end(), p) == stack.end()) stack.push_back(p);
  }
}

bool substitute(ir::Graph& g, ir::Node* n, ir::Value* v) {
  ir::Value* out = n->output();
  if (out == v || (g.is_output(out) && (v->producer() == nullptr || g.is_output(v)))) return false;
  ir::Node* heir = heir_of(g, n, v);
  g.replace_uses(out, v);
  retire(g, n, heir);
  return true;
}

std::optional<double> splat(const ir::Value* v) {
  const Tensor* t = v->constant();
  if (t == nullptr || t->count() == 0 || is_packed(t->type())) return std::nullopt;
  const size_t size = t->bytes() / static_cast<size_t>(t->count());
  const auto* p = t->data<std::byte>();
  if (std::memcmp(p, p + size, t->bytes() - size) != 0) return std::nullopt;
  const double x = Tensor::view(t->type(), {1}, p).as_doubles()[0];
  return std::isnan(x) ? std::nullopt : std::optional(x);
}

bool same_shape(const ir::Value* a, const ir::Value* b) { return a->shape() == b->shape(); }

bool is_known_before_run(const Dim& d) {
  std::set<std::string> symbols;
  d.collect_symbols(symbols);
  return std::none_of(symbols.begin(), symbols.end(), [](const std::string& s) { return s[0] == '%'; });
}

std::optional<std::vector<int64_t>> reshape_argument(const Shape& in, const Shape& out) {
  std::vector<int64_t> target;
  std::vector<Dim> as_dims;
  bool inferred = false;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i].is_const() && out[i].value() != 0) {
      target.push_back(out[i].value());
    } else if (i < in.size() && in[i] == out[i]) {
      target.push_back(0);
    } else {
      if (inferred || out[i].is(0)) return std::nullopt;
      inferred = true;
      target.push_back(-1);
    }
    as_dims.emplace_back(target.back());
  }
  try {
    if (reshaped_dims(in, as_dims, true) == out) return target;
  } catch (const ModelError&) {
  }
  return std::nullopt;
}

ir::Node* insert_reshape(ir::Graph& g, ir::Node* before, const std::string& name, ir::Value* v, const Shape& out) {
  ReshapeAttrs a;
  if (auto target = reshape_argument(v->shape(), out)) {
    a.shape = std::move(*target);
    return g.insert(before, kReshapeOp, name, {v}, a);
  }
  if (!std::all_of(out.begin(), out.end(), is_known_before_run)) return nullptr;
  a.zero_copies = false;
  HostDimsAttrs dims;
  dims.content = out;
  dims.dims = {static_cast<int64_t>(out.size())};
  ir::Value* shape = g.insert(before, kHostDimsOp, name + "_shape", {}, dims)->output();
  return g.insert(before, kReshapeOp, name, {v, shape}, a);
}

}  // namespace hone::passes
