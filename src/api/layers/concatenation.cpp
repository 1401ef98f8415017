// Concatenation layers.
#include "api/layers/layers.h"
#include "ops/concat.h"

namespace hone::api {
namespace {
class ConcatenationLayer final : public LayerImpl<nv::IConcatenationLayer, nv::LayerType::kCONCATENATION> {
 public:
  using LayerImpl::LayerImpl;
  void setAxis(int32_t axis) noexcept override {
    edit<ConcatAttrs>("IConcatenationLayer::setAxis", [&](ConcatAttrs& a) { a.axis = axis; });
  }
  int32_t getAxis() const noexcept override { return static_cast<int32_t>(attr<ConcatAttrs>().axis); }
};
}  // namespace

std::unique_ptr<LayerBase> make_concatenation(Network& network, ir::Node* node) {
  return std::make_unique<ConcatenationLayer>(network, node);
}

nv::IConcatenationLayer* Network::addConcatenation(nv::ITensor* const* inputs, int32_t nbInputs) noexcept {
  return adding<nv::IConcatenationLayer>(*this, "INetworkDefinition::addConcatenation", [&] {
    refresh();
    std::vector<ir::Value*> v = values_of(*this, inputs, nbInputs);
    ConcatAttrs a;
    a.axis = std::max(v[0]->rank() - 3, 0);
    return add<ConcatenationLayer>("Concatenation", kConcatOp, std::move(v), a);
  });
}

}  // namespace hone::api
