// Select layers: a choice between two tensors by a boolean one.
#include "api/layers/layers.h"
#include "ops/map.h"

namespace hone::api {
namespace {
class SelectLayer final : public LayerImpl<nv::ISelectLayer, nv::LayerType::kSELECT> {
 public:
  using LayerImpl::LayerImpl;
};
}  // namespace

std::unique_ptr<LayerBase> make_select(Network& network, ir::Node* node) {
  if (node->attr<MapAttrs>().fn != ScalarFn::kSelect) return nullptr;
  return std::make_unique<SelectLayer>(network, node);
}

nv::ISelectLayer* Network::addSelect(nv::ITensor& condition, nv::ITensor& thenInput, nv::ITensor& elseInput) noexcept {
  return adding<nv::ISelectLayer>(*this, "INetworkDefinition::addSelect", [&] {
    MapAttrs a;
    a.fn = ScalarFn::kSelect;
    return add<SelectLayer>("Select", kMapOp, {value(condition), value(thenInput), value(elseInput)}, a);
  });
}

}  // namespace hone::api
