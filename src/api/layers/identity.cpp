// Identity layers: a copy, or a conversion where an output type is set.
#include "api/layers/layers.h"

namespace hone::api {
namespace {
class IdentityLayer final : public LayerImpl<nv::IIdentityLayer, nv::LayerType::kIDENTITY> {
 public:
  using LayerImpl::LayerImpl;
};
}  // namespace

std::unique_ptr<LayerBase> make_identity(Network& network, ir::Node* node) {
  return std::make_unique<IdentityLayer>(network, node);
}

nv::IIdentityLayer* Network::addIdentity(nv::ITensor& input) noexcept {
  return adding<nv::IIdentityLayer>(*this, "INetworkDefinition::addIdentity",
                                    [&] { return add<IdentityLayer>("Identity", kIdentityOp, {value(input)}); });
}

}  // namespace hone::api
