// IPluginV3 and its capabilities: plugins of release 10 and later.
#pragma once

#include "hone/cuda_types.h"
#include "hone/error_recorder.h"
#include "hone/gpu_allocator.h"
#include "hone/macros.h"
#include "hone/plugin/plugin_field.h"
#include "hone/plugin/plugin_tensor_desc.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// The parts of a plugin of version 3.
enum class PluginCapabilityType : int32_t {
  kCORE = 0,     ///< IPluginV3OneCore: names.
  kBUILD = 1,    ///< IPluginV3OneBuild: what the builder asks.
  kRUNTIME = 2,  ///< IPluginV3OneRuntime: what a run asks.
};

/// Base of the parts of a plugin.
class IPluginCapability : public IVersionedInterface {};

/// Something that plugins share, such as weights; kept by the registry under a key. Implemented by the program.
class IPluginResource : public IVersionedInterface {
 public:
  /// Releases what the object holds; called when nobody uses it any more. 0 on success.
  virtual int32_t release() noexcept = 0;
  /// A copy that the registry keeps; null on an error.
  virtual IPluginResource* clone() noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IPluginResource", 1, 0}; }
  IPluginResource() = default;
  ~IPluginResource() noexcept override = default;

 protected:
  IPluginResource(IPluginResource const&) = default;
  IPluginResource(IPluginResource&&) = default;
  IPluginResource& operator=(IPluginResource const&) & = default;
  IPluginResource& operator=(IPluginResource&&) & = default;
};

/// What an execution context offers to a plugin. Implemented by the library.
class IPluginResourceContext {
 public:
  /// Where device memory comes from.
  virtual IGpuAllocator* getGpuAllocator() const noexcept = 0;
  /// Where errors go, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  virtual ~IPluginResourceContext() noexcept = default;

 protected:
  IPluginResourceContext() = default;
  IPluginResourceContext(IPluginResourceContext const&) = default;
  IPluginResourceContext(IPluginResourceContext&&) = default;
  IPluginResourceContext& operator=(IPluginResourceContext const&) & = default;
  IPluginResourceContext& operator=(IPluginResourceContext&&) & = default;
};

/// A plugin: a holder of capabilities. Implemented by the program.
class IPluginV3 : public IVersionedInterface {
 public:
  /// The part asked for, or null; usually `this`.
  virtual IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept = 0;
  /// A copy; null on an error.
  virtual IPluginV3* clone() noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN", 1, 0}; }
};

/// Names of a plugin.
class IPluginV3OneCore : public IPluginCapability {
 public:
  /// Name of the plugin.
  virtual AsciiChar const* getPluginName() const noexcept = 0;
  /// Version of the plugin.
  virtual AsciiChar const* getPluginVersion() const noexcept = 0;
  /// Namespace of the plugin.
  virtual AsciiChar const* getPluginNamespace() const noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN_V3ONE_CORE", 1, 0}; }
};

