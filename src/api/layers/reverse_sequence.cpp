// The beginnings of sequences turned round.
#include "ops/reverse_sequence.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
class ReverseSequenceLayer final : public LayerImpl<nv::IReverseSequenceLayer, nv::LayerType::kREVERSE_SEQUENCE> {
 public:
  using LayerImpl::LayerImpl;
  void setBatchAxis(int32_t axis) noexcept override {
    edit<ReverseSequenceAttrs>("IReverseSequenceLayer::setBatchAxis",
                               [&](ReverseSequenceAttrs& a) { a.batch_axis = axis; });
  }
  int32_t getBatchAxis() const noexcept override {
    return static_cast<int32_t>(attr<ReverseSequenceAttrs>().batch_axis);
  }
  void setSequenceAxis(int32_t axis) noexcept override {
    edit<ReverseSequenceAttrs>("IReverseSequenceLayer::setSequenceAxis",
                               [&](ReverseSequenceAttrs& a) { a.time_axis = axis; });
  }
  int32_t getSequenceAxis() const noexcept override {
    return static_cast<int32_t>(attr<ReverseSequenceAttrs>().time_axis);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_reverse_sequence(Network& network, ir::Node* node) {
  return std::make_unique<ReverseSequenceLayer>(network, node);
}

nv::IReverseSequenceLayer* Network::addReverseSequence(nv::ITensor& input, nv::ITensor& sequenceLens) noexcept {
  return adding<nv::IReverseSequenceLayer>(*this, "INetworkDefinition::addReverseSequence", [&] {
    return add<ReverseSequenceLayer>("ReverseSequence", kReverseSequenceOp, {value(input), value(sequenceLens)});
  });
}

}  // namespace hone::api
