// Loops and conditionals of the network API share one graph with everything else; here the nodes between their boundary
// nodes are gathered into the bodies of Loop and If, innermost first.
#include <algorithm>

#include "ops/cast.h"
#include "ops/constant.h"
#include "ops/flat_loop.h"
#include "ops/gather.h"
#include "ops/loop.h"
#include "ops/map.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/canonicalize/body.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

using Role = FlatLoopRole;

const FlatLoopAttrs& flat(const ir::Node* n) { return n->attr<FlatLoopAttrs>(); }

// One loop or conditional: its boundary nodes by role, and what lies between them.
struct Scope {
  int64_t id = 0;
  std::map<Role, std::vector<ir::Node*>> nodes;
  std::set<ir::Node*> inside;

  const std::vector<ir::Node*>& of(Role r) { return nodes[r]; }
  bool is_loop() const {
    return nodes.count(Role::kCondition) == 0 && nodes.count(Role::kConditionalInput) == 0 &&
           nodes.count(Role::kConditionalOutput) == 0;
  }
};

bool enters(Role r) { return r == Role::kRecurrence || r == Role::kIterator || r == Role::kConditionalInput; }

// Everything behind the entering boundary nodes, up to the boundary. True where no other scope's boundary lies inside.
bool gather_inside(const ir::Graph& g, Scope& s) {
  s.inside.clear();
  std::vector<ir::Node*> stack;
  for (const auto& [role, nodes] : s.nodes)
    if (enters(role)) stack.insert(stack.end(), nodes.begin(), nodes.end());
  bool innermost = true;
  while (!stack.empty()) {
    ir::Node* n = stack.back();
    stack.pop_back();
    for (ir::Value* v : n->outputs())
      for (auto [user, i] : g.uses(v)) {
        const bool boundary = user->is(kFlatLoopOp);
        if (boundary && flat(user).scope == s.id) continue;
        innermost = innermost && !boundary;
        if (s.inside.insert(user).second) stack.push_back(user);
      }
  }
  return innermost;
}

void check_exits(const ir::Graph& g, const Scope& s, const char* what) {
  for (const ir::Node* n : s.inside) {
    require<Unsupported>(!n->outputs().empty(), "'{}' ({}) inside {} is not supported", n->name(), n->op().name, what);
    for (const ir::Value* v : n->outputs())
      require<ModelError>(!g.is_output(v), "'{}' leaves {} without an output layer of its own", v->name(), what);
  }
}

// Boundary nodes and what lay between them go, now that nothing outside reads them.
void dissolve(ir::Graph& g, Scope& s, ir::Node* heir) {
  for (ir::Node* n : s.of(Role::kRecurrence)) g.set_inputs(n, {n->input(0)});  // the cycle
  for (Role r : {Role::kTripLimit, Role::kCondition, Role::kLoopOutput, Role::kConditionalOutput})
    for (ir::Node* n : s.of(r)) {
      absorb_origins(heir, n);
      g.remove(n);
    }
  const std::vector<ir::Node*> nodes = g.nodes();
  for (auto it = nodes.rbegin(); it != nodes.rend(); ++it)
    if (s.inside.count(*it) != 0) g.remove(*it);
  for (Role r : {Role::kRecurrence, Role::kIterator, Role::kConditionalInput})
    for (ir::Node* n : s.of(r)) {
      absorb_origins(heir, n);
      g.remove(n);
    }
}

// A number as an i64 scalar.
ir::Value* as_scalar(ir::Graph& g, ir::Value* v, const std::string& name) {
  if (v->type() != DType::kI64) {
    CastAttrs a;
    a.to = DType::kI64;
    v = g.add(kCastOp, name + "_i64", {v}, a)->output();
  }
  if (v->rank() != 0) {
    ReshapeAttrs a;
    a.zero_copies = false;
    v = g.add(kReshapeOp, name + "_scalar", {v}, a)->output();
  }
  return v;
}

class LoopMaker {
 public:
  LoopMaker(ir::Graph& g, Scope& s) : g_(g), s_(s), body_(std::make_unique<ir::Graph>()) {}

  void run() {
    check();
    for (ir::Node* n : s_.of(Role::kTripLimit)) (flat(n).kind == 0 ? count_ : while_) = n->input(0);
    require<ModelError>(count_ != nullptr || while_ != nullptr, "a loop has no trip limit");
    require<ModelError>(count_ == nullptr || s_.inside.count(count_->producer()) == 0,
                        "the trip count of a loop is computed inside it");
    if (count_ != nullptr) count_ = as_scalar(g_, count_, "trip_count");
    declare_inputs();
    const std::vector<ir::Value*> results = body_results();
    map_iterators();
    copy(results);
    ir::Node* loop = make(results);
    connect(loop);
    dissolve(g_, s_, loop);
  }

