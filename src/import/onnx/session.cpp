// The import of one model: inputs, initialisers, nodes in dependency order, functions, outputs.
#include "import/onnx/session.h"

#include <algorithm>
#include <cctype>
#include <new>
#include <queue>

#include "base/error.h"
#include "import/onnx/operators.h"
#include "import/onnx/readers.h"

namespace hone::onnx {

namespace {

constexpr int kMaxDepth = 64;             // of functions and subgraphs inside one another
constexpr int64_t kMaxNodes = 4'000'000;  // after inlining; functions of functions grow exponentially
constexpr size_t kMaxInputDims = 64;

std::string standard_domain(const std::string& d) { return d == "ai.onnx" ? std::string() : d; }

std::string function_key(const std::string& domain, const std::string& name, const std::string& overload) {
  return standard_domain(domain) + "\n" + name + "\n" + overload;
}

Opsets read_opsets(const google::protobuf::RepeatedPtrField<proto::OperatorSetIdProto>& list) {
  Opsets r;
  for (const auto& o : list) {
    require<ModelError>(o.version() > 0, "operator set '{}' of version {}", o.domain(), o.version());
    r[standard_domain(o.domain())] = o.version();
  }
  return r;
}

}  // namespace

Session::Session(std::shared_ptr<ModelFile> file, ImportResult& result) : file_(std::move(file)), result_(result) {}

void Session::report(const proto::NodeProto& n, const Scope& scope, const std::string& name, int64_t opset,
                     import::Cause cause, std::string reason, std::string remedy) {
  import::Diagnostic d;
  d.cause = cause;
  d.node = name;
  d.type = n.op_type();
  d.domain = standard_domain(n.domain());
  d.opset = opset;
  d.scope = scope.path;
  d.reason = std::move(reason);
  d.remedy = std::move(remedy);
  d.index = main_index_;
  if (main_index_ >= 0) result_.supported[static_cast<size_t>(main_index_)] = false;
  result_.errors.push_back(std::move(d));
  reported_.insert(&n);
}

void Session::report_model(import::Cause cause, std::string reason) {
  import::Diagnostic d;
  d.cause = cause;
  d.reason = std::move(reason);
  result_.errors.push_back(std::move(d));
}

void Session::run(ir::Graph& graph) {
  const proto::ModelProto& m = file_->model();
  result_.producer = m.producer_name() + (m.producer_version().empty() ? "" : " " + m.producer_version());
  result_.supported.assign(static_cast<size_t>(m.graph().node_size()), true);
  opsets_ = read_opsets(m.opset_import());
  if (m.opset_import_size() == 0) opsets_[""] = 1;  // files from before operator sets had versions
  const auto standard = opsets_.find("");
  if (standard != opsets_.end() && standard->second > kNewestOpset) {
    import::Diagnostic d;
    d.reason = fmt::format("the model uses operator set {}, newer than {}; operators that changed since may be misread",
                           standard->second, kNewestOpset);
    result_.warnings.push_back(std::move(d));
  }
  for (const auto& f : m.functions()) functions_[function_key(f.domain(), f.name(), f.overload())] = &f;
  graph.name = m.graph().name();
  Scope scope;
  scope.graph = &graph;
  scope.opsets = &opsets_;
  bind_initializers(m.graph(), scope);
  import_inputs(m.graph(), scope);
  import_nodes(m.graph().node(), scope, true);
  if (!result_.errors.empty()) list_unknown(m.graph().node(), scope, true);
  main_index_ = -1;
  import_outputs(m.graph(), scope);
}

namespace {
/// "?", "None" and the like are no names: such dims have nothing in common.
bool is_name(const std::string& s) {
  if (s == "None" || s == "unk") return false;
  return std::any_of(s.begin(), s.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; });
}
}  // namespace

Dim Session::symbol(const std::string& name) {
  auto it = symbols_.find(name);
  if (it == symbols_.end()) {
    std::string s;
    for (const char c : name) {
      const auto u = static_cast<unsigned char>(c);
      s += std::isalnum(u) != 0 || c == '_' || c == '.' || u >= 0x80 ? c : '_';
    }
    if (s.empty() || std::isdigit(static_cast<unsigned char>(s[0])) != 0) s = "_" + s;
    std::string unique = s;
    for (int k = 2; !symbol_names_.insert(unique).second; ++k) unique = fmt::format("{}.{}", s, k);
    it = symbols_.emplace(name, unique).first;
  }
  return Dim::symbol(it->second);
}

