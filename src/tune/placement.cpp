// Sides and transfers.
#include "tune/placement.h"

#include <algorithm>

#include "ops/constant.h"
#include "ops/transfer.h"

namespace hone::tune {
namespace {

constexpr int64_t kSmall = 1024;  // elements that the host handles faster than a copy takes

class Transfers {
 public:
  Transfers(ir::Graph& g, Result& r) : g_(g), r_(r) {}

  void run(GraphRole role) {
    for (ir::Node* n : g_.nodes()) {
      if (n->is(kConstantOp)) continue;
      const Choice& c = r_.choices.at(n);
      for (size_t i = 0; i < n->inputs().size(); ++i) {
        ir::Value* v = n->inputs()[i];
        if (v == nullptr || v->constant() != nullptr) continue;
        const bool host = wants_on_host(*n, i, c);
        if (v->host != host) g_.set_input(n, static_cast<int>(i), copy(n, v, host));
      }
    }
    for (size_t k = 0; k < g_.outputs().size(); ++k) output(k, role == GraphRole::kLoopBody && k == 0);
  }

 private:
  ir::Value* copy(ir::Node* before, ir::Value* v, bool to_host) {
    ir::Value*& slot = copies_[v];
    if (slot == nullptr) slot = transfer(before, v, to_host)->output();
    return slot;
  }
  ir::Node* transfer(ir::Node* before, ir::Value* v, bool to_host) {
    TransferAttrs a;
    a.to_host = to_host;
    ir::Node* n =
        g_.insert(before, kTransferOp, fmt::format("{}_to_{}", v->name(), to_host ? "host" : "device"), {v}, a);
    n->output()->host = to_host;
    n->output()->format = v->format;
    r_.choices[n] = {};
    r_.choices[n].kind = Choice::Kind::kReference;
    return n;
  }
  void output(size_t k, bool host) {
    ir::Value* v = g_.outputs()[k];
    if (v->constant() != nullptr || v->host == host) return;
    ir::Node* n = transfer(nullptr, v, host);
    const auto users = g_.uses(v);
    g_.replace_uses(v, n->output());  // the name moves along
    g_.set_input(n, 0, v);
    for (auto [user, i] : users)
      if (user != n) g_.set_input(user, i, v);
  }

  ir::Graph& g_;
  Result& r_;
  std::map<const ir::Value*, ir::Value*> copies_;
};

}  // namespace

bool wants_on_host(const ir::Node& n, size_t i, const Choice& c) {
  if (n.is(kIfOp)) return i == 0;
  if (n.is(kLoopOp)) return i < 2;
  if (n.is(kTransferOp)) return !n.attr<TransferAttrs>().to_host;
  return c.on_host;
}

bool belongs_to_host(const ir::Node& n, const Bindings& b) {
  if (n.op().has(kHeavy) || n.op().has(kControlFlow)) return false;
  bool any = false;
  for (const ir::Value* v : n.inputs()) {
    if (v == nullptr || v->constant() != nullptr) continue;
    if (!v->host) return false;
    any = true;
  }
  if (!any) return false;
  return std::all_of(n.outputs().begin(), n.outputs().end(), [&](const ir::Value* v) {
    return !data_dependent(v->shape()) && volume(concrete(v->shape(), b)) <= kSmall;
  });
}

void place_inputs(ir::Graph& g, GraphRole role) {
  for (size_t k = 0; k < g.inputs().size(); ++k) g.inputs()[k]->host = role == GraphRole::kLoopBody && k < 2;
}

void insert_transfers(ir::Graph& g, GraphRole role, Result& r) { Transfers(g, r).run(role); }

}  // namespace hone::tune