 private:
  void check() {
    check_exits(g_, s_, "a loop");
    for (ir::Node* n : s_.of(Role::kRecurrence))
      require<ModelError>(n->inputs().size() == 2 && n->input(1) != nullptr,
                          "recurrence '{}' has no second input: the value of the next iteration", n->name());
    for (ir::Node* n : s_.of(Role::kLoopOutput))
      if (flat(n).kind == 0)
        require<ModelError>(n->inputs().size() == 1, "loop output '{}' takes no length", n->name());
  }

  bool is_recurrence(const ir::Value* v, size_t* which) {
    const auto& r = s_.of(Role::kRecurrence);
    for (size_t i = 0; i < r.size(); ++i)
      if (r[i]->output() == v) {
        *which = i;
        return true;
      }
    return false;
  }

  void declare_inputs() {
    iteration_ = body_->add_input("iteration", DType::kI64, {});
    body_->add_input("condition", DType::kBool, {});
    for (ir::Node* n : s_.of(Role::kRecurrence))
      map_[n->output()] = body_->add_input(n->output()->name(), n->output()->type(), n->input(0)->shape());
  }

  // Next values of the recurrences, then what is collected over the iterations.
  std::vector<ir::Value*> body_results() {
    std::vector<ir::Value*> results;
    for (ir::Node* n : s_.of(Role::kRecurrence)) results.push_back(n->input(1));
    for (ir::Node* n : s_.of(Role::kLoopOutput)) {
      size_t which;
      if (flat(n).kind != 0 || !is_recurrence(n->input(0), &which)) results.push_back(n->input(0));
    }
    return results;
  }

  void map_iterators() {
    for (ir::Node* n : s_.of(Role::kIterator)) {
      ir::Value* tensor = n->input(0);
      captured_.push_back(tensor);
      if (map_.count(tensor) == 0) map_[tensor] = capture(*body_, tensor);
      ir::Value* index = iteration_;
      if (flat(n).reverse) {
        MapAttrs minus;
        minus.fn = ScalarFn::kSub;
        ir::Value* last = body_->constant(n->name() + "_last", Tensor::scalar<int64_t>(-1));
        index = body_->add(kMapOp, n->name() + "_index", {last, index}, minus)->output();
      }
      GatherAttrs a;
      a.axis = normalize_axis(flat(n).axis, tensor->rank());
      map_[n->output()] = body_->add(kGatherOp, n->name(), {map_.at(tensor), index}, a)->output();
    }
    std::vector<ir::Value*> unique;
    for (ir::Value* v : captured_)
      if (std::find(unique.begin(), unique.end(), v) == unique.end()) unique.push_back(v);
    captured_ = unique;
  }

  void copy(const std::vector<ir::Value*>& results) {
    const std::vector<ir::Node*> nodes = needed_nodes(g_, results, s_.inside, map_);
    copied_.insert(nodes.begin(), nodes.end());
    take(outer_values(nodes, results, map_));
    if (while_ != nullptr) take(outer_values(condition_nodes(), {while_}, map_));
    copy_nodes(*body_, nodes, map_);
  }
  void take(const std::vector<ir::Value*>& outer) {
    for (ir::Value* v : outer) {
      captured_.push_back(v);
      map_[v] = capture(*body_, v);
    }
  }

  // The condition is a function of the recurrences as an iteration starts: before the loop it is computed from the
  // initial values, at the end of an iteration from the next ones.
  ir::Value* initial_condition() {
    if (while_ == nullptr) return nullptr;
    const std::vector<ir::Node*> nodes = condition_nodes();
    ValueMap map;
    for (ir::Node* n : s_.of(Role::kRecurrence)) map[n->output()] = n->input(0);
    const std::set<ir::Node*> own(nodes.begin(), nodes.end());
    for (ir::Node* n : nodes)
      for (ir::Value* v : n->inputs())
        if (v != nullptr && map.count(v) == 0 && (v->producer() == nullptr || own.count(v->producer()) == 0))
          map[v] = v;
    if (map.count(while_) == 0 && nodes.empty()) return while_;
    copy_nodes(g_, nodes, map);
    for (ir::Node* n : nodes) map.at(n->output())->producer()->origins.clear();  // the body's copy keeps the name
    return map.at(while_);
  }
  ir::Value* next_condition(const std::vector<ir::Value*>& next) {
    if (while_ == nullptr) return body_->constant("go_on", Tensor::scalar(true));
    ValueMap map = map_;
    const std::vector<ir::Node*> nodes = condition_nodes();
    for (ir::Node* n : nodes)
      for (ir::Value* v : n->outputs()) map.erase(v);
    for (size_t i = 0; i < next.size(); ++i) map[s_.of(Role::kRecurrence)[i]->output()] = next[i];
    copy_nodes(*body_, nodes, map);
    for (ir::Node* n : nodes)
      if (copied_.count(n) != 0) map.at(n->output())->producer()->origins.clear();  // its first copy has the name
    return counterpart(*body_, while_, map);
  }
  std::vector<ir::Node*> condition_nodes() {
    const std::vector<ir::Node*> nodes = needed_nodes(g_, {while_}, s_.inside, {});
    for (const ir::Node* n : nodes)
      for (const ir::Value* v : n->inputs())
        require<Unsupported>(v == nullptr || v->producer() == nullptr || !v->producer()->is(kFlatLoopOp) ||
                                 flat(v->producer()).role != Role::kIterator,
                             "the condition of a loop depends on an iterator");
    return nodes;
  }