std::pair<DType, Shape> Session::declared_type(const proto::ValueInfoProto& v) {
  const proto::TypeProto* type = &v.type();
  if (type->has_optional_type() && type->optional_type().elem_type().has_tensor_type())
    type = &type->optional_type().elem_type();  // run with a tensor, always
  require<Unsupported>(!type->has_sequence_type() && !type->has_map_type() && !type->has_optional_type() &&
                           !type->has_sparse_tensor_type(),
                       "'{}' is no plain tensor (a sequence, map, optional or sparse tensor)", v.name());
  require<ModelError>(type->has_tensor_type() && type->tensor_type().elem_type() != 0, "'{}' has no element type",
                      v.name());
  const auto& t = type->tensor_type();
  require<Unsupported>(t.has_shape(), "'{}' has no shape; give it at least a rank", v.name());
  require<ModelError>(static_cast<size_t>(t.shape().dim_size()) <= kMaxInputDims, "'{}' has rank {}", v.name(),
                      t.shape().dim_size());
  Shape shape;
  for (int i = 0; i < t.shape().dim_size(); ++i) {
    const auto& d = t.shape().dim(i);
    require<ModelError>(!d.has_dim_value() || d.dim_value() >= -1, "'{}', axis {}: extent {}", v.name(), i,
                        d.dim_value());
    if (d.has_dim_value() && d.dim_value() >= 0)
      shape.push_back(Dim(d.dim_value()));
    else if (is_name(d.dim_param()))
      shape.push_back(symbol(d.dim_param()));
    else
      shape.push_back(symbol(fmt::format("{}.{}", v.name(), i)));
  }
  return {with_context([&] { return dtype_of_onnx(t.elem_type()); }, [&] { return fmt::format("of '{}'", v.name()); }),
          shape};
}

void Session::import_inputs(const proto::GraphProto& g, Scope& scope) {
  for (const auto& v : g.input()) {
    if (scope.initializers.count(v.name()) != 0) continue;  // a constant that could be overridden
    try {
      require<ModelError>(!v.name().empty(), "an input of the graph has no name");
      require<ModelError>(scope.names.count(v.name()) == 0, "two inputs of the graph are called '{}'", v.name());
      auto [type, shape] = declared_type(v);
      scope.names[v.name()] = Entry::tensor(scope.graph->add_input(v.name(), type, std::move(shape)));
    } catch (const Unsupported& e) {
      report_model(import::Cause::kUnsupported, std::string("graph input: ") + e.what());
      scope.names[v.name()] = Entry();
    } catch (const ModelError& e) {
      report_model(import::Cause::kModel, std::string("graph input: ") + e.what());
      scope.names[v.name()] = Entry();
    }
  }
}

void Session::bind_initializers(const proto::GraphProto& g, Scope& scope) {
  for (const auto& t : g.initializer()) {
    require<ModelError>(scope.initializers.emplace(t.name(), &t).second, "two initialisers are called '{}'", t.name());
  }
  for (const auto& t : g.sparse_initializer()) {
    report_model(import::Cause::kUnsupported,
                 fmt::format("initialiser '{}' is sparse; store it as a dense tensor", t.values().name()));
    scope.names[t.values().name()] = Entry();
  }
}

const Entry* Session::find(Scope& scope, const std::string& name) {
  for (Scope* s = &scope; s != nullptr && s->graph == scope.graph; s = s->parent) {
    if (const auto it = s->names.find(name); it != s->names.end()) return &it->second;
    if (const auto it = s->initializers.find(name); it != s->initializers.end()) {
      Entry e;
      try {
        e = Entry::tensor(scope.graph->constant(s->prefix + name, file_->tensor(*it->second)));
      } catch (const Unsupported& error) {
        report_model(import::Cause::kUnsupported, error.what());
      } catch (const ModelError& error) {
        report_model(import::Cause::kModel, error.what());
      }
      return &(s->names[name] = e);
    }
  }
  return nullptr;
}

