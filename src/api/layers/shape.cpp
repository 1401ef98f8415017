// The shape of a tensor as a tensor.
#include "ops/shape.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
class ShapeLayer final : public LayerImpl<nv::IShapeLayer, nv::LayerType::kSHAPE> {
 public:
  using LayerImpl::LayerImpl;
};
}  // namespace

std::unique_ptr<LayerBase> make_shape(Network& network, ir::Node* node) {
  return std::make_unique<ShapeLayer>(network, node);
}

nv::IShapeLayer* Network::addShape(nv::ITensor& input) noexcept {
  return adding<nv::IShapeLayer>(*this, "INetworkDefinition::addShape",
                                 [&] { return add<ShapeLayer>("Shape", kShapeOp, {value(input)}); });
}

}  // namespace hone::api