  ir::Node* make(const std::vector<ir::Value*>& results) {
    const size_t carried = s_.of(Role::kRecurrence).size();
    std::vector<ir::Value*> mapped;
    for (ir::Value* v : results) mapped.push_back(counterpart(*body_, v, map_));
    ir::Value* go_on = next_condition({mapped.begin(), mapped.begin() + static_cast<long>(carried)});
    mark(go_on);
    for (ir::Value* v : mapped) mark(v);
    LoopAttrs a;
    a.carried = static_cast<int64_t>(carried);
    std::vector<ir::Value*> in = {count_, initial_condition()};
    for (ir::Node* n : s_.of(Role::kRecurrence)) in.push_back(n->input(0));
    in.insert(in.end(), captured_.begin(), captured_.end());
    std::vector<std::unique_ptr<ir::Graph>> bodies;
    bodies.push_back(std::move(body_));
    return g_.add_control(kLoopOp, fmt::format("loop_{}", s_.id), std::move(in), std::make_unique<LoopAttrs>(a),
                          std::move(bodies), static_cast<int>(results.size()));
  }
  // Results of a body are distinct values of its own nodes.
  void mark(ir::Value* v) {
    if (v->producer() == nullptr || body_->is_output(v))
      v = body_->add(kIdentityOp, v->name() + "_out", {v}, std::unique_ptr<Attributes>())->output();
    body_->mark_output(v);
  }

  void connect(ir::Node* loop) {
    size_t next = s_.of(Role::kRecurrence).size(), which;
    for (ir::Node* n : s_.of(Role::kLoopOutput)) {
      if (flat(n).kind == 0 && is_recurrence(n->input(0), &which)) {
        give(n, loop->output(which));
        continue;
      }
      ir::Value* collected = loop->output(next++);
      give(n, flat(n).kind == 0 ? last_of(n, collected) : arranged(n, collected));
    }
  }
  void give(ir::Node* n, ir::Value* v) {
    if (g_.is_output(n->output()) && g_.is_output(v))
      v = g_.add(kIdentityOp, n->name(), {v}, std::unique_ptr<Attributes>())->output();
    g_.replace_uses(n->output(), v);
  }
  ir::Value* last_of(ir::Node* n, ir::Value* collected) {
    ir::Value* last = g_.constant(n->name() + "_last", Tensor::scalar<int64_t>(-1));
    return g_.add(kGatherOp, n->name(), {collected, last}, GatherAttrs())->output();
  }
  // Values collected along a new first axis: reversed, cut or filled to the length asked for, moved to their axis.
  ir::Value* arranged(ir::Node* n, ir::Value* v) {
    if (flat(n).kind == 2) {
      SliceAttrs a;
      a.start = {-1}, a.size = {INT64_MIN}, a.stride = {-1}, a.axes = {0}, a.ends = true;
      v = g_.add(kSliceOp, n->name() + "_reversed", {v}, a)->output();
    }
    if (n->inputs().size() > 1) v = of_length(n, v, as_scalar(g_, n->input(1), n->name() + "_length"));
    const int64_t axis = normalize_axis(flat(n).axis, v->rank());
    if (axis == 0) return v;
    TransposeAttrs a;
    for (int64_t i = 0; i < v->rank(); ++i) a.perm.push_back(i < axis ? i + 1 : i == axis ? 0 : i);
    return g_.add(kTransposeOp, n->name(), {v}, a)->output();
  }
  ir::Value* of_length(ir::Node* n, ir::Value* v, ir::Value* length) {
    if (length == count_ && while_ == nullptr) return v;
    const auto wanted = known_content(length->info);
    if (wanted && wanted->size() == 1 && wanted->front() == v->shape()[0]) return v;
    SliceAttrs a;
    a.start = {0}, a.stride = {1}, a.axes = {0}, a.mode = SampleMode::kFill;
    ReshapeAttrs r;
    r.shape = {1};
    ir::Value* size = g_.add(kReshapeOp, n->name() + "_size", {length}, r)->output();
    return g_.add(kSliceOp, n->name() + "_filled", {v, nullptr, size}, a)->output();
  }

