// Deconvolution layers: convolution's transpose, kernel and bias as weights or as tensors.
#include "ops/deconvolution.h"

#include "api/layers/convolution_base.h"

namespace hone::api {
namespace {
class DeconvolutionLayer final
    : public ConvolutionBase<nv::IDeconvolutionLayer, nv::LayerType::kDECONVOLUTION, DeconvolutionAttrs, true> {
 public:
  using ConvolutionBase::ConvolutionBase;
};
}  // namespace

std::unique_ptr<LayerBase> make_deconvolution(Network& network, ir::Node* node) {
  return std::make_unique<DeconvolutionLayer>(network, node);
}

nv::IDeconvolutionLayer* Network::addDeconvolutionNd(nv::ITensor& input, int64_t nbOutputMaps, nv::Dims kernelSize,
                                                     nv::Weights kernelWeights, nv::Weights biasWeights) noexcept {
  return adding<nv::IDeconvolutionLayer>(*this, "INetworkDefinition::addDeconvolutionNd", [&] {
    const std::vector<int64_t> kernel = window_extents(kernelSize);
    positive(nbOutputMaps, "the number of output maps");
    auto* layer = add<DeconvolutionLayer>("Deconvolution", kDeconvolutionOp, {value(input)}, DeconvolutionAttrs());
    layer->start(nbOutputMaps, kernel);
    layer->set_kernel(kernelWeights);
    layer->set_bias(biasWeights);
    return layer;
  });
}

}  // namespace hone::api
