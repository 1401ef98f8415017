// IBuilder: makes networks and configurations, and builds.
#pragma once

#include <memory>
#include <vector>

#include "api/build.h"
#include "api/plugin_registry.h"
#include "hone/builder.h"

namespace hone::api {

class Builder final : public nv::IBuilder {
 public:
  explicit Builder(nv::ILogger* logger) : reporter_(logger), live_(logger), registry_(&global_plugin_registry()) {}

  bool platformHasFastFp16() const noexcept override { return false; }
  bool platformHasFastInt8() const noexcept override { return false; }
  bool platformHasTf32() const noexcept override { return false; }
  int32_t getMaxDLABatchSize() const noexcept override { return 0; }
  int32_t getNbDLACores() const noexcept override { return 0; }
  void setGpuAllocator(nv::IGpuAllocator* allocator) noexcept override { allocator_ = allocator; }
  nv::IBuilderConfig* createBuilderConfig() noexcept override;
  nv::INetworkDefinition* createNetworkV2(nv::NetworkDefinitionCreationFlags flags) noexcept override;
  nv::IOptimizationProfile* createOptimizationProfile() noexcept override;
  void setErrorRecorder(nv::IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  nv::IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }
  void reset() noexcept override;
  nv::IHostMemory* buildSerializedNetwork(nv::INetworkDefinition& network,
                                          nv::IBuilderConfig& config) noexcept override;
  nv::IHostMemory* buildSerializedNetwork(nv::INetworkDefinition& network, nv::IBuilderConfig& config,
                                          nv::IHostMemory*& kernelText) noexcept override;
  bool buildSerializedNetworkToStream(nv::INetworkDefinition& network, nv::IBuilderConfig& config,
                                      nv::IStreamWriter& writer) noexcept override;
  nv::ICudaEngine* buildEngineWithConfig(nv::INetworkDefinition& network, nv::IBuilderConfig& config) noexcept override;
  bool isNetworkSupported(nv::INetworkDefinition const& network,
                          nv::IBuilderConfig const& config) const noexcept override;
  nv::ILogger* getLogger() const noexcept override { return reporter_.logger(); }
  bool setMaxThreads(int32_t maxThreads) noexcept override;
  int32_t getMaxThreads() const noexcept override { return max_threads_ > 0 ? max_threads_ : 1; }
  nv::IPluginRegistry& getPluginRegistry() noexcept override { return registry_; }
  nv::IHostMemory* retuneSerializedNetwork(void const* plan, std::size_t size,
                                           nv::IBuilderConfig& config) noexcept override;

 private:
  std::unique_ptr<plan::Plan> build(nv::INetworkDefinition& network, nv::IBuilderConfig& config);
  Reporter reporter_;
  LiveLogger live_;
  PluginRegistry registry_;
  std::vector<std::unique_ptr<OptimizationProfile>> profiles_;
  nv::IGpuAllocator* allocator_ = nullptr;
  int32_t max_threads_ = 0;  // 0: all cores
};

}  // namespace hone::api