  ir::Graph& g_;
  Scope& s_;
  std::unique_ptr<ir::Graph> body_;
  ir::Value *count_ = nullptr, *while_ = nullptr, *iteration_ = nullptr;
  ValueMap map_;
  std::vector<ir::Value*> captured_;
  std::set<ir::Node*> copied_;
};

void make_if(ir::Graph& g, Scope& s) {
  check_exits(g, s, "a conditional");
  require<ModelError>(s.of(Role::kCondition).size() == 1, "a conditional has no condition");
  const auto& outputs = s.of(Role::kConditionalOutput);
  ValueMap given;  // an input layer is its input
  for (ir::Node* n : s.of(Role::kConditionalInput)) given[n->output()] = n->input(0);
  std::vector<ir::Value*> results[2];
  std::vector<ir::Node*> nodes[2];
  std::vector<ir::Value*> captured;
  auto add = [&](ir::Value* v) {
    if (std::find(captured.begin(), captured.end(), v) == captured.end()) captured.push_back(v);
  };
  for (size_t b = 0; b < 2; ++b) {
    for (ir::Node* n : outputs) results[b].push_back(n->input(b));
    nodes[b] = needed_nodes(g, results[b], s.inside, given);
    for (ir::Value* v : outer_values(nodes[b], results[b], given)) add(v);
  }
  for (const auto& [layer, v] : given) add(v);
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  for (size_t b = 0; b < 2; ++b) {
    auto body = std::make_unique<ir::Graph>();
    ValueMap map;
    for (ir::Value* v : captured) map[v] = capture(*body, v);
    for (const auto& [layer, v] : given) map[layer] = map.at(v);
    copy_nodes(*body, nodes[b], map);
    for (ir::Value* v : results[b]) {
      ir::Value* r = counterpart(*body, v, map);
      if (r->producer() == nullptr || body->is_output(r))
        r = body->add(kIdentityOp, r->name() + "_out", {r}, std::unique_ptr<Attributes>())->output();
      body->mark_output(r);
    }
    bodies.push_back(std::move(body));
  }
  // A node that both branches need runs in either; the name goes with the first.
  const std::set<ir::Node*> first(nodes[0].begin(), nodes[0].end());
  std::set<std::string> taken;
  for (ir::Node* n : nodes[0]) taken.insert(n->origins.begin(), n->origins.end());
  for (ir::Node* n : bodies[1]->nodes()) std::erase_if(n->origins, [&](const auto& o) { return taken.count(o) != 0; });
  std::vector<ir::Value*> in = {s.of(Role::kCondition)[0]->input(0)};
  in.insert(in.end(), captured.begin(), captured.end());
  ir::Node* n = g.add_control(kIfOp, fmt::format("conditional_{}", s.id), std::move(in), nullptr, std::move(bodies),
                              static_cast<int>(outputs.size()));
  for (size_t i = 0; i < outputs.size(); ++i) g.replace_uses(outputs[i]->output(), n->output(i));
  dissolve(g, s, n);
}

std::map<int64_t, Scope> scopes_of(const ir::Graph& g) {
  std::map<int64_t, Scope> scopes;
  for (ir::Node* n : g.nodes())
    if (n->is(kFlatLoopOp)) {
      Scope& s = scopes[flat(n).scope];
      s.id = flat(n).scope;
      s.nodes[flat(n).role].push_back(n);
    }
  return scopes;
}

}  // namespace

int structurize(ir::Graph& g, const Options&) {
  int changed = 0;
  for (;;) {
    auto scopes = scopes_of(g);
    if (scopes.empty()) break;
    g.sort();
    const auto innermost =
        std::find_if(scopes.begin(), scopes.end(), [&](auto& s) { return gather_inside(g, s.second); });
    require<ModelError>(innermost != scopes.end(), "loops or conditionals overlap without one lying in the other");
    Scope& s = innermost->second;
    with_context([&] { s.is_loop() ? LoopMaker(g, s).run() : make_if(g, s); },
                 [&] { return fmt::format("in {} {}", s.is_loop() ? "loop" : "conditional", s.id); });
    ++changed;
  }
  if (changed != 0) {
    g.sort();
    g.infer_all();
  }
  return changed;
}

}  // namespace hone::passes