std::vector<int> Session::order(const Nodes& nodes, Scope& scope) {
  std::map<std::string, int> producer;
  std::vector<bool> bad(static_cast<size_t>(nodes.size()), false);
  for (int i = 0; i < nodes.size(); ++i)
    for (const auto& o : nodes[i].output()) {
      if (o.empty()) continue;
      const bool fresh = producer.emplace(o, i).second && scope.names.count(o) == 0 && scope.initializers.count(o) == 0;
      if (fresh) continue;
      if (scope.path.empty()) main_index_ = i;
      report(nodes[i], scope, nodes[i].name(), 0, import::Cause::kModel,
             fmt::format("its output '{}' is already the name of another value", o), "");
      bad[static_cast<size_t>(i)] = true;
    }
  std::vector<int> missing(static_cast<size_t>(nodes.size()), 0);
  std::vector<std::vector<int>> users(static_cast<size_t>(nodes.size()));
  for (int i = 0; i < nodes.size(); ++i) {
    std::set<int> needs;
    auto need = [&](const std::string& name) {
      if (const auto it = producer.find(name); it != producer.end()) needs.insert(it->second);
    };
    for (const auto& name : nodes[i].input()) need(name);
    for (const auto& a : nodes[i].attribute())
      if (a.has_g())
        for (const auto& name : free_names(a.g())) need(name);
    missing[static_cast<size_t>(i)] = static_cast<int>(needs.size());
    for (const int p : needs) users[static_cast<size_t>(p)].push_back(i);
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < nodes.size(); ++i)
    if (missing[static_cast<size_t>(i)] == 0) ready.push(i);
  std::vector<int> result;
  while (!ready.empty()) {
    const int i = ready.top();
    ready.pop();
    if (bad[static_cast<size_t>(i)]) {
      mark_failed(nodes[i], scope);
    } else {
      result.push_back(i);
    }
    for (const int u : users[static_cast<size_t>(i)])
      if (--missing[static_cast<size_t>(u)] == 0) ready.push(u);
  }
  for (int i = 0; i < nodes.size(); ++i) {
    if (missing[static_cast<size_t>(i)] <= 0) continue;
    if (scope.path.empty()) main_index_ = i;
    report(nodes[i], scope, nodes[i].name(), 0, import::Cause::kModel,
           "it waits for its own output: the graph has a cycle here", "");
    mark_failed(nodes[i], scope);
  }
  return result;
}

void Session::import_nodes(const Nodes& nodes, Scope& scope, bool main) {
  for (const int i : order(nodes, scope)) {
    if (main) main_index_ = i;
    import_node(nodes[i], scope);
  }
}

bool Session::mark_failed(const proto::NodeProto& n, Scope& scope) {
  for (const auto& o : n.output())
    if (!o.empty()) scope.names.insert_or_assign(o, Entry());
  return false;
}

int64_t Session::opset_of(const std::string& domain, const Scope& scope) const {
  const auto it = scope.opsets->find(domain);
  if (it != scope.opsets->end()) return it->second;
  return domain == "com.microsoft" ? 1 : 0;  // has one version only, which tools often leave out
}

const proto::FunctionProto* Session::find_function(const proto::NodeProto& n) const {
  const auto it = functions_.find(function_key(n.domain(), n.op_type(), n.overload()));
  return it == functions_.end() ? nullptr : it->second;
}

std::string Session::unique_node_name(std::string name) {
  if (node_names_.insert(name).second) return name;
  for (int& k = name_counter_[name];;) {
    std::string candidate = fmt::format("{}_{}", name, ++k);
    if (node_names_.insert(candidate).second) return candidate;
  }
}

