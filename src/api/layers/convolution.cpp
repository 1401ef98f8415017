// Convolution layers: kernel and bias as weights or as tensors.
#include "ops/convolution.h"

#include "api/layers/convolution_base.h"

namespace hone::api {
namespace {
class ConvolutionLayer final
    : public ConvolutionBase<nv::IConvolutionLayer, nv::LayerType::kCONVOLUTION, ConvolutionAttrs, false> {
 public:
  using ConvolutionBase::ConvolutionBase;
};
}  // namespace

std::unique_ptr<LayerBase> make_convolution(Network& network, ir::Node* node) {
  return std::make_unique<ConvolutionLayer>(network, node);
}

nv::IConvolutionLayer* Network::addConvolutionNd(nv::ITensor& input, int64_t nbOutputMaps, nv::Dims const& kernelSize,
                                                 nv::Weights kernelWeights, nv::Weights biasWeights) noexcept {
  return adding<nv::IConvolutionLayer>(*this, "INetworkDefinition::addConvolutionNd", [&] {
    const std::vector<int64_t> kernel = window_extents(kernelSize);
    positive(nbOutputMaps, "the number of output maps");
    require<ModelError>(empty(kernelWeights) || kernelWeights.count % (nbOutputMaps * volume(kernel)) == 0,
                        "the kernel has {} elements for {} output maps with windows {}", kernelWeights.count,
                        nbOutputMaps, hone::str(kernel));
    auto* layer = add<ConvolutionLayer>("Convolution", kConvolutionOp, {value(input)}, ConvolutionAttrs());
    layer->start(nbOutputMaps, kernel);
    layer->set_kernel(kernelWeights);
    layer->set_bias(biasWeights);
    return layer;
  });
}

}  // namespace hone::api