/// What the builder asks of a plugin.
class IPluginV3OneBuild : public IPluginCapability {
 public:
  /// Most tensors for which supportsFormatCombination() is asked, unless the plugin says otherwise.
  static constexpr int32_t kDEFAULT_FORMAT_COMBINATION_LIMIT = 100;
  /// Tells all inputs and outputs that are about to be tried; 0 on success.
  virtual int32_t configurePlugin(DynamicPluginTensorDesc const* in, int32_t nbInputs,
                                  DynamicPluginTensorDesc const* out, int32_t nbOutputs) noexcept = 0;
  /// Writes the outputs' types for the inputs' types; 0 on success.
  virtual int32_t getOutputDataTypes(DataType* outputTypes, int32_t nbOutputs, DataType const* inputTypes,
                                     int32_t nbInputs) const noexcept = 0;
  /// Writes the outputs' shapes as expressions of inputs' shapes and shape inputs' values; 0 on success.
  virtual int32_t getOutputShapes(DimsExprs const* inputs, int32_t nbInputs, DimsExprs const* shapeInputs,
                                  int32_t nbShapeInputs, DimsExprs* outputs, int32_t nbOutputs,
                                  IExprBuilder& exprBuilder) noexcept = 0;
  /// True when tensor `pos` (inputs, then outputs) may be as in `inOut`, given those before it.
  virtual bool supportsFormatCombination(int32_t pos, DynamicPluginTensorDesc const* inOut, int32_t nbInputs,
                                         int32_t nbOutputs) noexcept = 0;
  /// Number of outputs.
  virtual int32_t getNbOutputs() const noexcept = 0;
  /// Bytes of scratch memory at most.
  virtual size_t getWorkspaceSize(DynamicPluginTensorDesc const* /*inputs*/, int32_t /*nbInputs*/,
                                  DynamicPluginTensorDesc const* /*outputs*/, int32_t /*nbOutputs*/) const noexcept {
    return 0;
  }
  /// Writes the numbers of the plugin's own tactics, all positive; 0 on success.
  virtual int32_t getValidTactics(int32_t* /*tactics*/, int32_t /*nbTactics*/) noexcept { return 0; }
  /// Number of the plugin's own tactics; 0 for just one way.
  virtual int32_t getNbTactics() noexcept { return 0; }
  /// Key of the plugin in the timing cache; null keeps it out.
  virtual char const* getTimingCacheID() noexcept { return nullptr; }
  /// Most tensors for which supportsFormatCombination() is asked.
  virtual int32_t getFormatCombinationLimit() noexcept { return kDEFAULT_FORMAT_COMBINATION_LIMIT; }
  /// Text for the engine inspector, or null.
  virtual char const* getMetadataString() noexcept { return nullptr; }
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN_V3ONE_BUILD", 1, 0}; }
};

/// The same, with outputs that may be written over inputs.
class IPluginV3OneBuildV2 : public IPluginV3OneBuild {
 public:
  /// The input that output `outputIndex` is written over, or -1.
  virtual int32_t getAliasedInput(int32_t /*outputIndex*/) noexcept { return -1; }
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN_V3ONE_BUILD", 2, 0}; }
};

/// What a run asks of a plugin.
class IPluginV3OneRuntime : public IPluginCapability {
 public:
  /// Chooses one of the plugin's own tactics; 0 on success.
  virtual int32_t setTactic(int32_t /*tactic*/) noexcept { return 0; }
  /// Tells the shapes of the next runs; 0 on success.
  virtual int32_t onShapeChange(PluginTensorDesc const* in, int32_t nbInputs, PluginTensorDesc const* out,
                                int32_t nbOutputs) noexcept = 0;
  /// Runs on `stream`; 0 on success.
  virtual int32_t enqueue(PluginTensorDesc const* inputDesc, PluginTensorDesc const* outputDesc,
                          void const* const* inputs, void* const* outputs, void* workspace,
                          cudaStream_t stream) noexcept = 0;
  /// A copy for one execution context; null on an error.
  virtual IPluginV3* attachToContext(IPluginResourceContext* context) noexcept = 0;
  /// The parameters to keep in the plan; owned by the plugin.
  virtual PluginFieldCollection const* getFieldsToSerialize() noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN_V3ONE_RUNTIME", 1, 0}; }
};

namespace v_1_0 {
using IPluginCapability = nvinfer1::IPluginCapability;
using IPluginResource = nvinfer1::IPluginResource;
using IPluginV3 = nvinfer1::IPluginV3;
using IPluginV3OneCore = nvinfer1::IPluginV3OneCore;
using IPluginV3OneBuild = nvinfer1::IPluginV3OneBuild;
using IPluginV3OneRuntime = nvinfer1::IPluginV3OneRuntime;
}  // namespace v_1_0
namespace v_2_0 {
using IPluginV3OneBuild = nvinfer1::IPluginV3OneBuildV2;
}  // namespace v_2_0

}  // namespace nvinfer1
