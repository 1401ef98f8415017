// The network: inputs, outputs, naming, and the lazy inference of facts.
#include "api/network.h"

#include <algorithm>

#include "ops/constant.h"
#include "ops/flat_loop.h"

namespace hone::api {

Network::Network(nv::IBuilder& builder, nv::NetworkDefinitionCreationFlags flags, const Reporter& reporter)
    : builder_(builder), flags_(flags), reporter_(reporter), graph_(std::make_unique<ir::Graph>()) {
  graph_->name = "Unnamed Network 0";
}

Network::~Network() = default;

NetworkTensor* Network::tensor(ir::Value* value) const {
  if (value == nullptr) return nullptr;
  auto& t = tensors_[value];
  if (!t) t = std::make_unique<NetworkTensor>(const_cast<Network&>(*this), value);
  return t.get();
}

ir::Value* Network::value(nv::ITensor& tensor) const {
  auto* t = dynamic_cast<NetworkTensor*>(&tensor);
  require<ModelError>(t != nullptr && &t->network() == this, "the tensor belongs to another network");
  return t->value();
}

void Network::rebind(NetworkTensor* tensor, ir::Value* value) {
  auto node = tensors_.extract(tensor->value());
  node.key() = value;
  tensors_.erase(value);
  tensors_.insert(std::move(node));
  tensor->rebind(value);
}

std::string Network::unique_node_name(const std::string& wanted) {
  int& count = node_names_[wanted];
  if (count++ == 0) return wanted;
  for (;; ++count) {
    std::string name = fmt::format("{}_{}", wanted, count - 1);
    if (node_names_.emplace(name, 1).second) return name;
  }
}

void Network::rename_node(ir::Node* node, const std::string& wanted) {
  if (node->name() == wanted) return;
  const bool default_output =
      !node->outputs().empty() && node->output()->name() == fmt::format("{}_output", node->name());
  graph_->rename(node, unique_node_name(wanted));
  if (default_output) graph_->rename(node->output(), node->name() + "_output");
}

ir::Node* Network::new_node(const char* kind, const Op& op, std::vector<ir::Value*> inputs,
                            std::unique_ptr<Attributes> attrs, int outputs) {
  const std::string name = unique_node_name(fmt::format("(Unnamed Layer* {}) [{}]", next_layer_++, kind));
  ir::Node* node = graph_->add_unchecked(op, name, std::move(inputs), std::move(attrs), outputs);
  for (size_t i = 0; i < node->outputs().size(); ++i)
    graph_->rename(node->output(i), i == 0 ? name + "_output" : fmt::format("{}_output_{}", name, i));
  changed(node);
  return node;
}

void Network::keep(std::unique_ptr<LayerBase> layer) {
  by_interface_[layer->layer()] = layer.get();
  layers_.push_back(std::move(layer));
}

void Network::drop(ir::Node* node) {
  const auto order = order_.find(node);
  if (order != order_.end()) {
    dirty_.erase({order->second, node});
    order_.erase(order);
  }
  broken_.erase(node);
  hidden_.erase(node);
  for (const ir::Value* v : node->outputs()) tensors_.erase(v);
  graph_->remove(node);
}

void Network::take(std::unique_ptr<ir::Graph> graph) {
  require<InternalError>(is_empty(), "the network is not empty");
  if (graph->name.empty()) graph->name = graph_->name;
  graph_ = std::move(graph);
}

ir::Value* Network::hidden_constant(const std::string& name, Tensor value) {
  ir::Value* v = graph_->constant(unique_node_name(name), std::move(value));
  order_[v->producer()] = -1;
  hidden_.insert(v->producer());
  return v;
}

LayerState* Network::state_of(const nv::ILayer* layer) const {
  const auto it = by_interface_.find(layer);
  return it == by_interface_.end() ? nullptr : &it->second->state();
}

// ---- lazy inference

void Network::changed(const ir::Node* node) {
  const auto [it, fresh] = order_.try_emplace(node, next_order_);
  if (fresh) ++next_order_;
  dirty_.emplace(it->second, node);
}

void Network::changed(const ir::Value* value) {
  for (const auto& [user, i] : graph_->uses(value)) changed(user);
}

void Network::infer(ir::Node* node) {
  const bool was_broken = broken_.erase(node) != 0;
  std::vector<TensorInfo> before;
  for (const ir::Value* v : node->outputs()) before.push_back(v->info);
  const bool recurrence = node->is(kFlatLoopOp) && node->attr<FlatLoopAttrs>().role == FlatLoopRole::kRecurrence;
  for (size_t i = 0; i < node->inputs().size(); ++i) {
    const ir::Value* v = node->input(i);
    if (v == nullptr || v->producer() == nullptr || (recurrence && i == 1)) continue;
    const auto b = broken_.find(v->producer());
    if (b == broken_.end()) continue;
    broken_[node] = b->second;
    break;
  }
  if (broken_.count(node) == 0) {
    try {
      graph_->infer_node(node);
    } catch (const Error& e) {
      broken_[node] = e.what();
    }
  }
  bool differs = was_broken || broken_.count(node) != 0 || node->is(kConstantOp);
  for (size_t i = 0; i < before.size(); ++i) differs = differs || !(node->output(i)->info == before[i]);
  if (!differs) return;
  for (const ir::Value* v : node->outputs())
    for (const auto& [user, i] : graph_->uses(v))
      if (user != node &&
          !(i == 1 && user->is(kFlatLoopOp) && user->attr<FlatLoopAttrs>().role == FlatLoopRole::kRecurrence))
        changed(user);
}

void Network::refresh() {
  // A node is visited again when something before it changes; in a graph without cycles that ends.
  size_t budget = 1000 + 64 * graph_->node_count();
  while (!dirty_.empty()) {
    auto* node = const_cast<ir::Node*>(dirty_.begin()->second);
    dirty_.erase(dirty_.begin());
    if (budget-- == 0) {
      dirty_.clear();
      fail<ModelError>("the network has a cycle through layer '{}'", node->name());
    }
    infer(node);
  }
}

std::string Network::problem(const ir::Value* value) {
  refresh();
  const auto it = broken_.find(value->producer());
  return it == broken_.end() ? std::string() : it->second;
}

// ---- inputs and outputs

nv::ITensor* Network::addInput(char const* name, nv::DataType type, nv::Dims const& dimensions) noexcept {
  return guarded(reporter_, "INetworkDefinition::addInput", static_cast<nv::ITensor*>(nullptr), [&]() -> nv::ITensor* {
    require<ModelError>(name != nullptr && *name != '\0', "an input needs a name");
    require<ModelError>(graph_->find_value(name) == nullptr, "a tensor named '{}' is there already", name);
    const std::vector<int64_t> d = ints(dimensions);
    for (int64_t v : d) require<ModelError>(v >= -1, "input '{}' has dimensions {}", name, api::str(dimensions));
    NetworkTensor* t = tensor(graph_->add_input(name, dtype(type), Shape(d.size(), Dim(0))));
    t->setDimensions(dimensions);
    return t;
  });
}

void Network::markOutput(nv::ITensor& t) noexcept {
  guarded(reporter_, "INetworkDefinition::markOutput", [&] {
    ir::Value* v = value(t);
    require<ModelError>(v->producer() != nullptr, "'{}' is a network input; add an identity layer", v->name());
    graph_->mark_output(v);
  });
}

void Network::unmarkOutput(nv::ITensor& t) noexcept {
  guarded(reporter_, "INetworkDefinition::unmarkOutput", [&] { graph_->unmark_output(value(t)); });
}

bool Network::markOutputForShapes(nv::ITensor& t) noexcept {
  return guarded(reporter_, "INetworkDefinition::markOutputForShapes", false, [&] {
    require<ModelError>(t.isShapeTensor(), "'{}' is not computed from shapes", t.getName());
    graph_->mark_output(value(t));
    return true;
  });
}

bool Network::unmarkOutputForShapes(nv::ITensor& t) noexcept {
  return guarded(reporter_, "INetworkDefinition::unmarkOutputForShapes", false, [&] {
    ir::Value* v = value(t);
    const bool was = graph_->is_output(v);
    graph_->unmark_output(v);
    return was;
  });
}

void Network::removeTensor(nv::ITensor& t) noexcept {
  guarded(reporter_, "INetworkDefinition::removeTensor", [&] {
    ir::Value* v = value(t);
    graph_->unmark_output(v);
    if (v->producer() != nullptr) return;
    require<ModelError>(graph_->uses(v).empty(), "input '{}' is still used by a layer", v->name());
    tensors_.erase(v);
    graph_->remove_input(v);
  });
}

bool Network::markDebug(nv::ITensor& t) noexcept {
  return guarded(reporter_, "INetworkDefinition::markDebug", false, [&] {
    debug_.insert(value(t)->name());
    return true;
  });
}
bool Network::unmarkDebug(nv::ITensor& t) noexcept {
  return guarded(reporter_, "INetworkDefinition::unmarkDebug", false,
                 [&] { return debug_.erase(value(t)->name()) != 0; });
}
bool Network::isDebugTensor(nv::ITensor const& t) const noexcept { return debug_.count(t.getName()) != 0; }
bool Network::markUnfusedTensorsAsDebugTensors() noexcept { return debug_unfused_ = true; }
bool Network::unmarkUnfusedTensorsAsDebugTensors() noexcept {
  debug_unfused_ = false;
  return true;
}

int32_t Network::getNbLayers() const noexcept { return static_cast<int32_t>(layers_.size()); }
nv::ILayer* Network::getLayer(int32_t index) const noexcept {
  return index >= 0 && index < getNbLayers() ? layers_[static_cast<size_t>(index)]->layer() : nullptr;
}
int32_t Network::getNbInputs() const noexcept { return static_cast<int32_t>(graph_->inputs().size()); }
nv::ITensor* Network::getInput(int32_t index) const noexcept {
  if (index < 0 || index >= getNbInputs()) return nullptr;
  return tensor(graph_->inputs()[static_cast<size_t>(index)]);
}
int32_t Network::getNbOutputs() const noexcept { return static_cast<int32_t>(graph_->outputs().size()); }
nv::ITensor* Network::getOutput(int32_t index) const noexcept {
  if (index < 0 || index >= getNbOutputs()) return nullptr;
  return tensor(graph_->outputs()[static_cast<size_t>(index)]);
}

// ---- the network as a whole

void Network::setName(char const* name) noexcept {
  guarded(reporter_, "INetworkDefinition::setName", [&] { graph_->name = name != nullptr ? name : ""; });
}
char const* Network::getName() const noexcept { return graph_->name.c_str(); }

bool Network::setWeightsName(nv::Weights weights, char const* name) noexcept {
  return guarded(reporter_, "INetworkDefinition::setWeightsName", false, [&] {
    require<ModelError>(weights.values != nullptr && name != nullptr, "weights or name are null");
    weights_names_[weights.values] = name;
    return true;
  });
}
bool Network::markWeightsRefittable(char const* name) noexcept {
  return guarded(reporter_, "INetworkDefinition::markWeightsRefittable", false, [&] {
    require<ModelError>(name != nullptr, "the name is null");
    refittable_.insert(name);
    return true;
  });
}
bool Network::unmarkWeightsRefittable(char const* name) noexcept {
  return guarded(reporter_, "INetworkDefinition::unmarkWeightsRefittable", false,
                 [&] { return name != nullptr && refittable_.erase(name) != 0; });
}
bool Network::areWeightsMarkedRefittable(char const* name) const noexcept {
  return guarded(reporter_, "INetworkDefinition::areWeightsMarkedRefittable", false,
                 [&] { return name != nullptr && refittable_.count(name) != 0; });
}

void Network::setErrorRecorder(nv::IErrorRecorder* recorder) noexcept { reporter_.set_recorder(recorder); }
nv::IErrorRecorder* Network::getErrorRecorder() const noexcept { return reporter_.recorder(); }
nv::IBuilder& Network::getBuilder() const noexcept { return builder_; }
nv::NetworkDefinitionCreationFlags Network::getFlags() const noexcept { return flags_; }
bool Network::getFlag(nv::NetworkDefinitionCreationFlag flag) const noexcept {
  return ((flags_ >> static_cast<uint32_t>(flag)) & 1U) != 0;
}

std::unique_ptr<ir::Graph> Network::finalize(const std::function<bool(const nv::ILayer&)>& on_host) {
  refresh();
  std::string problems;
  for (const auto& layer : layers_) {
    const auto it = broken_.find(layer->state().node());
    if (it == broken_.end() || problems.find(it->second) != std::string::npos) continue;
    problems += (problems.empty() ? "" : "\n") + it->second;
  }
  require<ModelError>(problems.empty(), "{}", problems);
  require<ModelError>(!graph_->outputs().empty(), "the network has no output; mark one with markOutput");
  for (const auto& layer : layers_) {
    ir::Node* n = layer->state().node();
    if (n->origins.empty()) n->origins = {layer->state().name()};
  }
  std::map<const ir::Value*, ir::Value*> copies;
  auto copy = graph_->clone(&copies);
  copy->sort();
  if (!on_host) return copy;
  for (const auto& layer : layers_)
    if (const ir::Node* n = layer->state().node(); !n->outputs().empty() && on_host(*layer->layer()))
      copies.at(n->output())->producer()->force_host = true;
  return copy;
}

}  // namespace hone::api
