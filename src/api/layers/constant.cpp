// Constant layers: a tensor of fixed values.
#include "ops/constant.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
class ConstantLayer final : public LayerImpl<nv::IConstantLayer, nv::LayerType::kCONSTANT> {
 public:
  using LayerImpl::LayerImpl;
  void setWeights(nv::Weights weights) noexcept override {
    edit<ConstantAttrs>("IConstantLayer::setWeights",
                        [&](ConstantAttrs& a) { a.value = tensor(weights, a.value.dims(), "the constant"); });
  }
  nv::Weights getWeights() const noexcept override { return weights(attr<ConstantAttrs>().value); }
  void setDimensions(nv::Dims const& dimensions) noexcept override {
    edit<ConstantAttrs>("IConstantLayer::setDimensions", [&](ConstantAttrs& a) {
      const std::vector<int64_t> d = ints(dimensions);
      require<ModelError>(volume(d) == a.value.count(), "{} has not the constant's {} elements", api::str(dimensions),
                          a.value.count());
      a.value = a.value.reshaped(d);
    });
  }
  nv::Dims getDimensions() const noexcept override {
    return guarded(state_.reporter(), "IConstantLayer::getDimensions", no_dims(),
                   [&] { return dims(attr<ConstantAttrs>().value.dims()); });
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_constant(Network& network, ir::Node* node) {
  return std::make_unique<ConstantLayer>(network, node);
}

nv::IConstantLayer* Network::addConstant(nv::Dims const& dimensions, nv::Weights weights) noexcept {
  return adding<nv::IConstantLayer>(*this, "INetworkDefinition::addConstant", [&] {
    ConstantAttrs a;
    a.value = api::tensor(weights, ints(dimensions), "the constant");
    return add<ConstantLayer>("Constant", kConstantOp, {}, std::move(a));
  });
}

}  // namespace hone::api
