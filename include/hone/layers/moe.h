// IMoELayer: mixture of experts.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// The activation of an expert.
enum class MoEActType : int32_t {
  kNONE = 0,  ///< None.
  kSILU = 1,  ///< x * sigmoid(x).
};

/// One more than the largest value of MoEActType.
template <>
constexpr int32_t EnumMax<MoEActType>() noexcept {
  return 2;
}

/// Sends each token to its selected experts and sums their results by score. Input 0 the tokens, 1 the selected
/// experts, 2 their scores.
class IMoELayer : public ILayer {
 public:
  /// Sets the weights of gate, up and down projection, one matrix per expert, and the activation.
  virtual void setGatedWeights(ITensor& fcGateWeights, ITensor& fcUpWeights, ITensor& fcDownWeights,
                               MoEActType activationType) noexcept = 0;
  /// Sets the biases of the three projections.
  virtual void setGatedBiases(ITensor& fcGateBiases, ITensor& fcUpBiases, ITensor& fcDownBiases) noexcept = 0;
  /// Sets the activation.
  virtual void setActivationType(MoEActType activationType) noexcept = 0;
  /// Returns the activation.
  virtual MoEActType getActivationType() const noexcept = 0;
  /// Quantizes the input of the down projection with a given scale.
  virtual void setQuantizationStatic(ITensor& fcDownActivationScale, DataType dataType) noexcept = 0;
  /// Quantizes the input of the down projection block by block, with scales that are quantized themselves.
  virtual void setQuantizationDynamicDblQ(ITensor& fcDownActivationDblQScale, DataType dataType, Dims const& blockShape,
                                          DataType dynQOutputScaleType) noexcept = 0;
  /// Sets the type to which the input of the down projection is quantized.
  virtual void setQuantizationToType(DataType type) noexcept = 0;
  /// Returns the type to which the input of the down projection is quantized.
  virtual DataType getQuantizationToType() const noexcept = 0;
  /// Sets the extents of a quantization block.
  virtual void setQuantizationBlockShape(Dims const& blockShape) noexcept = 0;
  /// Returns the extents of a quantization block.
  virtual Dims getQuantizationBlockShape() const noexcept = 0;
  /// Sets the type of computed scales.
  virtual void setDynQOutputScaleType(DataType type) noexcept = 0;
  /// Returns the type of computed scales.
  virtual DataType getDynQOutputScaleType() const noexcept = 0;
  /// Sets the three parameters of SwiGLU.
  virtual void setSwigluParams(float limit, float alpha, float beta) noexcept = 0;
  /// Sets the bound of SwiGLU's input.
  virtual void setSwigluParamLimit(float limit) noexcept = 0;
  /// Returns the bound of SwiGLU's input.
  virtual float getSwigluParamLimit() const noexcept = 0;
  /// Sets the factor inside SwiGLU's sigmoid.
  virtual void setSwigluParamAlpha(float alpha) noexcept = 0;
  /// Returns the factor inside SwiGLU's sigmoid.
  virtual float getSwigluParamAlpha() const noexcept = 0;
  /// Sets what SwiGLU adds to its linear part.
  virtual void setSwigluParamBeta(float beta) noexcept = 0;
  /// Returns what SwiGLU adds to its linear part.
  virtual float getSwigluParamBeta() const noexcept = 0;
  /// Replaces input `index`.
  virtual void setInput(int32_t index, ITensor& tensor) noexcept = 0;
};

}  // namespace nvinfer1
