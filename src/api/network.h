// INetworkDefinition as a view of one graph: layers are its nodes, tensors its values. Facts (types, shapes) follow
// lazily: a change marks nodes, a question infers what depends on them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/layer.h"
#include "hone/network.h"

namespace hone::api {

class Network final : public nv::INetworkDefinition {
 public:
  Network(nv::IBuilder& builder, nv::NetworkDefinitionCreationFlags flags, const Reporter& reporter);
  ~Network() override;

  const Reporter& reporter() const { return reporter_; }
  ir::Graph& graph() { return *graph_; }
  bool strongly_typed() const noexcept { return getFlag(nv::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED); }

  /// The object for a value, made when it is first asked for; null for null.
  NetworkTensor* tensor(ir::Value* value) const;
  /// The value behind a tensor of this network; throws ModelError for one of another network.
  ir::Value* value(nv::ITensor& tensor) const;
  /// Binds a tensor object to another value.
  void rebind(NetworkTensor* tensor, ir::Value* value);

  /// Adds a node and its layer of class L. `kind` is the layer's name in default names. Throws Error.
  template <class L>
  L* add(const char* kind, const Op& op, std::vector<ir::Value*> inputs, std::unique_ptr<Attributes> attrs = nullptr,
         int outputs = -1) {
    ir::Node* node = new_node(kind, op, std::move(inputs), std::move(attrs), outputs);
    auto layer = std::make_unique<L>(*this, node);
    L* raw = layer.get();
    keep(std::move(layer));
    return raw;
  }
  template <class L, class A>
  L* add(const char* kind, const Op& op, std::vector<ir::Value*> inputs, A attrs, int outputs = -1) {
    return add<L>(kind, op, std::move(inputs), std::unique_ptr<Attributes>(std::make_unique<A>(std::move(attrs))),
                  outputs);
  }
  /// A constant that is part of a layer (kernel, bias): no layer of its own.
  ir::Value* hidden_constant(const std::string& name, Tensor value);
  bool is_hidden(const ir::Node* node) const { return hidden_.count(node) != 0; }
  void hide(const ir::Node* node) { hidden_.insert(node); }
  bool is_empty() const { return layers_.empty() && graph_->inputs().empty() && graph_->node_count() == 0; }
  /// Replaces the graph of an empty network; adopt() is to follow.
  void take(std::unique_ptr<ir::Graph> graph);
  /// Makes layers for nodes that were added to the graph directly (by an importer).
  void adopt();
  /// A node name like `wanted` that no other node has.
  std::string unique_node_name(const std::string& wanted);
  void rename_node(ir::Node* node, const std::string& wanted);
  /// Takes a hidden node that nothing uses out of the graph.
  void drop(ir::Node* node);

  void changed(const ir::Node* node);
  void changed(const ir::Value* value);  // its users
  /// Infers what is marked. Errors are kept with their nodes.
  void refresh();
  /// What is wrong with the node that makes the value, or empty; refreshes.
  std::string problem(const ir::Value* value);

  /// A checked copy of the graph, ready to be compiled; the nodes of layers for which `on_host` is true are marked so.
  /// Throws Error with what is missing or wrong.
  std::unique_ptr<ir::Graph> finalize(const std::function<bool(const nv::ILayer&)>& on_host = {});
  const std::set<std::string>& debug_tensors() const { return debug_; }
  bool debug_unfused() const { return debug_unfused_; }
  LayerState* state_of(const nv::ILayer* layer) const;

