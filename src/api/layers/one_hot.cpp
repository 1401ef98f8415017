// Indices to vectors with one hot element.
#include "ops/one_hot.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
// The layer's inputs are indices, values, depth; the operator takes the depth before the values.
class OneHotLayer final : public LayerImpl<nv::IOneHotLayer, nv::LayerType::kONE_HOT> {
 public:
  OneHotLayer(Network& network, ir::Node* node) : LayerImpl(network, node, {0, 2, 1}) {}
  void setAxis(int32_t axis) noexcept override {
    edit<OneHotAttrs>("IOneHotLayer::setAxis", [&](OneHotAttrs& a) { a.axis = axis; });
  }
  int32_t getAxis() const noexcept override { return static_cast<int32_t>(attr<OneHotAttrs>().axis); }
};
}  // namespace

std::unique_ptr<LayerBase> make_one_hot(Network& network, ir::Node* node) {
  return std::make_unique<OneHotLayer>(network, node);
}

nv::IOneHotLayer* Network::addOneHot(nv::ITensor& indices, nv::ITensor& values, nv::ITensor& depth,
                                     int32_t axis) noexcept {
  return adding<nv::IOneHotLayer>(*this, "INetworkDefinition::addOneHot", [&] {
    OneHotAttrs a;
    a.axis = axis;
    return add<OneHotLayer>("OneHot", kOneHotOp, {value(indices), value(depth), value(values)}, a);
  });
}

}  // namespace hone::api
