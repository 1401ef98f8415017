// If, Loop and Scan.
#include "import/onnx/ops/control_flow.h"

#include <climits>

#include "base/error.h"
#include "ops/assertion.h"
#include "ops/loop.h"

namespace hone::onnx {

void add_body_output(Session& session, ir::Graph& body, Value* v) {
  if (v->producer() == nullptr || body.is_output(v))
    v = body.add(kIdentityOp, session.unique_node_name("result_" + v->name()), {v})->output();
  body.mark_output(v);
}

namespace {

constexpr const char* kBranches[] = {"else_branch", "then_branch"};

/// Both branches in the graph around them are one: only the taken one is imported.
void import_taken(OnnxContext& c, const NodeView& n, bool condition) {
  const char* which = kBranches[condition ? 1 : 0];
  Scope inner = c.session().inner_scope(c.scope(), c.graph(), n, which);
  const std::vector<Entry> outputs = c.session().import_body(n.graph(which), inner);
  require<ModelError>(outputs.size() >= n.output_count(), "{} gives {} outputs, the node has {}", which, outputs.size(),
                      n.output_count());
  for (size_t i = 0; i < n.output_count(); ++i) c.set(i, outputs[i]);
}

/// The tensors of a branch's outputs: lists count as their elements.
Values flatten(const std::vector<Entry>& outputs) {
  Values v;
  for (const Entry& e : outputs) {
    require<Unsupported>(e.kind == Entry::Kind::kTensor || (e.kind == Entry::Kind::kList && e.accumulator == 0),
                         "a branch that gives an optional or a sequence of unknown length");
    if (e.kind == Entry::Kind::kTensor) v.push_back(e.value);
    v.insert(v.end(), e.items.begin(), e.items.end());
  }
  return v;
}

bool has_squeeze(const proto::GraphProto& g) {
  for (const auto& n : g.node())
    if (n.op_type() == "Squeeze") return true;
  return false;
}

/// Exporters write a squeeze of an extent that may be 1 as a choice between Squeeze and Identity, whose results differ
/// in rank. 0 or 1: the branch that squeezes, where exactly one does; -1: the ranks agree.
int branch_by_rank(const NodeView& n, const std::vector<Entry> (&outputs)[2]) {
  bool same = true;
  for (size_t i = 0; i < outputs[0].size(); ++i) {
    const Value *a = outputs[0][i].value, *b = outputs[1][i].value;
    same = same && (a == nullptr || b == nullptr || a->rank() == b->rank());
  }
  if (same) return -1;
  const bool then_squeezes = has_squeeze(n.graph("then_branch")), else_squeezes = has_squeeze(n.graph("else_branch"));
  require<Unsupported>(then_squeezes != else_squeezes,
                       "the branches give results of different ranks, and the condition is not known at build time");
  return then_squeezes ? 0 : 1;
}

/// Imports one branch alone; the run fails where the condition turns out otherwise.
void import_assumed(OnnxContext& c, const NodeView& n, Value* condition, bool value) {
  AssertionAttrs a;
  a.message = fmt::format("node '{}': its branches differ in rank, and the engine was built for the {}", n.name(),
                          kBranches[value ? 1 : 0]);
  c.node(kAssertionOp, {value ? condition : c.map(ScalarFn::kNot, {condition})}, std::move(a), 0);
  import_taken(c, n, value);
}

}  // namespace

void import_if(OnnxContext& c, const NodeView& n) {
  Value* condition = c.in(0);
  require<ModelError>(condition->type() == DType::kBool, "the condition is {}, not bool", name(condition->type()));
  if (const auto k = c.known_ints(condition)) {
    require<ModelError>(k->size() == 1, "the condition has {} elements", k->size());
    return import_taken(c, n, k->at(0) != 0);
  }
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  std::vector<Entry> outputs[2];
  Values in = {condition};
  const std::vector<const proto::GraphProto*> both = {&n.graph("then_branch"), &n.graph("else_branch")};
  for (int i = 0; i < 2; ++i) {
    bodies.push_back(std::make_unique<ir::Graph>());
    Scope inner = c.session().inner_scope(c.scope(), *bodies.back(), n, kBranches[1 - i]);
    const Values captured = c.session().capture(both, c.scope(), inner);
    if (i == 0) in.insert(in.end(), captured.begin(), captured.end());
    outputs[i] = c.session().import_body(*both[static_cast<size_t>(i)], inner);
    for (Value* v : flatten(outputs[i])) add_body_output(c.session(), *bodies.back(), v);
  }
  require<ModelError>(outputs[0].size() == outputs[1].size() && outputs[0].size() >= n.output_count(),
                      "the branches give {} and {} outputs, the node has {}", outputs[0].size(), outputs[1].size(),
                      n.output_count());
  if (const int taken = branch_by_rank(n, outputs); taken >= 0) return import_assumed(c, n, condition, taken == 0);
  const size_t count = bodies[0]->outputs().size();
  require<Unsupported>(count == bodies[1]->outputs().size(), "branches that give sequences of different lengths");
  ir::Node* node = c.control(kIfOp, in, std::make_unique<NoAttrs>(), std::move(bodies), static_cast<int>(count));
  size_t at = 0;
  for (size_t i = 0; i < n.output_count(); ++i) {
    Entry e = outputs[0][i];
    if (e.kind == Entry::Kind::kTensor) {
      c.set(i, node->output(at++));
      continue;
    }
    require<Unsupported>(outputs[1][i].items.size() == e.items.size(),
                         "branches that give sequences of different lengths");
    for (Value*& v : e.items) v = node->output(at++);
    c.set(i, e);
  }
}

LoopBody import_loop_body(OnnxContext& c, const NodeView& n, const proto::GraphProto& g, const Values& initial,
                          const std::function<void(Scope&, Value*, Value*, const Values&)>& bind,
                          const std::function<Values(const std::vector<Entry>&)>& carried_outputs) {
  std::vector<Shape> shapes;
  for (const Value* v : initial) shapes.push_back(v->shape());
  for (int round = 0;; ++round) {
    require<Unsupported>(round < 8, "the shapes of carried values do not settle");
    LoopBody body;
    body.graph = std::make_unique<ir::Graph>();
    ir::Graph& graph = *body.graph;
    Value* iteration = graph.add_input("iteration", DType::kI64, {});
    Value* condition = graph.add_input("condition", DType::kBool, {});
    Values carried;
    for (size_t i = 0; i < initial.size(); ++i)
      carried.push_back(graph.add_input(fmt::format("carried_{}", i), initial[i]->type(), shapes[i]));
    Scope inner = c.session().inner_scope(c.scope(), graph, n, "body");
    bind(inner, iteration, condition, carried);
    body.captured = c.session().capture({&g}, c.scope(), inner);
    body.outputs = c.session().import_body(g, inner);
    const Values after = carried_outputs(body.outputs);
    bool settled = true;
    for (size_t i = 0; i < after.size(); ++i) {
      const Shape& s = after[i]->shape();
      require<Unsupported>(s.size() == shapes[i].size(), "carried value {} changes its rank from {} to {}", i,
                           shapes[i].size(), s.size());
      for (size_t a = 0; a < s.size(); ++a) {
        const Dim unknown = c.session().symbol(fmt::format("{}.carried.{}.{}", n.name(), i, a));
        if (s[a] == shapes[i][a] || shapes[i][a] == unknown) continue;
        shapes[i][a] = unknown;
        settled = false;
      }
    }
    if (settled) return body;
  }
}

namespace {

/// An appended sequence of a loop as one stacked value, what was in it before the loop first.
Entry stacked_result(OnnxContext& c, const Entry& before, Value* scanned) {
  if (before.items.empty()) return Entry::stacked(scanned);
  Values parts;
  for (Value* v : before.items) parts.push_back(c.unsqueeze(v, {0}));
  parts.push_back(scanned);
  return Entry::stacked(c.concat(parts, 0));
}

}  // namespace

void import_loop(OnnxContext& c, const NodeView& n) {
  const proto::GraphProto& g = n.graph("body");
  const size_t carried = c.input_count() < 2 ? 0 : c.input_count() - 2;
  require<ModelError>(
      static_cast<size_t>(g.input_size()) == carried + 2 && static_cast<size_t>(g.output_size()) >= carried + 1,
      "the body takes {} and gives {} values; with {} carried values {} and at least {} are needed", g.input_size(),
      g.output_size(), carried, carried + 2, carried + 1);
  Value *trips = c.opt(0), *condition = c.opt(1);
  if (trips != nullptr) trips = c.to_i64(trips);
  // A condition that is true from the start is none.
  if (condition != nullptr)
    if (const auto k = c.known_ints(condition); k && k->size() == 1 && k->at(0) != 0 && trips != nullptr)
      condition = nullptr;
  std::vector<bool> is_list(carried, false);
  std::vector<int> accumulator(carried, 0);
  Values initial;
  for (size_t i = 0; i < carried; ++i) {
    const Entry& e = c.entry(i + 2);
    require<Unsupported>(e.kind == Entry::Kind::kTensor || (e.kind == Entry::Kind::kList && e.accumulator == 0),
                         "carried value {} is an optional or a sequence of unknown length", i);
    is_list[i] = e.kind == Entry::Kind::kList;
    if (is_list[i]) {
      accumulator[i] = c.session().next_accumulator();
    } else {
      initial.push_back(e.value);
    }
  }
  auto bind = [&](Scope& s, Value* iteration, Value* go, const Values& values) {
    s.names[g.input(0).name()] = Entry::tensor(iteration);
    s.names[g.input(1).name()] = Entry::tensor(go);
    size_t k = 0;
    for (size_t i = 0; i < carried; ++i) {
      Entry e = is_list[i] ? Entry::list({}, c.entry(i + 2).element) : Entry::tensor(values[k++]);
      e.accumulator = accumulator[i];
      s.names[g.input(static_cast<int>(i) + 2).name()] = e;
    }
  };
  auto carried_outputs = [&](const std::vector<Entry>& out) {
    Values v;
    for (size_t i = 0; i < carried; ++i) {
      const Entry& e = out[i + 1];
      if (is_list[i]) {
        require<Unsupported>(e.kind == Entry::Kind::kList && e.accumulator == accumulator[i] && e.items.size() <= 1,
                             "a carried sequence that is not only appended to, once per round");
        continue;
      }
      require<ModelError>(e.kind == Entry::Kind::kTensor, "carried value {} leaves the body as a sequence", i);
      v.push_back(e.value);
    }
    return v;
  };
  LoopBody body = import_loop_body(c, n, g, initial, bind, carried_outputs);
  require<ModelError>(body.outputs[0].kind == Entry::Kind::kTensor, "the body's condition is no tensor");
  add_body_output(c.session(), *body.graph, body.outputs[0].value);
  for (Value* v : carried_outputs(body.outputs)) add_body_output(c.session(), *body.graph, v);
  for (size_t i = carried + 1; i < body.outputs.size(); ++i) {
    require<Unsupported>(body.outputs[i].kind == Entry::Kind::kTensor, "a loop that collects sequences");
    add_body_output(c.session(), *body.graph, body.outputs[i].value);
  }
  for (size_t i = 0; i < carried; ++i)
    for (Value* v : body.outputs[i + 1].items) add_body_output(c.session(), *body.graph, v);
  auto attrs = std::make_unique<LoopAttrs>();
  attrs->carried = static_cast<int64_t>(initial.size());
  Values in = {trips, condition};
  in.insert(in.end(), initial.begin(), initial.end());
  in.insert(in.end(), body.captured.begin(), body.captured.end());
  const auto outputs = static_cast<int>(body.graph->outputs().size()) - 1;
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  bodies.push_back(std::move(body.graph));
  ir::Node* node = c.control(kLoopOp, in, std::move(attrs), std::move(bodies), outputs);
  size_t tensor = 0, scan = initial.size(), list = scan + body.outputs.size() - 1 - carried;
  for (size_t i = 0; i < n.output_count(); ++i) {
    if (i >= carried) {
      c.set(i, node->output(scan++));
    } else if (!is_list[i]) {
      c.set(i, node->output(tensor++));
    } else if (body.outputs[i + 1].items.empty()) {
      c.set(i, c.entry(i + 2));
    } else {
      c.set(i, stacked_result(c, c.entry(i + 2), node->output(list++)));
    }
  }
}

namespace {

struct ScanPlan {
  size_t states = 0;
  Ints input_axes, input_directions, output_axes, output_directions;
};

Ints entries(const NodeView& n, const char* attribute, size_t count) {
  Ints v = n.ints(attribute, Ints(count, 0));
  require<ModelError>(v.size() == count, "{} has {} entries, not {}", attribute, v.size(), count);
  return v;
}

/// Scan over whole tensors (no batch axis) as a Loop that picks the slices itself.
Values run_scan(OnnxContext& c, const NodeView& n, const proto::GraphProto& g, const ScanPlan& plan,
                const Values& inputs) {
  const size_t scans = inputs.size() - plan.states;
  const Values initial(inputs.begin(), inputs.begin() + static_cast<int64_t>(plan.states));
  Value* trips = nullptr;
  Values outer;  // the scanned tensors, handed in behind the captured values
  for (size_t i = 0; i < scans; ++i) {
    Value* v = inputs[plan.states + i];
    const int64_t axis = normalize_axis(plan.input_axes[i], v->rank());
    outer.push_back(v);
    if (trips == nullptr) trips = c.squeeze(c.extent(v, axis), {0});
  }
  Values scanned;
  auto bind = [&](Scope& s, Value* iteration, Value*, const Values& carried) {
    for (size_t i = 0; i < carried.size(); ++i)
      s.names[g.input(static_cast<int>(i)).name()] = Entry::tensor(carried[i]);
    Builder b(*s.graph, c.session().unique_node_name(n.name() + "/slice"));
    for (size_t i = 0; i < scans; ++i) {
      const Value* v = outer[i];
      Value* in = s.graph->add_input(fmt::format("scanned_{}", i), v->type(), v->shape());
      const int64_t axis = normalize_axis(plan.input_axes[i], v->rank());
      Value* at = iteration;
      if (plan.input_directions[i] != 0) at = b.sub(b.squeeze(b.sub(b.extent(in, axis), b.ints({1})), {0}), iteration);
      s.names[g.input(static_cast<int>(plan.states + i)).name()] = Entry::tensor(b.gather(in, at, axis));
    }
  };
  auto carried_outputs = [&](const std::vector<Entry>& out) {
    Values v;
    for (size_t i = 0; i < out.size(); ++i) {
      require<Unsupported>(out[i].kind == Entry::Kind::kTensor, "a scan over sequences");
      if (i < plan.states) v.push_back(out[i].value);
    }
    return v;
  };
  LoopBody body = import_loop_body(c, n, g, initial, bind, carried_outputs);
  ir::Graph& graph = *body.graph;
  add_body_output(c.session(), graph,
                  graph.constant(c.session().unique_node_name(n.name() + "/go_on"), Tensor::scalar(true)));
  for (const Entry& e : body.outputs) add_body_output(c.session(), graph, e.value);
  auto attrs = std::make_unique<LoopAttrs>();
  attrs->carried = static_cast<int64_t>(plan.states);
  Values in = {trips, nullptr};
  in.insert(in.end(), initial.begin(), initial.end());
  in.insert(in.end(), outer.begin(), outer.end());
  in.insert(in.end(), body.captured.begin(), body.captured.end());
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  const auto outputs = static_cast<int>(body.outputs.size());
  bodies.push_back(std::move(body.graph));
  ir::Node* node = c.control(kLoopOp, in, std::move(attrs), std::move(bodies), outputs);
  Values result(node->outputs().begin(), node->outputs().end());
  for (size_t i = plan.states; i < result.size(); ++i) {
    const size_t k = i - plan.states;
    if (plan.output_directions[k] != 0) result[i] = c.slice(result[i], 0, -1, INT64_MIN, -1);
    const int64_t axis = normalize_axis(plan.output_axes[k], result[i]->rank());
    Ints perm = iota(result[i]->rank() - 1, 1);
    perm.insert(perm.begin() + axis, 0);
    result[i] = c.transpose(result[i], perm);
  }
  return result;
}

}  // namespace

void import_scan(OnnxContext& c, const NodeView& n) {
  const proto::GraphProto& g = n.graph("body");
  const auto scans = static_cast<size_t>(std::max<int64_t>(n.i("num_scan_inputs"), 0));
  const bool batched = n.opset() < 9;  // a batch axis in front, and sequence lengths as the first input
  Values inputs;
  for (size_t i = batched ? 1 : 0; i < c.input_count(); ++i) inputs.push_back(c.in(i));
  require<ModelError>(scans >= 1 && scans <= inputs.size() && static_cast<size_t>(g.input_size()) == inputs.size(),
                      "{} scan inputs of {}, the body takes {}", scans, inputs.size(), g.input_size());
  ScanPlan plan;
  plan.states = inputs.size() - scans;
  require<ModelError>(
      static_cast<size_t>(g.output_size()) >= plan.states && static_cast<size_t>(g.output_size()) >= n.output_count(),
      "the body gives {} values", g.output_size());
  const size_t outs = static_cast<size_t>(g.output_size()) - plan.states;
  plan.input_axes = batched ? Ints(scans, 0) : entries(n, "scan_input_axes", scans);
  plan.input_directions = entries(n, batched ? "directions" : "scan_input_directions", scans);
  plan.output_axes = batched ? Ints(outs, 0) : entries(n, "scan_output_axes", outs);
  plan.output_directions = batched ? Ints(outs, 0) : entries(n, "scan_output_directions", outs);
  if (!batched) {
    const Values result = run_scan(c, n, g, plan, inputs);
    for (size_t i = 0; i < n.output_count(); ++i) c.set(i, result[i]);
    return;
  }
  require<Unsupported>(!c.has(0), "Scan of opset 8 with sequence lengths");
  require<ModelError>(inputs[0]->rank() > 0, "an input is a scalar");
  const Dim& batch = inputs[0]->shape()[0];
  require<Unsupported>(batch.is_const() && batch.value() >= 1 && batch.value() <= 64,
                       "Scan of opset 8 needs a batch of 1 to 64 that is known at build time");
  std::vector<Values> parts(static_cast<size_t>(g.output_size()));
  for (int64_t b = 0; b < batch.value(); ++b) {
    Values one;
    for (Value* v : inputs) one.push_back(c.pick(v, b, 0));
    const Values result = run_scan(c, n, g, plan, one);
    for (size_t i = 0; i < result.size(); ++i) parts[i].push_back(c.unsqueeze(result[i], {0}));
  }
  for (size_t i = 0; i < n.output_count(); ++i) c.set(i, c.concat(parts[i], 0));
}

}  // namespace hone::onnx
