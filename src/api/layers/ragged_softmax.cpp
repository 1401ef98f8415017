// Softmax over rows of different lengths.
#include "api/layers/layers.h"

namespace hone::api {
namespace {
class RaggedSoftMaxLayer final : public LayerImpl<nv::IRaggedSoftMaxLayer, nv::LayerType::kRAGGED_SOFTMAX> {
 public:
  using LayerImpl::LayerImpl;
};
}  // namespace

std::unique_ptr<LayerBase> make_ragged_softmax(Network& network, ir::Node* node) {
  return std::make_unique<RaggedSoftMaxLayer>(network, node);
}

nv::IRaggedSoftMaxLayer* Network::addRaggedSoftMax(nv::ITensor& input, nv::ITensor& bounds) noexcept {
  return adding<nv::IRaggedSoftMaxLayer>(*this, "INetworkDefinition::addRaggedSoftMax", [&] {
    return add<RaggedSoftMaxLayer>("RaggedSoftMax", kRaggedSoftmaxOp, {value(input), value(bounds)});
  });
}

}  // namespace hone::api
