// IPluginV2 and its extensions: plugins of the releases 5 to 10.
#pragma once

#include "hone/cuda_types.h"
#include "hone/forward_guard.h"
#include "hone/gpu_allocator.h"
#include "hone/macros.h"
#include "hone/plugin/plugin_tensor_desc.h"

namespace nvinfer1 {

/// The kinds of IPluginV2, in the high bits of getTensorRTVersion().
enum class PluginVersion : uint8_t {
  kV2 = 0,                     ///< IPluginV2.
  kV2_EXT = 1,                 ///< IPluginV2Ext.
  kV2_IOEXT = 2,               ///< IPluginV2IOExt.
  kV2_DYNAMICEXT = 3,          ///< IPluginV2DynamicExt.
  kV2_DYNAMICEXT_PYTHON = 67,  ///< IPluginV2DynamicExt in Python.
};

/// A layer written by the program, for networks with implicit batch. Tensors have no batch dimension here. A class
/// overrides one of the two enqueue() functions; they call each other by default.
class IPluginV2 {
 public:
  /// Version of the interface (low 24 bits) and kind of plugin (high 8 bits).
  virtual int32_t getTensorRTVersion() const { return NV_TENSORRT_VERSION; }
  /// Name of the kind of plugin; with version and namespace it names the creator.
  virtual AsciiChar const* getPluginType() const = 0;
  /// Version of the plugin.
  virtual AsciiChar const* getPluginVersion() const = 0;
  /// Number of outputs.
  virtual int32_t getNbOutputs() const = 0;
  /// Shape of output `index` for the inputs' shapes.
  virtual Dims getOutputDimensions(int32_t index, Dims const* inputs, int32_t nbInputDims) = 0;
  /// True when all tensors may have this type and format.
  virtual bool supportsFormat(DataType type, PluginFormat format) const = 0;
  /// Tells shapes, type, format and largest batch that the engine will use.
  virtual void configureWithFormat(Dims const* inputDims, int32_t nbInputs, Dims const* outputDims, int32_t nbOutputs,
                                   DataType type, PluginFormat format, int32_t maxBatchSize) = 0;
  /// Prepares for runs; 0 on success.
  virtual int32_t initialize() = 0;
  /// Undoes initialize().
  virtual void terminate() = 0;
  /// Bytes of scratch memory for a batch of this size.
  virtual size_t getWorkspaceSize(int32_t maxBatchSize) const = 0;
  /// Runs on `stream`; 0 on success.
  virtual int32_t enqueue(int32_t batchSize, void const* const* inputs, void* const* outputs, void* workspace,
                          cudaStream_t stream) {
    hone::detail::ForwardGuard guard(this);
    return guard.looping() ? -1 : enqueue(batchSize, inputs, const_cast<void**>(outputs), workspace, stream);
  }
  /// Runs on `stream`; 0 on success. Spelling of the releases 5 to 7.
  virtual int32_t enqueue(int32_t batchSize, void const* const* inputs, void** outputs, void* workspace,
                          cudaStream_t stream) {
    hone::detail::ForwardGuard guard(this);
    void* const* constOutputs = outputs;
    return guard.looping() ? -1 : enqueue(batchSize, inputs, constOutputs, workspace, stream);
  }
  /// Bytes that serialize() writes.
  virtual size_t getSerializationSize() const = 0;
  /// Writes the parameters of the plugin.
  virtual void serialize(void* buffer) const = 0;
  /// Ends the life of the object.
  virtual void destroy() = 0;
  /// A copy.
  virtual IPluginV2* clone() const = 0;
  /// Sets the namespace of the creator.
  virtual void setPluginNamespace(AsciiChar const* pluginNamespace) = 0;
  /// The namespace of the creator.
  virtual AsciiChar const* getPluginNamespace() const = 0;
  IPluginV2() = default;
  virtual ~IPluginV2() noexcept = default;

