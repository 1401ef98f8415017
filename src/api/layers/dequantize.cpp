// A narrow type to floating point.
#include "ops/dequantize.h"

#include "api/layers/quantization.h"

namespace hone::api {
namespace {
class DequantizeLayer final
    : public QuantizationBase<nv::IDequantizeLayer, nv::LayerType::kDEQUANTIZE, DequantizeAttrs> {
 public:
  using QuantizationBase::QuantizationBase;
};
}  // namespace

std::unique_ptr<LayerBase> make_dequantize(Network& network, ir::Node* node) {
  return std::make_unique<DequantizeLayer>(network, node);
}

nv::IDequantizeLayer* Network::addDequantize(nv::ITensor& input, nv::ITensor& scale, nv::DataType outputType) noexcept {
  return adding<nv::IDequantizeLayer>(*this, "INetworkDefinition::addDequantize", [&] {
    DequantizeAttrs a;
    a.to = dtype(outputType);
    a.axis = 0;
    return add<DequantizeLayer>("Dequantize", kDequantizeOp, {value(input), value(scale)}, a);
  });
}

}  // namespace hone::api
