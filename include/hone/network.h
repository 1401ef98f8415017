// INetworkDefinition: the network under construction.
#pragma once

#include "hone/error_recorder.h"
#include "hone/layers.h"
#include "hone/legacy_messages.h"
#include "hone/macros.h"
#include "hone/network_flags.h"
#include "hone/no_copy.h"

namespace nvinfer1 {

class IBuilder;
class IPluginV2;
class IPluginV3;

/// A network: inputs, layers and outputs, added one by one. Layers and tensors belong to the network and live as
/// long as it. An add function returns null, and logs why, when its arguments are wrong. Weights are not copied
/// before the build.
class INetworkDefinition : public INoCopy {
 public:
  /// Adds an input. The name must be new; -1 in the shape is known at run time.
  virtual ITensor* addInput(char const* name, DataType type, Dims const& dimensions) noexcept = 0;
  /// Makes a tensor an output of the network.
  virtual void markOutput(ITensor& tensor) noexcept = 0;
  /// Makes it an inner tensor again.
  virtual void unmarkOutput(ITensor& tensor) noexcept = 0;
  /// Lets a debug listener see the tensor at run time. True on success.
  virtual bool markDebug(ITensor& tensor) noexcept = 0;
  /// Takes markDebug() back. True on success.
  virtual bool unmarkDebug(ITensor& tensor) noexcept = 0;
  /// True when the tensor is marked for debugging.
  virtual bool isDebugTensor(ITensor const& tensor) const noexcept = 0;
  /// Lets a debug listener see every tensor that still exists after optimization. True on success.
  virtual bool markUnfusedTensorsAsDebugTensors() noexcept = 0;
  /// Takes that back. True on success.
  virtual bool unmarkUnfusedTensorsAsDebugTensors() noexcept = 0;
  /// Makes a shape tensor an output that is delivered on the host. True on success.
  virtual bool markOutputForShapes(ITensor& tensor) noexcept = 0;
  /// Takes that back. True on success.
  virtual bool unmarkOutputForShapes(ITensor& tensor) noexcept = 0;
  /// Removes an input or output from the lists of the network.
  virtual void removeTensor(ITensor& tensor) noexcept = 0;
  /// Number of layers.
  virtual int32_t getNbLayers() const noexcept = 0;
  /// Layer `index` in the order of addition, or null when out of range.
  virtual ILayer* getLayer(int32_t index) const noexcept = 0;
  /// Number of inputs.
  virtual int32_t getNbInputs() const noexcept = 0;
  /// Input `index`, or null when out of range.
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  /// Number of outputs.
  virtual int32_t getNbOutputs() const noexcept = 0;
  /// Output `index`, or null when out of range.
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;

