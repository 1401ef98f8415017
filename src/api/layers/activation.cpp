// Activation layers: a unary scalar function with two parameters.
#include "api/layers/layers.h"
#include "ops/map.h"

namespace hone::api {
namespace {

using nv::ActivationType;
constexpr auto kFunctions = enum_table<ActivationType, ScalarFn>({
    {ActivationType::kRELU, ScalarFn::kRelu},
    {ActivationType::kSIGMOID, ScalarFn::kSigmoid},
    {ActivationType::kTANH, ScalarFn::kTanh},
    {ActivationType::kLEAKY_RELU, ScalarFn::kLeakyRelu},
    {ActivationType::kELU, ScalarFn::kElu},
    {ActivationType::kSELU, ScalarFn::kSelu},
    {ActivationType::kSOFTSIGN, ScalarFn::kSoftsign},
    {ActivationType::kSOFTPLUS, ScalarFn::kSoftplus},
    {ActivationType::kCLIP, ScalarFn::kClip},
    {ActivationType::kHARD_SIGMOID, ScalarFn::kHardSigmoid},
    {ActivationType::kSCALED_TANH, ScalarFn::kScaledTanh},
    {ActivationType::kTHRESHOLDED_RELU, ScalarFn::kThresholdedRelu},
    {ActivationType::kGELU_ERF, ScalarFn::kGeluErf},
    {ActivationType::kGELU_TANH, ScalarFn::kGeluTanh},
});

class ActivationLayer final : public LayerImpl<nv::IActivationLayer, nv::LayerType::kACTIVATION> {
 public:
  using LayerImpl::LayerImpl;
  void setActivationType(ActivationType type) noexcept override {
    edit<MapAttrs>("IActivationLayer::setActivationType",
                   [&](MapAttrs& a) { a.fn = kFunctions.inner(type, "ActivationType"); });
  }
  ActivationType getActivationType() const noexcept override {
    return kFunctions.outer(attr<MapAttrs>().fn).value_or(ActivationType::kRELU);
  }
  void setAlpha(float alpha) noexcept override {
    edit<MapAttrs>("IActivationLayer::setAlpha", [&](MapAttrs& a) { a.alpha = alpha; });
  }
  float getAlpha() const noexcept override { return static_cast<float>(attr<MapAttrs>().alpha); }
  void setBeta(float beta) noexcept override {
    edit<MapAttrs>("IActivationLayer::setBeta", [&](MapAttrs& a) { a.beta = beta; });
  }
  float getBeta() const noexcept override { return static_cast<float>(attr<MapAttrs>().beta); }
};

}  // namespace

std::unique_ptr<LayerBase> make_activation(Network& network, ir::Node* node) {
  if (node->inputs().size() != 1 || !kFunctions.outer(node->attr<MapAttrs>().fn)) return nullptr;
  return std::make_unique<ActivationLayer>(network, node);
}

nv::IActivationLayer* Network::addActivation(nv::ITensor& input, ActivationType type) noexcept {
  return adding<nv::IActivationLayer>(*this, "INetworkDefinition::addActivation", [&] {
    MapAttrs a;
    a.fn = kFunctions.inner(type, "ActivationType");
    return add<ActivationLayer>("Activation", kMapOp, {value(input)}, a);
  });
}

}  // namespace hone::api