std::optional<Session::Refusal> Session::unknown_operator(const proto::NodeProto& n, const Scope& scope) const {
  if (find_function(n) != nullptr) return std::nullopt;
  const std::string domain = standard_domain(n.domain());
  const int64_t opset = opset_of(domain, scope);
  const Operator* op = find_operator(domain, n.op_type());
  if (op == nullptr && domain.empty())
    return Refusal{import::Cause::kUnsupported, fmt::format("operator {} is not supported", n.op_type()),
                   "the supported ones are in docs/onnx-operators.md"};
  if (op == nullptr)
    return Refusal{import::Cause::kUnsupported,
                   fmt::format("operator {} of domain '{}' is not known", n.op_type(), domain),
                   "export the model with standard operators, or with the operator as a local function"};
  if (opset == 0)
    return Refusal{import::Cause::kModel, fmt::format("the model imports no operator set for domain '{}'", domain), ""};
  if (since_version(*op, opset) == 0)
    return Refusal{
        import::Cause::kModel,
        fmt::format("operator {} has no definition in operator set {} that is understood; those of the sets {} are",
                    n.op_type(), opset, op->since),
        ""};
  return std::nullopt;
}

namespace {
std::string path_inside(const std::string& what, const std::string& outer) {
  return what + (outer.empty() ? "" : ", " + outer);
}
}  // namespace

// What lies behind a refused node is not imported, so that its bodies and functions have not been looked at yet.
void Session::list_unknown(const Nodes& nodes, const Scope& scope, bool main) {
  if (scope.depth >= kMaxDepth) return;
  for (int i = 0; i < nodes.size(); ++i) {
    const proto::NodeProto& n = nodes[i];
    if (main) main_index_ = i;
    const std::string name = scope.prefix + node_name(n);
    if (auto u = unknown_operator(n, scope)) {
      if (reported_.count(&n) == 0)
        report(n, scope, name, opset_of(standard_domain(n.domain()), scope), u->cause, std::move(u->reason),
               std::move(u->remedy));
      continue;
    }
    Scope inner;
    inner.opsets = scope.opsets;
    inner.prefix = scope.prefix;
    inner.depth = scope.depth + 1;
    for (const auto& a : n.attribute()) {
      if (!a.has_g()) continue;
      inner.path = path_inside(fmt::format("{} of node '{}'", a.name(), name), scope.path);
      list_unknown(a.g().node(), inner, false);
    }
    const proto::FunctionProto* f = find_function(n);
    if (f == nullptr || !looked_into_.insert(f).second) continue;
    const Opsets opsets = function_opsets(*f);
    inner.opsets = &opsets;
    inner.prefix = name + "/";
    inner.path = path_inside(fmt::format("function '{}' called by node '{}'", f->name(), name), scope.path);
    list_unknown(f->node(), inner, false);
  }
}

Opsets Session::function_opsets(const proto::FunctionProto& f) const {
  Opsets opsets = read_opsets(f.opset_import());
  for (const auto& [domain, version] : opsets_) opsets.emplace(domain, version);
  return opsets;
}

void Session::import_node(const proto::NodeProto& n, Scope& scope) {
  const std::string name = unique_node_name(scope.prefix + node_name(n));
  const std::string domain = standard_domain(n.domain());
  const int64_t opset = opset_of(domain, scope);
  auto refuse = [&](import::Cause cause, std::string reason, std::string remedy = "") {
    report(n, scope, name, opset, cause, std::move(reason), std::move(remedy));
    mark_failed(n, scope);
  };
  if (++imported_ > kMaxNodes) fail<ModelError>("more than {} nodes after inlining functions", kMaxNodes);
  if (auto u = unknown_operator(n, scope)) return refuse(u->cause, std::move(u->reason), std::move(u->remedy));
  const proto::FunctionProto* function = find_function(n);
  try {
    const NodeView view(n, *file_, opset, name, scope.attributes);
    if (function != nullptr) return call_function(*function, view, scope);
    return run_handler(view, scope);
  } catch (const AlreadyReported&) {
    mark_failed(n, scope);
  } catch (const Unsupported& e) {
    refuse(import::Cause::kUnsupported, e.message());
  } catch (const ModelError& e) {
    refuse(import::Cause::kModel, e.message());
  } catch (const std::bad_alloc&) {
    refuse(import::Cause::kModel, "out of memory");
  } catch (const std::exception& e) {
    refuse(import::Cause::kInternal, e.what(), "this is a bug in Hone");
  }
}

