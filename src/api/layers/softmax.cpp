// Softmax layers.
#include "ops/softmax.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
class SoftMaxLayer final : public LayerImpl<nv::ISoftMaxLayer, nv::LayerType::kSOFTMAX> {
 public:
  using LayerImpl::LayerImpl;
  void setAxes(uint32_t axes) noexcept override {
    edit<SoftmaxAttrs>("ISoftMaxLayer::setAxes", [&](SoftmaxAttrs& a) { a.axis = axis_of_mask(axes); });
  }
  uint32_t getAxes() const noexcept override {
    const ir::Value* x = state_.node()->input(0);
    return mask_of_axes({attr<SoftmaxAttrs>().axis}, x != nullptr ? std::optional(x->rank()) : std::nullopt);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_softmax(Network& network, ir::Node* node) {
  if (node->attr<SoftmaxAttrs>().log) return make_generic(network, node);
  return std::make_unique<SoftMaxLayer>(network, node);
}

nv::ISoftMaxLayer* Network::addSoftMax(nv::ITensor& input) noexcept {
  return adding<nv::ISoftMaxLayer>(*this, "INetworkDefinition::addSoftMax", [&] {
    refresh();
    SoftmaxAttrs a;
    a.axis = std::max(value(input)->rank() - 3, 0);
    return add<SoftMaxLayer>("Softmax", kSoftmaxOp, {value(input)}, a);
  });
}

}  // namespace hone::api