  // INetworkDefinition; add functions are in layers/.
  nv::ITensor* addInput(char const* name, nv::DataType type, nv::Dims const& dimensions) noexcept override;
  void markOutput(nv::ITensor& tensor) noexcept override;
  void unmarkOutput(nv::ITensor& tensor) noexcept override;
  bool markDebug(nv::ITensor& tensor) noexcept override;
  bool unmarkDebug(nv::ITensor& tensor) noexcept override;
  bool isDebugTensor(nv::ITensor const& tensor) const noexcept override;
  bool markUnfusedTensorsAsDebugTensors() noexcept override;
  bool unmarkUnfusedTensorsAsDebugTensors() noexcept override;
  bool markOutputForShapes(nv::ITensor& tensor) noexcept override;
  bool unmarkOutputForShapes(nv::ITensor& tensor) noexcept override;
  void removeTensor(nv::ITensor& tensor) noexcept override;
  int32_t getNbLayers() const noexcept override;
  nv::ILayer* getLayer(int32_t index) const noexcept override;
  int32_t getNbInputs() const noexcept override;
  nv::ITensor* getInput(int32_t index) const noexcept override;
  int32_t getNbOutputs() const noexcept override;
  nv::ITensor* getOutput(int32_t index) const noexcept override;
  nv::IActivationLayer* addActivation(nv::ITensor& input, nv::ActivationType type) noexcept override;
  nv::ILRNLayer* addLRN(nv::ITensor& input, int64_t window, float alpha, float beta, float k) noexcept override;
  nv::IScaleLayer* addScale(nv::ITensor& input, nv::ScaleMode mode, nv::Weights shift, nv::Weights scale,
                            nv::Weights power) noexcept override;
  nv::IScaleLayer* addScaleNd(nv::ITensor& input, nv::ScaleMode mode, nv::Weights shift, nv::Weights scale,
                              nv::Weights power, int32_t channelAxis) noexcept override;
  nv::ISoftMaxLayer* addSoftMax(nv::ITensor& input) noexcept override;
  nv::IConcatenationLayer* addConcatenation(nv::ITensor* const* inputs, int32_t nbInputs) noexcept override;
  nv::IConvolutionLayer* addConvolutionNd(nv::ITensor& input, int64_t nbOutputMaps, nv::Dims const& kernelSize,
                                          nv::Weights kernelWeights, nv::Weights biasWeights) noexcept override;
  nv::IDeconvolutionLayer* addDeconvolutionNd(nv::ITensor& input, int64_t nbOutputMaps, nv::Dims kernelSize,
                                              nv::Weights kernelWeights, nv::Weights biasWeights) noexcept override;
  nv::IPoolingLayer* addPoolingNd(nv::ITensor& input, nv::PoolingType type,
                                  nv::Dims const& windowSize) noexcept override;
  nv::IElementWiseLayer* addElementWise(nv::ITensor& input1, nv::ITensor& input2,
                                        nv::ElementWiseOperation op) noexcept override;
  nv::IUnaryLayer* addUnary(nv::ITensor& input, nv::UnaryOperation operation) noexcept override;
  nv::IShuffleLayer* addShuffle(nv::ITensor& input) noexcept override;
  nv::IOneHotLayer* addOneHot(nv::ITensor& indices, nv::ITensor& values, nv::ITensor& depth,
                              int32_t axis) noexcept override;
  nv::IReduceLayer* addReduce(nv::ITensor& input, nv::ReduceOperation operation, uint32_t reduceAxes,
                              bool keepDimensions) noexcept override;
  nv::ITopKLayer* addTopK(nv::ITensor& input, nv::TopKOperation op, int32_t k, uint32_t reduceAxes,
                          nv::DataType indicesType) noexcept override;
  nv::IGatherLayer* addGather(nv::ITensor& data, nv::ITensor& indices, int32_t axis) noexcept override;
  nv::IGatherLayer* addGatherV2(nv::ITensor& data, nv::ITensor& indices, nv::GatherMode mode) noexcept override;
  nv::IRaggedSoftMaxLayer* addRaggedSoftMax(nv::ITensor& input, nv::ITensor& bounds) noexcept override;
  nv::IMatrixMultiplyLayer* addMatrixMultiply(nv::ITensor& input0, nv::MatrixOperation op0, nv::ITensor& input1,
                                              nv::MatrixOperation op1) noexcept override;
  nv::INonZeroLayer* addNonZero(nv::ITensor& input, nv::DataType indicesType) noexcept override;
  nv::IConstantLayer* addConstant(nv::Dims const& dimensions, nv::Weights weights) noexcept override;
  nv::IIdentityLayer* addIdentity(nv::ITensor& input) noexcept override;
  nv::ICastLayer* addCast(nv::ITensor& input, nv::DataType toType) noexcept override;
  nv::IPluginV2Layer* addPluginV2(nv::ITensor* const* inputs, int32_t nbInputs,
                                  nv::IPluginV2& plugin) noexcept override;
  nv::IPluginV3Layer* addPluginV3(nv::ITensor* const* inputs, int32_t nbInputs, nv::ITensor* const* shapeInputs,
                                  int32_t nbShapeInputs, nv::IPluginV3& plugin) noexcept override;
  nv::ISliceLayer* addSlice(nv::ITensor& input, nv::Dims const& start, nv::Dims const& size,
                            nv::Dims const& stride) noexcept override;
  nv::IShapeLayer* addShape(nv::ITensor& input) noexcept override;
  nv::IParametricReLULayer* addParametricReLU(nv::ITensor& input, nv::ITensor& slope) noexcept override;
  nv::IResizeLayer* addResize(nv::ITensor& input) noexcept override;
  nv::IPaddingLayer* addPaddingNd(nv::ITensor& input, nv::Dims const& prePadding,
                                  nv::Dims const& postPadding) noexcept override;
  nv::ILoop* addLoop() noexcept override;
  nv::IIfConditional* addIfConditional() noexcept override;
  nv::ISelectLayer* addSelect(nv::ITensor& condition, nv::ITensor& thenInput, nv::ITensor& elseInput) noexcept override;
  nv::IAssertionLayer* addAssertion(nv::ITensor& condition, char const* message) noexcept override;
  nv::IFillLayer* addFill(nv::Dims const& dimensions, nv::FillOperation op, nv::DataType outputType) noexcept override;
  nv::IQuantizeLayer* addQuantize(nv::ITensor& input, nv::ITensor& scale, nv::DataType outputType) noexcept override;
  nv::IDequantizeLayer* addDequantize(nv::ITensor& input, nv::ITensor& scale,
                                      nv::DataType outputType) noexcept override;
  nv::IDynamicQuantizeLayer* addDynamicQuantize(nv::ITensor& input, int32_t axis, int32_t blockSize,
                                                nv::DataType toType, nv::DataType scaleType) noexcept override;
  nv::IDynamicQuantizeLayer* addDynamicQuantizeV2(nv::ITensor& input, nv::Dims const& blockShape, nv::DataType toType,
                                                  nv::DataType scaleType) noexcept override;
  nv::IEinsumLayer* addEinsum(nv::ITensor* const* inputs, int32_t nbInputs, char const* equation) noexcept override;
  nv::IGridSampleLayer* addGridSample(nv::ITensor& input, nv::ITensor& grid) noexcept override;
  nv::INMSLayer* addNMS(nv::ITensor& boxes, nv::ITensor& scores, nv::ITensor& maxOutputBoxesPerClass,
                        nv::DataType indicesType) noexcept override;
  nv::IScatterLayer* addScatter(nv::ITensor& data, nv::ITensor& indices, nv::ITensor& updates,
                                nv::ScatterMode mode) noexcept override;
  nv::IReverseSequenceLayer* addReverseSequence(nv::ITensor& input, nv::ITensor& sequenceLens) noexcept override;
  nv::INormalizationLayer* addNormalization(nv::ITensor& input, nv::ITensor& scale, nv::ITensor& bias,
                                            uint32_t axesMask) noexcept override;
  nv::INormalizationLayer* addNormalizationV2(nv::ITensor& input, nv::ITensor& scale, nv::ITensor& bias,
                                              uint32_t axesMask) noexcept override;
  nv::ICumulativeLayer* addCumulative(nv::ITensor& input, nv::ITensor& axis, nv::CumulativeOperation operation,
                                      bool exclusive, bool reverse) noexcept override;
  nv::ISqueezeLayer* addSqueeze(nv::ITensor& input, nv::ITensor& axes) noexcept override;
  nv::IUnsqueezeLayer* addUnsqueeze(nv::ITensor& input, nv::ITensor& axes) noexcept override;
  nv::IRotaryEmbeddingLayer* addRotaryEmbedding(nv::ITensor& input, nv::ITensor& cosCache, nv::ITensor& sinCache,
                                                bool interleaved, int32_t rotaryEmbeddingDim) noexcept override;
  nv::IAttention* addAttentionV2(nv::ITensor& query, nv::ITensor& key, nv::ITensor& value,
                                 nv::AttentionNormalizationOp normOp, nv::CausalMaskKind causalKind) noexcept override;
  nv::IKVCacheUpdateLayer* addKVCacheUpdate(nv::ITensor& cache, nv::ITensor& update, nv::ITensor& writeIndices,
                                            nv::KVCacheMode cacheMode) noexcept override;
  nv::IMoELayer* addMoE(nv::ITensor& hiddenStates, nv::ITensor& selectedExpertsForTokens,
                        nv::ITensor& scoresForSelectedExperts) noexcept override;
  nv::IDistCollectiveLayer* addDistCollective(nv::ITensor& input, nv::CollectiveOperation distCollectiveOp,
                                              nv::ReduceOperation reduceOp, int64_t root, int64_t* groups,
                                              int64_t groupSize) noexcept override;
  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override;
  bool setWeightsName(nv::Weights weights, char const* name) noexcept override;
  bool markWeightsRefittable(char const* name) noexcept override;
  bool unmarkWeightsRefittable(char const* name) noexcept override;
  bool areWeightsMarkedRefittable(char const* name) const noexcept override;
  void setErrorRecorder(nv::IErrorRecorder* recorder) noexcept override;
  nv::IErrorRecorder* getErrorRecorder() const noexcept override;
  nv::IBuilder& getBuilder() const noexcept override;
  nv::NetworkDefinitionCreationFlags getFlags() const noexcept override;
  bool getFlag(nv::NetworkDefinitionCreationFlag networkDefinitionCreationFlag) const noexcept override;