namespace {
/// Inputs of a node as entries; false where one of them failed before.
bool gather_inputs(Session& session, const NodeView& view, Scope& scope, std::vector<Entry>* into) {
  bool ok = true;
  for (size_t i = 0; i < view.input_count(); ++i) {
    if (view.input(i).empty()) {
      into->push_back(Entry::none());
      continue;
    }
    const Entry* e = session.find(scope, view.input(i));
    require<ModelError>(e != nullptr, "its input '{}' does not exist", view.input(i));
    ok = ok && e->kind != Entry::Kind::kFailed;
    into->push_back(*e);
  }
  return ok;
}
}  // namespace

void Session::run_handler(const NodeView& view, Scope& scope) {
  std::vector<Entry> inputs;
  if (!gather_inputs(*this, view, scope, &inputs)) {
    mark_failed(view.proto(), scope);
    return;
  }
  OnnxContext context(*this, scope, view, std::move(inputs));
  find_operator(standard_domain(view.domain()), view.type())->handler(context, view);
  bind_results(view, scope, std::move(context.results()), context.created());
}

void Session::bind_results(const NodeView& view, Scope& scope, std::vector<Entry> results,
                           const std::vector<ir::Node*>& created) {
  auto is_new = [&](const Value* v) {
    return v->producer() != nullptr && std::find(created.begin(), created.end(), v->producer()) != created.end();
  };
  std::set<const Value*> used;
  std::vector<Value*> outputs(view.output_count(), nullptr);
  bool first = true;
  for (size_t i = 0; i < view.output_count(); ++i) {
    if (!view.has_output(i)) continue;
    Entry& e = results.at(i);
    require<Unsupported>(e.kind != Entry::Kind::kFailed, "output {} is not supported", i);
    if (e.kind == Entry::Kind::kTensor) {
      if (!is_new(e.value) || !used.insert(e.value).second)
        e.value =
            scope.graph
                ->add(kIdentityOp, i == 0 && first ? view.name() : fmt::format("{}:{}", view.name(), i), {e.value})
                ->output();
      scope.graph->rename(e.value, scope.prefix + view.output(i));
      if (first) e.value->producer()->origins = {view.name()};
      first = false;
      outputs[i] = e.value;
    }
    scope.names[view.output(i)] = std::move(e);
  }
  if (scope.parent == nullptr && scope.path.empty()) result_.node_outputs[view.name()] = std::move(outputs);
}

void Session::call_function(const proto::FunctionProto& f, const NodeView& view, Scope& scope) {
  require<ModelError>(scope.depth < kMaxDepth, "functions call one another more than {} deep", kMaxDepth);
  require<ModelError>(view.input_count() <= static_cast<size_t>(f.input_size()) &&
                          view.output_count() <= static_cast<size_t>(f.output_size()),
                      "function '{}' takes {} inputs and gives {} outputs, the node has {} and {}", f.name(),
                      f.input_size(), f.output_size(), view.input_count(), view.output_count());
  std::vector<Entry> inputs;
  if (!gather_inputs(*this, view, scope, &inputs)) {
    mark_failed(view.proto(), scope);
    return;
  }
  AttributeMap attributes;
  for (const auto& a : f.attribute_proto()) attributes[a.name()] = &a;
  for (const auto& a : view.proto().attribute()) {
    if (a.ref_attr_name().empty()) {
      attributes[a.name()] = &a;
    } else if (view.outer() != nullptr) {
      const auto it = view.outer()->find(a.ref_attr_name());
      if (it != view.outer()->end()) attributes[a.name()] = it->second;
    }
  }
  const Opsets opsets = function_opsets(f);
  Scope inner;
  inner.graph = scope.graph;
  inner.path = path_inside(fmt::format("function '{}' called by node '{}'", f.name(), view.name()), scope.path);
  inner.prefix = view.name() + "/";
  inner.opsets = &opsets;
  inner.attributes = &attributes;
  inner.depth = scope.depth + 1;
  for (int i = 0; i < f.input_size(); ++i)
    inner.names[f.input(i)] = static_cast<size_t>(i) < inputs.size() ? inputs[static_cast<size_t>(i)] : Entry::none();
  const size_t errors = result_.errors.size();
  import_nodes(f.node(), inner, false);
  std::vector<Entry> results;
  for (size_t i = 0; i < view.output_count(); ++i) {
    const Entry* e = find(inner, f.output(static_cast<int>(i)));
    require<ModelError>(e != nullptr, "function '{}' does not compute its output '{}'", f.name(),
                        f.output(static_cast<int>(i)));
    if (e->kind == Entry::Kind::kFailed && result_.errors.size() == errors) {
      mark_failed(view.proto(), scope);
      return;
    }
    results.push_back(*e);
  }
  if (result_.errors.size() != errors) throw AlreadyReported();
  bind_results(view, scope, std::move(results), {});
}

