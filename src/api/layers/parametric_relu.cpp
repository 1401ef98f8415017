// Parametric ReLU: slopes for negative elements from a tensor.
#include "api/layers/layers.h"
#include "ops/map.h"

namespace hone::api {
namespace {
class ParametricReluLayer final : public LayerImpl<nv::IParametricReLULayer, nv::LayerType::kPARAMETRIC_RELU> {
 public:
  using LayerImpl::LayerImpl;
};
}  // namespace

std::unique_ptr<LayerBase> make_parametric_relu(Network& network, ir::Node* node) {
  if (node->attr<MapAttrs>().fn != ScalarFn::kPRelu) return nullptr;
  return std::make_unique<ParametricReluLayer>(network, node);
}

nv::IParametricReLULayer* Network::addParametricReLU(nv::ITensor& input, nv::ITensor& slope) noexcept {
  return adding<nv::IParametricReLULayer>(*this, "INetworkDefinition::addParametricReLU", [&] {
    MapAttrs a;
    a.fn = ScalarFn::kPRelu;
    return add<ParametricReluLayer>("ParametricReLU", kMapOp, {value(input), value(slope)}, a);
  });
}

}  // namespace hone::api
