// Dimensions of extent 1 removed or added.
#include "ops/squeeze.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
class SqueezeLayer final : public LayerImpl<nv::ISqueezeLayer, nv::LayerType::kSQUEEZE> {
 public:
  using LayerImpl::LayerImpl;
};
class UnsqueezeLayer final : public LayerImpl<nv::IUnsqueezeLayer, nv::LayerType::kUNSQUEEZE> {
 public:
  using LayerImpl::LayerImpl;
};
}  // namespace

std::unique_ptr<LayerBase> make_squeeze(Network& network, ir::Node* node) {
  return std::make_unique<SqueezeLayer>(network, node);
}
std::unique_ptr<LayerBase> make_unsqueeze(Network& network, ir::Node* node) {
  return std::make_unique<UnsqueezeLayer>(network, node);
}

nv::ISqueezeLayer* Network::addSqueeze(nv::ITensor& input, nv::ITensor& axes) noexcept {
  return adding<nv::ISqueezeLayer>(*this, "INetworkDefinition::addSqueeze", [&] {
    return add<SqueezeLayer>("Squeeze", kSqueezeOp, {value(input), value(axes)});
  });
}
nv::IUnsqueezeLayer* Network::addUnsqueeze(nv::ITensor& input, nv::ITensor& axes) noexcept {
  return adding<nv::IUnsqueezeLayer>(*this, "INetworkDefinition::addUnsqueeze", [&] {
    return add<UnsqueezeLayer>("Unsqueeze", kUnsqueezeOp, {value(input), value(axes)});
  });
}

}  // namespace hone::api