 private:
  ir::Node* new_node(const char* kind, const Op& op, std::vector<ir::Value*> inputs, std::unique_ptr<Attributes> attrs,
                     int outputs);
  void keep(std::unique_ptr<LayerBase> layer);
  void infer(ir::Node* node);

  nv::IBuilder& builder_;
  nv::NetworkDefinitionCreationFlags flags_;
  Reporter reporter_;
  std::unique_ptr<ir::Graph> graph_;
  std::vector<std::unique_ptr<LayerBase>> layers_;
  std::unordered_map<const nv::ILayer*, LayerBase*> by_interface_;
  mutable std::unordered_map<const ir::Value*, std::unique_ptr<NetworkTensor>> tensors_;
  std::vector<std::unique_ptr<nv::INoCopy>> scopes_;  // loops, conditionals, attentions
  std::unordered_map<const ir::Node*, int64_t> order_;
  std::set<std::pair<int64_t, const ir::Node*>> dirty_;
  std::unordered_map<const ir::Node*, std::string> broken_;
  std::set<const ir::Node*> hidden_;
  std::unordered_map<std::string, int> node_names_;
  std::set<std::string> debug_;
  std::set<std::string> refittable_;
  std::map<const void*, std::string> weights_names_;
  bool debug_unfused_ = false;
  int64_t next_order_ = 0;
  int64_t next_layer_ = 0;
};

}  // namespace hone::api