 protected:
  IPluginV2(IPluginV2 const&) = default;
  IPluginV2(IPluginV2&&) = default;
  IPluginV2& operator=(IPluginV2 const&) & = default;
  IPluginV2& operator=(IPluginV2&&) & = default;
};

/// A plugin whose inputs and outputs may have different types.
class IPluginV2Ext : public IPluginV2 {
 public:
  /// Type of output `index` for the inputs' types.
  virtual DataType getOutputDataType(int32_t index, DataType const* inputTypes, int32_t nbInputs) const = 0;
  /// True when an output is the same for the whole batch; belonged to implicit batch.
  virtual bool isOutputBroadcastAcrossBatch(int32_t /*outputIndex*/, bool const* /*inputIsBroadcasted*/,
                                            int32_t /*nbInputs*/) const {
    return false;
  }
  /// True when an input may be one for the whole batch; belonged to implicit batch.
  virtual bool canBroadcastInputAcrossBatch(int32_t /*inputIndex*/) const { return false; }
  /// Tells shapes, types, broadcasts, format and largest batch that the engine will use.
  virtual void configurePlugin(Dims const* inputDims, int32_t nbInputs, Dims const* outputDims, int32_t nbOutputs,
                               DataType const* inputTypes, DataType const* outputTypes, bool const* inputIsBroadcast,
                               bool const* outputIsBroadcast, PluginFormat floatFormat, int32_t maxBatchSize) = 0;
  /// Tells that a context uses the plugin, with its cuDNN and cuBLAS handles (null here) and allocator.
  virtual void attachToContext(cudnnContext* /*cudnn*/, cublasContext* /*cublas*/, IGpuAllocator* /*allocator*/) {}
  /// Tells that the context is gone.
  virtual void detachFromContext() {}
  IPluginV2Ext* clone() const override = 0;
  IPluginV2Ext() = default;
  ~IPluginV2Ext() noexcept override = default;

 protected:
  IPluginV2Ext(IPluginV2Ext const&) = default;
  IPluginV2Ext(IPluginV2Ext&&) = default;
  IPluginV2Ext& operator=(IPluginV2Ext const&) & = default;
  IPluginV2Ext& operator=(IPluginV2Ext&&) & = default;

  int32_t getTensorRTVersion() const override {
    return static_cast<int32_t>((static_cast<uint32_t>(PluginVersion::kV2_EXT) << 24U) |
                                (static_cast<uint32_t>(NV_TENSORRT_VERSION) & 0xFFFFFFU));
  }
  void configureWithFormat(Dims const* /*inputDims*/, int32_t /*nbInputs*/, Dims const* /*outputDims*/,
                           int32_t /*nbOutputs*/, DataType /*type*/, PluginFormat /*format*/,
                           int32_t /*maxBatchSize*/) override {}
};

/// A plugin that chooses type and format of each tensor.
class IPluginV2IOExt : public IPluginV2Ext {
 public:
  /// Tells all inputs and outputs that the engine will use.
  virtual void configurePlugin(PluginTensorDesc const* in, int32_t nbInput, PluginTensorDesc const* out,
                               int32_t nbOutput) = 0;
  /// True when tensor `pos` (inputs, then outputs) may be as in `inOut`, given those before it.
  virtual bool supportsFormatCombination(int32_t pos, PluginTensorDesc const* inOut, int32_t nbInputs,
                                         int32_t nbOutputs) const = 0;
  IPluginV2IOExt() = default;
  ~IPluginV2IOExt() noexcept override = default;

 protected:
  IPluginV2IOExt(IPluginV2IOExt const&) = default;
  IPluginV2IOExt(IPluginV2IOExt&&) = default;
  IPluginV2IOExt& operator=(IPluginV2IOExt const&) & = default;
  IPluginV2IOExt& operator=(IPluginV2IOExt&&) & = default;

  int32_t getTensorRTVersion() const override {
    return static_cast<int32_t>((static_cast<uint32_t>(PluginVersion::kV2_IOEXT) << 24U) |
                                (static_cast<uint32_t>(NV_TENSORRT_VERSION) & 0xFFFFFFU));
  }

