// IBuilder: makes networks and configurations and builds engines from them.
#pragma once

#include "hone/builder_config.h"
#include "hone/error_recorder.h"
#include "hone/host_memory.h"
#include "hone/logger.h"
#include "hone/macros.h"
#include "hone/network_flags.h"
#include "hone/no_copy.h"

namespace nvinfer1 {

class ICudaEngine;
class IGpuAllocator;
class INetworkDefinition;
class IPluginRegistry;
class IStreamWriter;
namespace safe {
class IPluginRegistry;
}

/// Builds engines. Made by createInferBuilder(); delete it after all that it made. Calls that fail return null or
/// false, and log why.
class IBuilder : public INoCopy {
 public:
  /// True when the default device computes in kHALF faster than in kFLOAT.
  virtual bool platformHasFastFp16() const noexcept = 0;
  /// True when the default device computes in kINT8 faster than in kFLOAT.
  virtual bool platformHasFastInt8() const noexcept = 0;
  /// True when the default device has TF32 arithmetic.
  virtual bool platformHasTf32() const noexcept = 0;
  /// Largest batch of NVIDIA's DLA: 0.
  virtual int32_t getMaxDLABatchSize() const noexcept = 0;
  /// Number of DLA cores: 0.
  virtual int32_t getNbDLACores() const noexcept = 0;
  /// Sets where device memory comes from; null for the library's own. Not owned.
  virtual void setGpuAllocator(IGpuAllocator* allocator) noexcept = 0;
  /// Makes a configuration; the caller deletes it.
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  /// Makes an empty network; the caller deletes it. 0 makes a weakly typed one.
  virtual INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept = 0;
  /// Makes an empty profile, owned by the builder.
  virtual IOptimizationProfile* createOptimizationProfile() noexcept = 0;
  /// Sets where errors go besides the log; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// Forgets the builder's own settings and profiles.
  virtual void reset() noexcept = 0;
  /// Builds an engine and returns its plan; the caller deletes it.
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept = 0;
  /// The same; `kernelText` receives the text of generated kernels, or null where there are none. The caller
  /// deletes both.
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config,
                                              IHostMemory*& kernelText) noexcept = 0;
  /// Builds an engine and writes its plan. True on success.
  virtual bool buildSerializedNetworkToStream(INetworkDefinition& network, IBuilderConfig& config,
                                              IStreamWriter& writer) noexcept = 0;
  /// Builds an engine for use in this process; the caller deletes it.
  virtual ICudaEngine* buildEngineWithConfig(INetworkDefinition& network, IBuilderConfig& config) noexcept = 0;
  /// True when the network can be built with this configuration; else the reasons are logged.
  virtual bool isNetworkSupported(INetworkDefinition const& network, IBuilderConfig const& config) const noexcept = 0;
  /// The logger given to createInferBuilder().
  virtual ILogger* getLogger() const noexcept = 0;
  /// Limits the threads of the build; false when not positive.
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  /// That limit.
  virtual int32_t getMaxThreads() const noexcept = 0;
  /// The registry of plugins that this builder sees.
  virtual IPluginRegistry& getPluginRegistry() noexcept = 0;
  /// Tunes a plan again for this machine, from the portable network that it holds (Hone extension): for a plan that was
  /// built for another GPU, processor or device. Shapes and what the types of the network allow are the plan's, all
  /// else is the configuration's. The caller deletes the new plan. Null on an error.
  virtual IHostMemory* retuneSerializedNetwork(void const* plan, std::size_t size, IBuilderConfig& config) noexcept = 0;

  /// Deprecated: batch size is an ordinary dimension; has no effect.
  TRT_DEPRECATED void setMaxBatchSize(int32_t /*batchSize*/) noexcept {}
  /// Deprecated: batch size is an ordinary dimension; always 1.
  TRT_DEPRECATED int32_t getMaxBatchSize() const noexcept { return 1; }
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
};

}  // namespace nvinfer1

/// Makes a builder; use nvinfer1::createInferBuilder(). `version` may be that of any release. Null on an error.
extern "C" TENSORRTAPI void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;

namespace nvinfer1 {

/// Makes a builder that reports to `logger`, which must outlive it. The caller deletes it. Null on an error.
inline IBuilder* createInferBuilder(ILogger& logger) noexcept {
  return static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, NV_TENSORRT_VERSION));
}

/// The registry of plugins for engines of a capability; null for a capability that Hone does not build.
extern "C" TENSORRTAPI IPluginRegistry* getBuilderPluginRegistry(EngineCapability capability) noexcept;

/// The registry of plugins for NVIDIA's safety runtime: always null.
extern "C" TENSORRTAPI safe::IPluginRegistry* getBuilderSafePluginRegistry(EngineCapability capability) noexcept;

/// Sets the folder where the library looks for its backends. False when it does not exist or one is already loaded.
extern "C" TENSORRTAPI bool setInternalLibraryPath(char const* path) noexcept;

}  // namespace nvinfer1
