// Floating point to a narrow type.
#include "ops/quantize.h"

#include "api/layers/quantization.h"

namespace hone::api {
namespace {
class QuantizeLayer final : public QuantizationBase<nv::IQuantizeLayer, nv::LayerType::kQUANTIZE, QuantizeAttrs> {
 public:
  using QuantizationBase::QuantizationBase;
};
}  // namespace

std::unique_ptr<LayerBase> make_quantize(Network& network, ir::Node* node) {
  return std::make_unique<QuantizeLayer>(network, node);
}

nv::IQuantizeLayer* Network::addQuantize(nv::ITensor& input, nv::ITensor& scale, nv::DataType outputType) noexcept {
  return adding<nv::IQuantizeLayer>(*this, "INetworkDefinition::addQuantize", [&] {
    QuantizeAttrs a;
    a.to = dtype(outputType);
    a.axis = 0;
    return add<QuantizeLayer>("Quantize", kQuantizeOp, {value(input), value(scale)}, a);
  });
}

}  // namespace hone::api
