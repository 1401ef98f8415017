// The part of a layer that does not depend on its kind.
#include "api/layer.h"

#include "api/network.h"
#include "ops/cast.h"

namespace hone::api {

LayerState::LayerState(Network& network, ir::Node* node, std::vector<int> slots)
    : network_(network), node_(node), slots_(std::move(slots)), name_(node->name()) {
  for (ir::Value* v : node->outputs()) outputs_.push_back(network.tensor(v));
}

const Reporter& LayerState::reporter() const { return network_.reporter(); }

void LayerState::set_name(char const* name) noexcept {
  guarded(reporter(), "ILayer::setName", [&] {
    require<ModelError>(name != nullptr, "the name is null");
    network_.rename_node(node_, name);
    name_ = name;
  });
}

int32_t LayerState::input_count() const noexcept {
  int32_t n = static_cast<int32_t>(node_->inputs().size());
  while (n > 0 && input(n - 1) == nullptr) --n;
  return n;
}

NetworkTensor* LayerState::input(int32_t index) const noexcept {
  if (index < 0) return nullptr;
  ir::Value* v = node_->input(static_cast<size_t>(slot(index)));
  if (v == nullptr || (v->producer() != nullptr && network_.is_hidden(v->producer()) && v->constant() != nullptr))
    return nullptr;
  return guarded(reporter(), "ILayer::getInput", static_cast<NetworkTensor*>(nullptr),
                 [&] { return network_.tensor(v); });
}

void LayerState::set_input(int32_t index, nv::ITensor& tensor) {
  const Op& op = node_->op();
  require<ModelError>(index >= 0 && (op.max_inputs < 0 || index < op.max_inputs), "layer '{}' has no input {}", name_,
                      index);
  std::vector<ir::Value*> inputs = node_->inputs();
  const auto at = static_cast<size_t>(slot(index));
  if (inputs.size() <= at) inputs.resize(at + 1, nullptr);
  inputs[at] = network_.value(tensor);
  network_.graph().set_inputs(node_, std::move(inputs));
  changed();
}

NetworkTensor* LayerState::output(int32_t index) const noexcept {
  return index >= 0 && index < output_count() ? outputs_[static_cast<size_t>(index)] : nullptr;
}

void LayerState::set_precision(nv::DataType type) noexcept {
  guarded(reporter(), "ILayer::setPrecision", [&] {
    require<ModelError>(!network_.strongly_typed(), "layer '{}' is in a strongly typed network", name_);
    node_->precision = dtype(type);
  });
}

void LayerState::set_output_type(int32_t index, nv::DataType type) noexcept {
  guarded(reporter(), "ILayer::setOutputType", [&] {
    require<ModelError>(!network_.strongly_typed(), "layer '{}' is in a strongly typed network; add a cast layer",
                        name_);
    require<ModelError>(index >= 0 && index < output_count(), "layer '{}' has no output {}", name_, index);
    convert_output(index, dtype(type));
    output_types_[index] = dtype(type);
  });
}

nv::DataType LayerState::output_type(int32_t index) const noexcept {
  const auto it = output_types_.find(index);
  if (it != output_types_.end()) return data_type(it->second);
  const NetworkTensor* t = output(index);
  return t != nullptr ? t->getType() : nv::DataType::kFLOAT;
}

void LayerState::reset_output_type(int32_t index) noexcept {
  guarded(reporter(), "ILayer::resetOutputType", [&] {
    if (output_types_.erase(index) != 0) convert_output(index, std::nullopt);
  });
}

// The tensor that the program sees is the end of [node] -> [cast]: the cast comes and goes behind its back.
void LayerState::convert_output(int32_t index, std::optional<DType> type) {
  ir::Graph& g = network_.graph();
  ir::Value* raw = node_->output(static_cast<size_t>(index));
  NetworkTensor* seen = outputs_[static_cast<size_t>(index)];
  ir::Value* now = seen->value();
  if (now != raw && type) {
    now->producer()->attr<CastAttrs>().to = *type;
    network_.changed(now->producer());
    return;
  }
  if (now == raw && !type) return;
  const std::string name = now->name();
  if (type) {
    CastAttrs a;
    a.to = *type;
    ir::Node* cast = g.add_unchecked(kCastOp, network_.unique_node_name(name_ + " [output type]"), {},
                                     std::make_unique<CastAttrs>(a), 1);
    network_.hide(cast);
    g.replace_uses(raw, cast->output());  // moves the name where it is a graph output
    g.set_inputs(cast, {raw});
    if (cast->output()->name() != name) {
      g.rename(raw, name + " [raw]");
      g.rename(cast->output(), name);
    }
    network_.rebind(seen, cast->output());
    network_.changed(cast);
    return;
  }
  ir::Node* cast = now->producer();
  g.set_inputs(cast, {nullptr});
  g.replace_uses(now, raw);
  network_.rebind(seen, raw);
  network_.drop(cast);
  g.rename(raw, name);
  network_.changed(raw);
}

bool LayerState::set_ranks(int32_t n) noexcept {
  if (n == 1) return true;
  guarded(reporter(), "ILayer::setNbRanks",
          [&] { fail<Unsupported>("layer '{}': runs on {} devices are not supported", name_, n); });
  return false;
}

void LayerState::changed() { network_.changed(node_); }

}  // namespace hone::api
