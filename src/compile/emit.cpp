// Emission: values to tensors, nodes to steps, constant operands to prepared weights.
#include "compile/emit.h"

#include "ops/constant.h"

namespace hone::compile {
namespace {

using Kind = tune::Choice::Kind;
// Constants up to so many elements stay in the plan even when a tactic has folded them into its weights.
constexpr int64_t kKeptConstant = 4096;

plan::PlanTensor plan_tensor(const ir::Value* v) {
  plan::PlanTensor t;
  t.name = v->name();
  t.type = v->type();
  t.shape = v->shape();
  t.format = v->format;
  t.host = v->host;
  return t;
}

plan::PlanStep plan_step(const ir::Node* n, const std::map<const ir::Value*, int>& ids) {
  plan::PlanStep s;
  s.op = &n->op();
  s.attrs = n->attrs().clone();
  s.name = n->name();
  s.origins = n->origins;
  s.base_inputs = n->base_input_count();
  if (n->epilogue) s.epilogue = n->epilogue->program;
  for (const ir::Value* v : n->inputs()) s.inputs.push_back(v != nullptr ? ids.at(v) : -1);
  for (const ir::Value* v : n->outputs()) s.outputs.push_back(ids.at(v));
  return s;
}

class Emitter {
 public:
  explicit Emitter(BlobTable& blobs) : blobs_(blobs), graph_(std::make_unique<plan::PlanGraph>()) {}

  int tensor(const ir::Value* v) {
    const auto [it, fresh] = ids_.emplace(v, static_cast<int>(graph_->tensors.size()));
    if (fresh) graph_->tensors.push_back(plan_tensor(v));
    return it->second;
  }
  void constant(const ir::Value* v) {
    const int t = tensor(v);
    graph_->tensors[static_cast<size_t>(t)].constant = blobs_.add(*v->constant());
  }
  plan::PlanStep& step(const ir::Node* n) {
    for (const ir::Value* v : n->outputs()) tensor(v);
    graph_->steps.push_back(plan_step(n, ids_));
    return graph_->steps.back();
  }
  std::unique_ptr<plan::PlanGraph> finish(const ir::Graph& g) {
    for (const ir::Value* v : g.outputs()) graph_->outputs.push_back(tensor(v));
    return std::move(graph_);
  }
  plan::PlanGraph& graph() { return *graph_; }
  int id(const ir::Value* v) const { return ids_.at(v); }

 private:
  BlobTable& blobs_;
  std::unique_ptr<plan::PlanGraph> graph_;
  std::map<const ir::Value*, int> ids_;
};

bool depends_on_data(const ir::Node* n) {
  auto any = [](const std::vector<ir::Value*>& values) {
    for (const ir::Value* v : values)
      if (v != nullptr && tune::data_dependent(v->shape())) return true;
    return false;
  };
  return any(n->inputs()) || any(n->outputs());
}

// A constant is in the plan unless every user has folded it.
bool needed(const ir::Graph& g, const ir::Value* v, const std::map<const ir::Node*, tune::Choice>& choices,
            const tune::Options& o) {
  if (g.is_output(v) || v->constant()->count() <= kKeptConstant) return true;
  for (const auto& [user, i] : g.uses(v)) {
    const tune::Choice& c = choices.at(user);
    if (c.kind != Kind::kTactic || depends_on_data(user)) return true;
    if (i >= 64 || (c.tactic->folds(tune::make_problem(*user, o.tune_at, o.problem)) >> i & 1) == 0) return true;
  }
  return false;
}

}  // namespace

int BlobTable::add(const Tensor& t) {
  const auto [it, fresh] = by_address_.emplace(t.raw(), static_cast<int>(blobs_->size()));
  if (fresh) {
    auto keep = std::make_shared<Tensor>(t);
    blobs_->push_back({keep, static_cast<const std::byte*>(keep->raw()), keep->bytes()});
  }
  return it->second;
}

int BlobTable::add(Blob b) {
  blobs_->push_back(std::move(b));
  return static_cast<int>(blobs_->size()) - 1;
}

std::unique_ptr<plan::PlanGraph> emit_portable(const ir::Graph& g, BlobTable& blobs) {
  Emitter e(blobs);
  for (const ir::Value* v : g.inputs()) e.graph().inputs.push_back(e.tensor(v));
  for (const ir::Node* n : g.nodes()) {
    if (n->is(kConstantOp)) {
      e.constant(n->output());
      continue;
    }
    std::vector<std::unique_ptr<plan::PlanGraph>> bodies;
    for (const auto& b : n->subgraphs) bodies.push_back(emit_portable(*b, blobs));
    e.step(n).bodies = std::move(bodies);
  }
  return e.finish(g);
}

std::unique_ptr<plan::PlanGraph> emit(ir::Graph& g, const std::map<const ir::Node*, tune::Choice>& choices,
                                      const Aliases& aliases, const tune::Options& o, BlobTable& blobs,
                                      const BodyCompiler& compile_body) {
  Emitter e(blobs);
  std::map<std::pair<const void*, std::string>, std::vector<int>> prepared;  // constants that several nodes share
  for (const ir::Value* v : g.inputs()) e.graph().inputs.push_back(e.tensor(v));
  for (const ir::Node* n : g.nodes()) {
    if (n->is(kConstantOp)) {
      if (needed(g, n->output(), choices, o))
        e.constant(n->output());
      else
        e.tensor(n->output());
      continue;
    }
    std::vector<std::unique_ptr<plan::PlanGraph>> bodies;
    for (const auto& b : n->subgraphs) bodies.push_back(compile_body(*b, *n));
    const tune::Choice& c = choices.at(n);
    plan::PlanStep& s = e.step(n);
    s.bodies = std::move(bodies);
    s.time_us = c.kind == Kind::kTactic ? c.us : 0;
    if (c.kind == Kind::kView) s.tactic = "view";
    if (c.kind != Kind::kTactic) continue;
    s.tactic = c.tactic->name();
    const Problem p = tune::make_problem(*n, o.tune_at, o.problem);
    s.folds = c.tactic->folds(p);
    for (Blob& b : c.tactic->prepare(p)) s.blobs.push_back(blobs.add(std::move(b)));
  }
  std::unique_ptr<plan::PlanGraph> r = e.finish(g);
  for (const auto& [v, a] : aliases) {
    plan::PlanTensor& t = r->tensors[static_cast<size_t>(e.id(v))];
    t.alias_of = e.id(a.of);
    t.alias_offset = a.offset;
    t.pitch = a.pitch;
  }
  return r;
}

}  // namespace hone::compile