  /// Adds an activation.
  virtual IActivationLayer* addActivation(ITensor& input, ActivationType type) noexcept = 0;
  /// Adds a local response normalization.
  virtual ILRNLayer* addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept = 0;
  /// Adds a scale layer with channel axis 1.
  virtual IScaleLayer* addScale(ITensor& input, ScaleMode mode, Weights shift, Weights scale,
                                Weights power) noexcept = 0;
  /// Adds a scale layer.
  virtual IScaleLayer* addScaleNd(ITensor& input, ScaleMode mode, Weights shift, Weights scale, Weights power,
                                  int32_t channelAxis) noexcept = 0;
  /// Adds a softmax; along dimension max(rank - 3, 0) unless set.
  virtual ISoftMaxLayer* addSoftMax(ITensor& input) noexcept = 0;
  /// Adds a concatenation; along dimension max(rank - 3, 0) unless set.
  virtual IConcatenationLayer* addConcatenation(ITensor* const* inputs, int32_t nbInputs) noexcept = 0;
  /// Adds a convolution; the rank of the kernel size tells the number of spatial dimensions.
  virtual IConvolutionLayer* addConvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims const& kernelSize,
                                              Weights kernelWeights, Weights biasWeights) noexcept = 0;
  /// Adds a deconvolution; the rank of the kernel size tells the number of spatial dimensions.
  virtual IDeconvolutionLayer* addDeconvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims kernelSize,
                                                  Weights kernelWeights, Weights biasWeights) noexcept = 0;
  /// Adds a pooling; the rank of the window tells the number of spatial dimensions.
  virtual IPoolingLayer* addPoolingNd(ITensor& input, PoolingType type, Dims const& windowSize) noexcept = 0;
  /// Adds an element-wise layer.
  virtual IElementWiseLayer* addElementWise(ITensor& input1, ITensor& input2, ElementWiseOperation op) noexcept = 0;
  /// Adds a unary layer.
  virtual IUnaryLayer* addUnary(ITensor& input, UnaryOperation operation) noexcept = 0;
  /// Adds a shuffle; a copy until configured.
  virtual IShuffleLayer* addShuffle(ITensor& input) noexcept = 0;
  /// Adds a one-hot layer.
  virtual IOneHotLayer* addOneHot(ITensor& indices, ITensor& values, ITensor& depth, int32_t axis) noexcept = 0;
  /// Adds a reduction over the dimensions of a bit mask.
  virtual IReduceLayer* addReduce(ITensor& input, ReduceOperation operation, uint32_t reduceAxes,
                                  bool keepDimensions) noexcept = 0;
  /// Adds a TopK layer with indices of a given type.
  virtual ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes,
                              DataType indicesType) noexcept = 0;
  /// Adds a gather of mode kDEFAULT.
  virtual IGatherLayer* addGather(ITensor& data, ITensor& indices, int32_t axis) noexcept = 0;
  /// Adds a gather.
  virtual IGatherLayer* addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) noexcept = 0;
  /// Adds a ragged softmax.
  virtual IRaggedSoftMaxLayer* addRaggedSoftMax(ITensor& input, ITensor& bounds) noexcept = 0;
  /// Adds a matrix product.
  virtual IMatrixMultiplyLayer* addMatrixMultiply(ITensor& input0, MatrixOperation op0, ITensor& input1,
                                                  MatrixOperation op1) noexcept = 0;
  /// Adds a non-zero layer with coordinates of a given type.
  virtual INonZeroLayer* addNonZero(ITensor& input, DataType indicesType) noexcept = 0;
  /// Adds a constant.
  virtual IConstantLayer* addConstant(Dims const& dimensions, Weights weights) noexcept = 0;
  /// Adds a copy.
  virtual IIdentityLayer* addIdentity(ITensor& input) noexcept = 0;
  /// Adds a conversion.
  virtual ICastLayer* addCast(ITensor& input, DataType toType) noexcept = 0;
  /// Adds a plugin of version 2; the network copies the plugin.
  virtual IPluginV2Layer* addPluginV2(ITensor* const* inputs, int32_t nbInputs, IPluginV2& plugin) noexcept = 0;
  /// Adds a plugin of version 3; the network copies the plugin.
  virtual IPluginV3Layer* addPluginV3(ITensor* const* inputs, int32_t nbInputs, ITensor* const* shapeInputs,
                                      int32_t nbShapeInputs, IPluginV3& plugin) noexcept = 0;
  /// Adds a slice.
  virtual ISliceLayer* addSlice(ITensor& input, Dims const& start, Dims const& size, Dims const& stride) noexcept = 0;
  /// Adds a shape layer.
  virtual IShapeLayer* addShape(ITensor& input) noexcept = 0;
  /// Adds a parametric ReLU.
  virtual IParametricReLULayer* addParametricReLU(ITensor& input, ITensor& slope) noexcept = 0;
  /// Adds a resize.
  virtual IResizeLayer* addResize(ITensor& input) noexcept = 0;
  /// Adds a padding of the last two dimensions.
  virtual IPaddingLayer* addPaddingNd(ITensor& input, Dims const& prePadding, Dims const& postPadding) noexcept = 0;
  /// Adds a loop.
  virtual ILoop* addLoop() noexcept = 0;
  /// Adds a conditional.
  virtual IIfConditional* addIfConditional() noexcept = 0;
  /// Adds a select.
  virtual ISelectLayer* addSelect(ITensor& condition, ITensor& thenInput, ITensor& elseInput) noexcept = 0;
  /// Adds an assertion.
  virtual IAssertionLayer* addAssertion(ITensor& condition, char const* message) noexcept = 0;
  /// Adds a fill with output of a given type.
  virtual IFillLayer* addFill(Dims const& dimensions, FillOperation op, DataType outputType) noexcept = 0;
  /// Adds a quantization to a given type.
  virtual IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale, DataType outputType) noexcept = 0;
  /// Adds a dequantization to a given type.
  virtual IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale, DataType outputType) noexcept = 0;
  /// Adds a dynamic quantization with blocks along one dimension.
  virtual IDynamicQuantizeLayer* addDynamicQuantize(ITensor& input, int32_t axis, int32_t blockSize, DataType toType,
                                                    DataType scaleType) noexcept = 0;
  /// Adds a dynamic quantization.
  virtual IDynamicQuantizeLayer* addDynamicQuantizeV2(ITensor& input, Dims const& blockShape, DataType toType,
                                                      DataType scaleType) noexcept = 0;
  /// Adds an Einstein sum.
  virtual IEinsumLayer* addEinsum(ITensor* const* inputs, int32_t nbInputs, char const* equation) noexcept = 0;
  /// Adds a grid sample.
  virtual IGridSampleLayer* addGridSample(ITensor& input, ITensor& grid) noexcept = 0;
  /// Adds a non-maximum suppression with indices of a given type.
  virtual INMSLayer* addNMS(ITensor& boxes, ITensor& scores, ITensor& maxOutputBoxesPerClass,
                            DataType indicesType) noexcept = 0;
  /// Adds a scatter.
  virtual IScatterLayer* addScatter(ITensor& data, ITensor& indices, ITensor& updates, ScatterMode mode) noexcept = 0;
  /// Adds a sequence reversal.
  virtual IReverseSequenceLayer* addReverseSequence(ITensor& input, ITensor& sequenceLens) noexcept = 0;
  /// Adds a normalization; with groups, scale and bias have one element per group.
  virtual INormalizationLayer* addNormalization(ITensor& input, ITensor& scale, ITensor& bias,
                                                uint32_t axesMask) noexcept = 0;
  /// Adds a normalization; with groups, scale and bias have one element per channel.
  virtual INormalizationLayer* addNormalizationV2(ITensor& input, ITensor& scale, ITensor& bias,
                                                  uint32_t axesMask) noexcept = 0;
  /// Adds a running sum.
  virtual ICumulativeLayer* addCumulative(ITensor& input, ITensor& axis, CumulativeOperation operation, bool exclusive,
                                          bool reverse) noexcept = 0;
  /// Adds a squeeze.
  virtual ISqueezeLayer* addSqueeze(ITensor& input, ITensor& axes) noexcept = 0;
  /// Adds an unsqueeze.
  virtual IUnsqueezeLayer* addUnsqueeze(ITensor& input, ITensor& axes) noexcept = 0;
  /// Adds a rotary embedding.
  virtual IRotaryEmbeddingLayer* addRotaryEmbedding(ITensor& input, ITensor& cosCache, ITensor& sinCache,
                                                    bool interleaved, int32_t rotaryEmbeddingDim) noexcept = 0;
  /// Adds an attention.
  virtual IAttention* addAttentionV2(ITensor& query, ITensor& key, ITensor& value, AttentionNormalizationOp normOp,
                                     CausalMaskKind causalKind) noexcept = 0;
  /// Adds an update of a key or value cache.
  virtual IKVCacheUpdateLayer* addKVCacheUpdate(ITensor& cache, ITensor& update, ITensor& writeIndices,
                                                KVCacheMode cacheMode) noexcept = 0;
  /// Adds a mixture of experts.
  virtual IMoELayer* addMoE(ITensor& hiddenStates, ITensor& selectedExpertsForTokens,
                            ITensor& scoresForSelectedExperts) noexcept = 0;
  /// Adds a collective operation.
  virtual IDistCollectiveLayer* addDistCollective(ITensor& input, CollectiveOperation distCollectiveOp,
                                                  ReduceOperation reduceOp, int64_t root, int64_t* groups,
                                                  int64_t groupSize) noexcept = 0;

  /// Sets the name of the network. Copied.
  virtual void setName(char const* name) noexcept = 0;
  /// Returns the name of the network.
  virtual char const* getName() const noexcept = 0;
  /// Names weights for refitting; `weights` must be in use in this network. True on success.
  virtual bool setWeightsName(Weights weights, char const* name) noexcept = 0;
  /// Makes named weights refittable, for BuilderFlag::kREFIT_INDIVIDUAL. True on success.
  virtual bool markWeightsRefittable(char const* name) noexcept = 0;
  /// Takes that back. True on success.
  virtual bool unmarkWeightsRefittable(char const* name) noexcept = 0;
  /// True when these weights are marked refittable.
  virtual bool areWeightsMarkedRefittable(char const* name) const noexcept = 0;
  /// Sets where errors go besides the log; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// The builder that made the network.
  virtual IBuilder& getBuilder() const noexcept = 0;
  /// The flags the network was made with.
  virtual NetworkDefinitionCreationFlags getFlags() const noexcept = 0;
  /// True when the network was made with this flag.
  virtual bool getFlag(NetworkDefinitionCreationFlag networkDefinitionCreationFlag) const noexcept = 0;

  /// Deprecated: always false; the batch is an ordinary dimension.
  TRT_DEPRECATED bool hasImplicitBatchDimension() const noexcept { return false; }
  /// Deprecated: true when the network was made with kEXPLICIT_PRECISION.
  TRT_DEPRECATED bool hasExplicitPrecision() const noexcept {
    return getFlag(NetworkDefinitionCreationFlag::kEXPLICIT_PRECISION);
  }
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
  /// Deprecated: use addConvolutionNd().
  TRT_DEPRECATED IConvolutionLayer* addConvolution(ITensor& input, int32_t nbOutputMaps, DimsHW kernelSize,
                                                   Weights kernelWeights, Weights biasWeights) noexcept {
    return addConvolutionNd(input, nbOutputMaps, kernelSize, kernelWeights, biasWeights);
  }
  /// Deprecated: use addDeconvolutionNd().
  TRT_DEPRECATED IDeconvolutionLayer* addDeconvolution(ITensor& input, int32_t nbOutputMaps, DimsHW kernelSize,
                                                       Weights kernelWeights, Weights biasWeights) noexcept {
    return addDeconvolutionNd(input, nbOutputMaps, kernelSize, kernelWeights, biasWeights);
  }
  /// Deprecated: use addPoolingNd().
  TRT_DEPRECATED IPoolingLayer* addPooling(ITensor& input, PoolingType type, DimsHW windowSize) noexcept {
    return addPoolingNd(input, type, windowSize);
  }
  /// Deprecated: use addPaddingNd().
  TRT_DEPRECATED IPaddingLayer* addPadding(ITensor& input, DimsHW prePadding, DimsHW postPadding) noexcept {
    return addPaddingNd(input, prePadding, postPadding);
  }
  /// Adds a TopK layer with indices of type kINT32.
  ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes) noexcept {
    return addTopK(input, op, k, reduceAxes, DataType::kINT32);
  }
  /// Adds a non-zero layer with coordinates of type kINT32.
  INonZeroLayer* addNonZero(ITensor& input) noexcept { return addNonZero(input, DataType::kINT32); }
  /// Adds a non-maximum suppression with indices of type kINT32.
  INMSLayer* addNMS(ITensor& boxes, ITensor& scores, ITensor& maxOutputBoxesPerClass) noexcept {
    return addNMS(boxes, scores, maxOutputBoxesPerClass, DataType::kINT32);
  }
  /// Adds a fill with output of type kFLOAT.
  IFillLayer* addFill(Dims const& dimensions, FillOperation op) noexcept {
    return addFill(dimensions, op, DataType::kFLOAT);
  }
  /// Adds a quantization to kINT8.
  IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale) noexcept {
    return addQuantize(input, scale, DataType::kINT8);
  }
  /// Adds a dequantization to kFLOAT.
  IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale) noexcept {
    return addDequantize(input, scale, DataType::kFLOAT);
  }
  /// Deprecated: use addAttentionV2(); a causal mask here lies at the upper left.
  TRT_DEPRECATED IAttention* addAttention(ITensor& query, ITensor& key, ITensor& value, AttentionNormalizationOp normOp,
                                          bool causal) noexcept {
    return addAttentionV2(query, key, value, normOp, causal ? CausalMaskKind::kUPPER_LEFT : CausalMaskKind::kNONE);
  }
  /// Deprecated: logs an error and returns null; use addMatrixMultiply() or addConvolutionNd().
  TRT_DEPRECATED IFullyConnectedLayer* addFullyConnected(ITensor& /*input*/, int32_t /*nbOutputs*/,
                                                         Weights /*kernelWeights*/, Weights /*biasWeights*/) noexcept {
    hone::detail::legacyError(
        "INetworkDefinition::addFullyConnected ended with release 8; use addMatrixMultiply or addConvolutionNd");
    return nullptr;
  }
  /// Deprecated: logs an error and returns null; use addLoop().
  TRT_DEPRECATED IRNNv2Layer* addRNNv2(ITensor& /*input*/, int32_t /*layerCount*/, int32_t /*hiddenSize*/,
                                       int32_t /*maxSeqLen*/, RNNOperation /*op*/) noexcept {
    hone::detail::legacyError("INetworkDefinition::addRNNv2 ended with release 8; use addLoop");
    return nullptr;
  }
};

}  // namespace nvinfer1
