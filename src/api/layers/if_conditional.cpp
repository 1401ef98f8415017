// Conditionals: boundary nodes that share the graph with everything else; the compiler gathers the branches.
#include "api/layers/layers.h"
#include "ops/flat_loop.h"

namespace hone::api {
namespace {

template <class Interface, nv::LayerType kType>
class ConditionalBoundary final : public LayerImpl<Interface, kType> {
 public:
  using LayerImpl<Interface, kType>::LayerImpl;
  nv::IIfConditional* getConditional() const noexcept override { return conditional; }
  nv::IIfConditional* conditional = nullptr;
};
using ConditionLayer = ConditionalBoundary<nv::IConditionLayer, nv::LayerType::kCONDITION>;
using InputLayer = ConditionalBoundary<nv::IIfConditionalInputLayer, nv::LayerType::kCONDITIONAL_INPUT>;
using OutputLayer = ConditionalBoundary<nv::IIfConditionalOutputLayer, nv::LayerType::kCONDITIONAL_OUTPUT>;

class ConditionalImpl final : public nv::IIfConditional {
 public:
  ConditionalImpl(Network& network, int64_t scope)
      : network_(network), scope_(scope), name_(fmt::format("conditional {}", scope)) {}

  nv::IConditionLayer* setCondition(nv::ITensor& condition) noexcept override {
    return adding<nv::IConditionLayer>(network_, "IIfConditional::setCondition", [&] {
      require<ModelError>(!has_condition_, "the conditional '{}' has a condition", name_);
      auto* layer = boundary<ConditionLayer>("Condition", FlatLoopRole::kCondition, {network_.value(condition)}, 0);
      has_condition_ = true;
      return layer;
    });
  }
  nv::IIfConditionalOutputLayer* addOutput(nv::ITensor& if_true, nv::ITensor& if_false) noexcept override {
    return adding<nv::IIfConditionalOutputLayer>(network_, "IIfConditional::addOutput", [&] {
      return boundary<OutputLayer>("ConditionalOutput", FlatLoopRole::kConditionalOutput,
                                   {network_.value(if_true), network_.value(if_false)}, 1);
    });
  }
  nv::IIfConditionalInputLayer* addInput(nv::ITensor& input) noexcept override {
    return adding<nv::IIfConditionalInputLayer>(network_, "IIfConditional::addInput", [&] {
      return boundary<InputLayer>("ConditionalInput", FlatLoopRole::kConditionalInput, {network_.value(input)}, 1);
    });
  }
  void setName(char const* name) noexcept override {
    guarded(network_.reporter(), "IIfConditional::setName", [&] { name_ = name != nullptr ? name : ""; });
  }
  char const* getName() const noexcept override { return name_.c_str(); }

 private:
  template <class L>
  L* boundary(const char* kind, FlatLoopRole role, std::vector<ir::Value*> inputs, int outputs) {
    FlatLoopAttrs a;
    a.role = role;
    a.scope = scope_;
    L* layer = network_.add<L>(kind, kFlatLoopOp, std::move(inputs), a, outputs);
    layer->conditional = this;
    return layer;
  }
  Network& network_;
  int64_t scope_;
  std::string name_;
  bool has_condition_ = false;
};

}  // namespace

nv::IIfConditional* Network::addIfConditional() noexcept {
  return adding<nv::IIfConditional>(*this, "INetworkDefinition::addIfConditional", [&] {
    auto c = std::make_unique<ConditionalImpl>(*this, static_cast<int64_t>(scopes_.size()));
    nv::IIfConditional* raw = c.get();
    scopes_.push_back(std::move(c));
    return raw;
  });
}

}  // namespace hone::api