 private:
  void configurePlugin(Dims const* /*inputDims*/, int32_t /*nbInputs*/, Dims const* /*outputDims*/,
                       int32_t /*nbOutputs*/, DataType const* /*inputTypes*/, DataType const* /*outputTypes*/,
                       bool const* /*inputIsBroadcast*/, bool const* /*outputIsBroadcast*/,
                       PluginFormat /*floatFormat*/, int32_t /*maxBatchSize*/) override {}
  bool supportsFormat(DataType /*type*/, PluginFormat /*format*/) const override { return false; }
};

/// A plugin for networks whose shapes may be known only at run time.
class IPluginV2DynamicExt : public IPluginV2Ext {
 public:
  IPluginV2DynamicExt* clone() const override = 0;
  /// Shape of output `outputIndex` as expressions of the inputs' shapes.
  virtual DimsExprs getOutputDimensions(int32_t outputIndex, DimsExprs const* inputs, int32_t nbInputs,
                                        IExprBuilder& exprBuilder) = 0;
  /// Most tensors for which supportsFormatCombination() is asked.
  static constexpr int32_t kFORMAT_COMBINATION_LIMIT = 100;
  /// True when tensor `pos` (inputs, then outputs) may be as in `inOut`, given those before it.
  virtual bool supportsFormatCombination(int32_t pos, PluginTensorDesc const* inOut, int32_t nbInputs,
                                         int32_t nbOutputs) = 0;
  /// Tells all inputs and outputs that the engine will use.
  virtual void configurePlugin(DynamicPluginTensorDesc const* in, int32_t nbInputs, DynamicPluginTensorDesc const* out,
                               int32_t nbOutputs) = 0;
  /// Bytes of scratch memory for these tensors.
  virtual size_t getWorkspaceSize(PluginTensorDesc const* inputs, int32_t nbInputs, PluginTensorDesc const* outputs,
                                  int32_t nbOutputs) const = 0;
  /// Runs on `stream`; 0 on success.
  virtual int32_t enqueue(PluginTensorDesc const* inputDesc, PluginTensorDesc const* outputDesc,
                          void const* const* inputs, void* const* outputs, void* workspace, cudaStream_t stream) = 0;
  IPluginV2DynamicExt() = default;
  ~IPluginV2DynamicExt() noexcept override = default;

 protected:
  IPluginV2DynamicExt(IPluginV2DynamicExt const&) = default;
  IPluginV2DynamicExt(IPluginV2DynamicExt&&) = default;
  IPluginV2DynamicExt& operator=(IPluginV2DynamicExt const&) & = default;
  IPluginV2DynamicExt& operator=(IPluginV2DynamicExt&&) & = default;

  int32_t getTensorRTVersion() const override {
    return static_cast<int32_t>((static_cast<uint32_t>(PluginVersion::kV2_DYNAMICEXT) << 24U) |
                                (static_cast<uint32_t>(NV_TENSORRT_VERSION) & 0xFFFFFFU));
  }

 private:
  // What implicit batch asked for; never called on a plugin of this kind.
  void configurePlugin(Dims const* /*inputDims*/, int32_t /*nbInputs*/, Dims const* /*outputDims*/,
                       int32_t /*nbOutputs*/, DataType const* /*inputTypes*/, DataType const* /*outputTypes*/,
                       bool const* /*inputIsBroadcast*/, bool const* /*outputIsBroadcast*/,
                       PluginFormat /*floatFormat*/, int32_t /*maxBatchSize*/) override {}
  bool supportsFormat(DataType /*type*/, PluginFormat /*format*/) const override { return false; }
  Dims getOutputDimensions(int32_t /*index*/, Dims const* /*inputs*/, int32_t /*nbInputDims*/) override {
    return Dims{-1, {}};
  }
  bool isOutputBroadcastAcrossBatch(int32_t /*outputIndex*/, bool const* /*inputIsBroadcasted*/,
                                    int32_t /*nbInputs*/) const override {
    return false;
  }
  bool canBroadcastInputAcrossBatch(int32_t /*inputIndex*/) const override { return false; }
  size_t getWorkspaceSize(int32_t /*maxBatchSize*/) const override { return 0; }
  int32_t enqueue(int32_t /*batchSize*/, void const* const* /*inputs*/, void* const* /*outputs*/, void* /*workspace*/,
                  cudaStream_t /*stream*/) override {
    return 1;
  }
  int32_t enqueue(int32_t /*batchSize*/, void const* const* /*inputs*/, void** /*outputs*/, void* /*workspace*/,
                  cudaStream_t /*stream*/) override {
    return 1;
  }
};

}  // namespace nvinfer1
