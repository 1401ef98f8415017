// Building, changing and checking graphs.
#include "ir/graph.h"

#include <algorithm>
#include <queue>
#include <set>

#include "ops/constant.h"
#include "ops/flat_loop.h"
#include "ops/pointwise.h"

namespace hone::ir {

namespace {
const std::vector<std::pair<Node*, int>> kNoUses;
bool is_back_edge(const Node& n, size_t input) {
  return input == 1 && n.is(kFlatLoopOp) && n.attr<FlatLoopAttrs>().role == FlatLoopRole::kRecurrence;
}
std::string where(const Node& n) { return fmt::format("in node '{}' ({})", n.name(), n.op().name); }
}  // namespace

Graph::~Graph() = default;

std::string Graph::unique_name(std::string name) {
  if (name.empty()) name = "v";
  if (by_name_.find(name) == by_name_.end()) return name;
  for (int& k = name_counter_[name];;) {
    std::string candidate = fmt::format("{}_{}", name, ++k);
    if (by_name_.find(candidate) == by_name_.end()) return candidate;
  }
}

Value* Graph::new_value(std::string name, Node* producer, int index) {
  auto v = std::make_unique<Value>();
  v->name_ = unique_name(std::move(name));
  v->producer_ = producer;
  v->index_ = index;
  v->graph_ = this;
  by_name_[v->name_] = v.get();
  values_.push_back(std::move(v));
  return values_.back().get();
}

Value* Graph::add_input(std::string name, DType type, Shape shape) {
  Value* v = new_value(std::move(name), nullptr, static_cast<int>(inputs_.size()));
  v->info = {type, std::move(shape), std::nullopt, nullptr};
  inputs_.push_back(v);
  return v;
}

Node* Graph::place(std::list<std::unique_ptr<Node>>::iterator at, const Op& op, std::string name,
                   std::vector<Value*> inputs, std::unique_ptr<Attributes> attrs, int outputs,
                   std::vector<std::unique_ptr<Graph>> bodies, bool checked) {
  auto owned = std::make_unique<Node>();
  Node* n = owned.get();
  n->op_ = &op;
  n->name_ = std::move(name);
  n->graph_ = this;
  n->attrs_ = attrs ? std::move(attrs) : op.make_attrs();
  n->subgraphs = std::move(bodies);
  n->inputs_ = std::move(inputs);
  for (Value* v : n->inputs_)
    require<InternalError>(v == nullptr || v->graph_ == this, "node '{}' takes a value of another graph", n->name_);
  if (outputs < 0) outputs = op.outputs < 0 ? 1 : op.outputs;
  n->self_ = nodes_.insert(at, std::move(owned));
  for (int i = 0; i < outputs; ++i)
    n->outputs_.push_back(new_value(i == 0 ? n->name_ : fmt::format("{}:{}", n->name_, i), n, i));
  for (size_t i = 0; i < n->inputs_.size(); ++i) add_use(n->inputs_[i], n, static_cast<int>(i));
  if (!checked) return n;
  try {
    infer_node(n);
  } catch (...) {
    remove(n);
    throw;
  }
  return n;
}

Node* Graph::add(const Op& op, std::string name, std::vector<Value*> inputs, std::unique_ptr<Attributes> attrs,
                 int outputs) {
  return place(nodes_.end(), op, std::move(name), std::move(inputs), std::move(attrs), outputs, {});
}
Node* Graph::add_unchecked(const Op& op, std::string name, std::vector<Value*> inputs,
                           std::unique_ptr<Attributes> attrs, int outputs) {
  return place(nodes_.end(), op, std::move(name), std::move(inputs), std::move(attrs), outputs, {}, false);
}
Node* Graph::add_control(const Op& op, std::string name, std::vector<Value*> inputs, std::unique_ptr<Attributes> attrs,
                         std::vector<std::unique_ptr<Graph>> bodies, int outputs) {
  return place(nodes_.end(), op, std::move(name), std::move(inputs), std::move(attrs), outputs, std::move(bodies));
}
Node* Graph::insert(Node* before, const Op& op, std::string name, std::vector<Value*> inputs,
                    std::unique_ptr<Attributes> attrs, int outputs) {
  return place(before != nullptr ? before->self_ : nodes_.end(), op, std::move(name), std::move(inputs),
               std::move(attrs), outputs, {});
}

Value* Graph::constant(std::string name, Tensor t) {
  auto a = std::make_unique<ConstantAttrs>();
  a->value = std::move(t);
  return place(nodes_.begin(), kConstantOp, std::move(name), {}, std::move(a), 1, {})->output();
}

void Graph::mark_output(Value* v) {
  if (!is_output(v)) outputs_.push_back(v);
}
void Graph::unmark_output(Value* v) { std::erase(outputs_, v); }

const std::string& Graph::rename(Value* v, std::string name) {
  if (v->name_ == name) return v->name_;
  by_name_.erase(v->name_);
  v->name_ = unique_name(std::move(name));
  by_name_[v->name_] = v;
  return v->name_;
}
void Graph::rename(Node* n, std::string name) { n->name_ = std::move(name); }

std::vector<Node*> Graph::nodes() const {
  std::vector<Node*> r;
  r.reserve(nodes_.size());
  for (const auto& n : nodes_) r.push_back(n.get());
  return r;
}

const std::vector<std::pair<Node*, int>>& Graph::uses(const Value* v) const {
  auto it = uses_.find(v);
  return it == uses_.end() ? kNoUses : it->second;
}
bool Graph::is_output(const Value* v) const { return std::find(outputs_.begin(), outputs_.end(), v) != outputs_.end(); }
Value* Graph::find_value(const std::string& name) const {
  auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

void Graph::add_use(Value* v, Node* n, int i) {
  if (v != nullptr) uses_[v].emplace_back(n, i);
}
void Graph::drop_use(Value* v, Node* n, int i) {
  if (v == nullptr) return;
  auto it = uses_.find(v);
  if (it == uses_.end()) return;
  std::erase(it->second, std::make_pair(n, i));
  if (it->second.empty()) uses_.erase(it);
}

void Graph::set_input(Node* n, int i, Value* v) {
  Value*& slot = n->inputs_.at(static_cast<size_t>(i));
  drop_use(slot, n, i);
  slot = v;
  add_use(v, n, i);
}

void Graph::set_inputs(Node* n, std::vector<Value*> inputs) {
  for (size_t i = 0; i < n->inputs_.size(); ++i) drop_use(n->inputs_[i], n, static_cast<int>(i));
  n->inputs_ = std::move(inputs);
  for (size_t i = 0; i < n->inputs_.size(); ++i) add_use(n->inputs_[i], n, static_cast<int>(i));
}

void Graph::replace_uses(Value* from, Value* to) {
  if (from == to) return;
  const auto users = uses(from);  // a copy: set_input changes it
  for (auto [n, i] : users) set_input(n, i, to);
  auto out = std::find(outputs_.begin(), outputs_.end(), from);
  if (out == outputs_.end()) return;
  if (is_output(to) || to->producer_ == nullptr) {
    // Two outputs cannot be one value, nor can an input be an output under another name: keep `from`'s name alive in a
    // copy.
    return;
  }
  *out = to;
  const std::string public_name = from->name_;
  rename(from, public_name + "_old");
  rename(to, public_name);
}

void Graph::remove(Node* n) {
  for (size_t i = 0; i < n->inputs_.size(); ++i) drop_use(n->inputs_[i], n, static_cast<int>(i));
  for (Value* v : n->outputs_) {
    require<InternalError>(uses(v).empty() && !is_output(v), "node '{}' is still used", n->name_);
    by_name_.erase(v->name_);
    std::erase_if(values_, [&](const auto& p) { return p.get() == v; });
  }
  nodes_.erase(n->self_);
}

void Graph::remove_output_value(Node* n, int index) {
  Value* v = n->outputs_.at(static_cast<size_t>(index));
  require<InternalError>(static_cast<size_t>(index) + 1 == n->outputs_.size() && uses(v).empty() && !is_output(v),
                         "only an unused last output can be removed");
  by_name_.erase(v->name_);
  n->outputs_.pop_back();
  std::erase_if(values_, [&](const auto& p) { return p.get() == v; });
}

void Graph::remove_input(Value* v) {
  require<InternalError>(uses(v).empty() && !is_output(v), "input '{}' is still used", v->name());
  std::erase(inputs_, v);
  for (size_t i = 0; i < inputs_.size(); ++i) inputs_[i]->index_ = static_cast<int>(i);
  by_name_.erase(v->name_);
  std::erase_if(values_, [&](const auto& p) { return p.get() == v; });
}

int Graph::remove_dead() {
  std::set<const Node*> live;
  std::vector<Node*> stack;
  auto visit = [&](Node* n) {
    if (n != nullptr && live.insert(n).second) stack.push_back(n);
  };
  for (Value* v : outputs_) visit(v->producer_);
  for (const auto& n : nodes_)
    if (n->op_->has(kSideEffect) && n->op_->outputs == 0) visit(n.get());
  while (!stack.empty()) {
    Node* n = stack.back();
    stack.pop_back();
    for (Value* v : n->inputs_)
      if (v != nullptr) visit(v->producer_);
  }
  std::vector<Node*> dead;
  for (const auto& n : nodes_)
    if (live.count(n.get()) == 0) dead.push_back(n.get());
  std::set<const Value*> gone;
  for (Node* n : dead) {
    for (size_t i = 0; i < n->inputs_.size(); ++i) drop_use(n->inputs_[i], n, static_cast<int>(i));
    for (Value* v : n->outputs_) {
      by_name_.erase(v->name_);
      gone.insert(v);
    }
    nodes_.erase(n->self_);
  }
  std::erase_if(values_, [&](const auto& p) { return gone.count(p.get()) != 0; });
  return static_cast<int>(dead.size());
}

void Graph::sort() {
  std::map<Node*, int> position, missing;
  int k = 0;
  for (const auto& n : nodes_) position[n.get()] = k++;
  auto later = [&](Node* a, Node* b) { return position[a] > position[b]; };
  std::priority_queue<Node*, std::vector<Node*>, decltype(later)> ready(later);
  for (const auto& n : nodes_) {
    int m = 0;
    for (size_t i = 0; i < n->inputs_.size(); ++i)
      m += n->inputs_[i] != nullptr && n->inputs_[i]->producer_ != nullptr && !is_back_edge(*n, i);
    missing[n.get()] = m;
    if (m == 0) ready.push(n.get());
  }
  std::vector<Node*> order;
  while (!ready.empty()) {
    Node* n = ready.top();
    ready.pop();
    order.push_back(n);
    for (Value* v : n->outputs_)
      for (auto [user, i] : uses(v))
        if (!is_back_edge(*user, static_cast<size_t>(i)) && --missing[user] == 0) ready.push(user);
  }
  require<ModelError>(order.size() == nodes_.size(), "the graph has a cycle");
  for (Node* n : order) nodes_.splice(nodes_.end(), nodes_, n->self_);
}

void Graph::infer_node(Node* n) {
  with_context(
      [&] {
        InferContext c;
        c.attrs = n->attrs_.get();
        c.node_name = n->name_;
        const int base = n->base_input_count();
        for (int i = 0; i < base; ++i) {
          const Value* v = n->inputs_[static_cast<size_t>(i)];
          c.inputs.push_back(v != nullptr ? &v->info : nullptr);
        }
        c.outputs.resize(n->outputs_.size());
        for (auto& g : n->subgraphs) c.subgraphs.push_back(g.get());
        hone::infer(*n->op_, c);
        if (n->epilogue) {
          PointwiseAttrs a;
          a.program = n->epilogue->program;
          InferContext e;
          e.attrs = &a;
          e.inputs.push_back(&c.outputs[0]);
          for (size_t i = static_cast<size_t>(base); i < n->inputs_.size(); ++i)
            e.inputs.push_back(&n->inputs_[i]->info);
          e.outputs.resize(a.program.outputs.size());
          hone::infer(kPointwiseOp, e);
          require<InternalError>(e.outputs.size() == 1 && e.outputs[0].shape == c.outputs[0].shape,
                                 "an epilogue must keep the shape");
          c.outputs[0].type = e.outputs[0].type;
        }
        for (size_t i = 0; i < n->outputs_.size(); ++i) {
          n->outputs_[i]->info = std::move(c.outputs[i]);
          if (!n->is(kConstantOp)) n->outputs_[i]->info.constant = nullptr;
        }
      },
      [&] { return where(*n); });
}

void Graph::infer_all() {
  for (const auto& n : nodes_) infer_node(n.get());
}

std::vector<TensorInfo> Graph::infer(std::span<const TensorInfo> in) {
  require<ModelError>(in.size() == inputs_.size(), "body takes {} inputs, gets {}", inputs_.size(), in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    inputs_[i]->info = in[i];
    inputs_[i]->info.content = known_content(in[i]);
    inputs_[i]->info.constant = nullptr;
  }
  infer_all();
  std::vector<TensorInfo> out;
  for (Value* v : outputs_) out.push_back(v->info);
  return out;
}

std::unique_ptr<Graph> Graph::clone(std::map<const Value*, Value*>* map) const {
  auto g = std::make_unique<Graph>();
  g->name = name;
  std::map<const Value*, Value*> local;
  std::map<const Value*, Value*>& m = map != nullptr ? *map : local;
  auto copy_value = [&](const Value* v, Node* producer) {
    Value* c = g->new_value(v->name_, producer, v->index_);
    c->info = v->info;
    c->format = v->format;
    m[v] = c;
    return c;
  };
  for (const Value* v : inputs_) g->inputs_.push_back(copy_value(v, nullptr));
  for (const auto& n : nodes_) {
    auto owned = std::make_unique<Node>();
    Node* c = owned.get();
    c->op_ = n->op_;
    c->name_ = n->name_;
    c->graph_ = g.get();
    c->attrs_ = n->attrs_->clone();
    c->origins = n->origins;
    if (n->epilogue) c->epilogue = std::make_unique<Epilogue>(*n->epilogue);
    c->precision = n->precision;
    c->output_type = n->output_type;
    c->force_host = n->force_host;
    for (const auto& s : n->subgraphs) c->subgraphs.push_back(s->clone());
    c->self_ = g->nodes_.insert(g->nodes_.end(), std::move(owned));
    for (const Value* v : n->outputs_) c->outputs_.push_back(copy_value(v, c));
    if (c->is(kConstantOp)) c->outputs_[0]->info.constant = &c->attr<ConstantAttrs>().value;
  }
  // Inputs last: a flat loop's recurrence takes a value that is produced behind it.
  auto copy = g->nodes_.begin();
  for (const auto& n : nodes_) {
    Node* c = (copy++)->get();
    for (const Value* v : n->inputs_) c->inputs_.push_back(v != nullptr ? m.at(v) : nullptr);
    for (size_t i = 0; i < c->inputs_.size(); ++i) g->add_use(c->inputs_[i], c, static_cast<int>(i));
  }
  for (const Value* v : outputs_) g->outputs_.push_back(m.at(v));
  return g;
}

void Graph::verify() const {
  std::set<const Value*> defined(inputs_.begin(), inputs_.end());
  size_t use_count = 0;
  for (const auto& n : nodes_) {
    for (size_t i = 0; i < n->inputs_.size(); ++i) {
      const Value* v = n->inputs_[i];
      if (v == nullptr) continue;
      require<InternalError>(defined.count(v) != 0, "node '{}' uses '{}' before it is defined", n->name_, v->name_);
      const auto& u = uses(v);
      require<InternalError>(std::count(u.begin(), u.end(), std::make_pair(n.get(), static_cast<int>(i))) == 1,
                             "use list of '{}' lacks node '{}'", v->name_, n->name_);
      ++use_count;
    }
    for (const Value* v : n->outputs_) {
      require<InternalError>(v->producer_ == n.get(), "'{}' has a wrong producer", v->name_);
      defined.insert(v);
    }
    if (n->epilogue) {
      n->epilogue->program.check();
      require<InternalError>(
          n->epilogue->program.inputs == static_cast<int>(n->inputs_.size()) - n->epilogue->base_inputs + 1 &&
              n->epilogue->program.outputs.size() == 1,
          "epilogue of '{}' does not fit its node", n->name_);
    }
    for (const auto& g : n->subgraphs) g->verify();
  }
  size_t listed = 0;
  for (const auto& [v, u] : uses_) listed += u.size();
  require<InternalError>(listed == use_count, "use lists hold {} entries for {} uses", listed, use_count);
  for (const Value* v : outputs_) require<InternalError>(defined.count(v) != 0, "output '{}' is not defined", v->name_);
}

std::string Graph::str() const {
  std::string s;
  auto typed = [](const Value* v) {
    return fmt::format("{}: {}{}{}", v->name(), hone::name(v->type()), hone::str(v->shape()),
                       v->format == Format::kChannelsLast ? "@nhwc" : "");
  };
  for (const Value* v : inputs_) s += "input " + typed(v) + "\n";
  for (const auto& n : nodes_) {
    for (size_t i = 0; i < n->outputs_.size(); ++i) s += (i ? ", " : "") + typed(n->outputs_[i]);
    s += n->outputs_.empty() ? "" : " = ";
    s += n->op_->name;
    s += "(";
    for (size_t i = 0; i < n->inputs_.size(); ++i)
      s += (i ? ", " : "") + (n->inputs_[i] ? n->inputs_[i]->name_ : std::string("-"));
    s += ") " + hone::str(*n->attrs_);
    if (n->epilogue) s += fmt::format(" epilogue[{}] ({})", n->epilogue->base_inputs, n->epilogue->program.str());
    s += "\n";
    for (const auto& g : n->subgraphs) s += "{\n" + g->str() + "}\n";
  }
  for (const Value* v : outputs_) s += "output " + v->name_ + "\n";
  return s;
}

}  // namespace hone::ir