void Session::import_outputs(const proto::GraphProto& g, Scope& scope) {
  if (g.output_size() == 0) report_model(import::Cause::kModel, "the graph has no output");
  std::set<std::string> seen;
  for (const auto& v : g.output()) {
    const Entry* e = find(scope, v.name());
    if (e == nullptr) {
      report_model(import::Cause::kModel, fmt::format("graph output '{}' is not computed by any node", v.name()));
      continue;
    }
    if (!seen.insert(v.name()).second) {
      report_model(import::Cause::kModel, fmt::format("two outputs of the graph are called '{}'", v.name()));
      continue;
    }
    if (e->kind == Entry::Kind::kFailed) continue;
    if (e->kind != Entry::Kind::kTensor) {
      report_model(import::Cause::kUnsupported,
                   fmt::format("graph output '{}' is a sequence or an optional", v.name()));
      continue;
    }
    Value* out = e->value;
    const bool input = out->producer() == nullptr;
    if (input) scope.graph->rename(out, "__" + v.name());  // as TensorRT's parser does: no name is both
    if (input || scope.graph->is_output(out))
      out = scope.graph->add(kIdentityOp, unique_node_name("output_" + v.name()), {out})->output();
    scope.graph->rename(out, v.name());
    scope.graph->mark_output(out);
  }
}

std::vector<Entry> Session::import_body(const proto::GraphProto& g, Scope& scope) {
  require<ModelError>(scope.depth < kMaxDepth, "subgraphs nest more than {} deep", kMaxDepth);
  const size_t errors = result_.errors.size();
  bind_initializers(g, scope);
  for (const auto& v : g.input()) scope.initializers.erase(v.name());
  import_nodes(g.node(), scope, false);
  std::vector<Entry> outputs;
  for (const auto& v : g.output()) {
    const Entry* e = find(scope, v.name());
    require<ModelError>(e != nullptr, "output '{}' of the subgraph does not exist", v.name());
    outputs.push_back(*e);
    if (e->kind == Entry::Kind::kFailed) throw AlreadyReported();
  }
  if (result_.errors.size() != errors) throw AlreadyReported();
  return outputs;
}

Scope Session::inner_scope(Scope& outer, ir::Graph& graph, const NodeView& node, const std::string& what) {
  Scope s;
  s.parent = &outer;
  s.graph = &graph;
  s.path = path_inside(fmt::format("{} of node '{}'", what, node.name()), outer.path);
  s.prefix = outer.prefix;
  s.opsets = outer.opsets;
  s.attributes = outer.attributes;
  s.depth = outer.depth + 1;
  return s;
}

Values Session::capture(const std::vector<const proto::GraphProto*>& bodies, Scope& outer, Scope& scope) {
  Values captured;
  std::set<std::string> seen;
  auto bring = [&](Value* v) {
    if (const std::optional<Tensor> k = Builder::known(v)) return scope.graph->constant(v->name(), *k);
    const auto it = std::find(captured.begin(), captured.end(), v);
    const size_t inputs = scope.graph->inputs().size();
    if (it != captured.end())
      return scope.graph->inputs()[inputs - captured.size() + static_cast<size_t>(it - captured.begin())];
    captured.push_back(v);
    Value* in = scope.graph->add_input(v->name(), v->type(), v->shape());
    in->info.content = v->info.content;
    return in;
  };
  for (const auto* g : bodies)
    for (const auto& name : free_names(*g)) {
      if (!seen.insert(name).second || scope.names.count(name) != 0) continue;
      const Entry* e = find(outer, name);
      if (e == nullptr) continue;  // whoever uses it says so
      Entry copy = *e;
      if (copy.value != nullptr) copy.value = bring(copy.value);
      for (Value*& v : copy.items) v = bring(v);
      copy.accumulator = 0;
      scope.names[name] = copy;
    }
  return captured;
}

}  // namespace hone::onnx
