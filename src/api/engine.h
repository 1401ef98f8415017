// ICudaEngine over the runtime's engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/engine_device.h"
#include "api/layer.h"
#include "api/runtime_config.h"
#include "hone/engine.h"
#include "runtime/engine.h"

namespace nvinfer1 {
class IGpuAllocator;
}

namespace hone::api {

class Engine final : public nv::ICudaEngine {
 public:
  Engine(std::shared_ptr<const runtime::Engine> engine, const Reporter& reporter, nv::IGpuAllocator* allocator);

  const std::shared_ptr<const runtime::Engine>& inner() const { return engine_; }
  const Reporter& reporter() const { return reporter_; }
  nv::IGpuAllocator* allocator() const { return allocator_; }
  /// Number of a named input or output; throws ModelError for an unknown name.
  size_t io(char const* name) const;
  /// Layout of a named input or output; row-major for an unknown name.
  IoLayout layout(char const* name) const noexcept;

  nv::Dims getTensorShape(char const* tensorName) const noexcept override;
  nv::DataType getTensorDataType(char const* tensorName) const noexcept override;
  int32_t getNbLayers() const noexcept override;
  nv::IHostMemory* serialize() const noexcept override;
  nv::IExecutionContext* createExecutionContext(nv::ExecutionContextAllocationStrategy strategy) noexcept override;
  nv::TensorLocation getTensorLocation(char const* tensorName) const noexcept override;
  bool isShapeInferenceIO(char const* tensorName) const noexcept override;
  nv::TensorIOMode getTensorIOMode(char const* tensorName) const noexcept override;
  char const* getAliasedInputTensor(char const* tensorName) const noexcept override;
  int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept override;
  int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept override;
  int32_t getTensorComponentsPerElement(char const* tensorName) const noexcept override;
  int32_t getTensorComponentsPerElement(char const* tensorName, int32_t profileIndex) const noexcept override;
  nv::TensorFormat getTensorFormat(char const* tensorName) const noexcept override;
  nv::TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept override;
  char const* getTensorFormatDesc(char const* tensorName) const noexcept override;
  char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept override;
  int32_t getTensorVectorizedDim(char const* tensorName) const noexcept override;
  int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept override;
  char const* getName() const noexcept override;
  int32_t getNbOptimizationProfiles() const noexcept override;
  nv::Dims getProfileShape(char const* tensorName, int32_t profileIndex,
                           nv::OptProfileSelector select) const noexcept override;
  int32_t const* getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                        nv::OptProfileSelector select) const noexcept override;
  int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                          nv::OptProfileSelector select) const noexcept override;
  nv::EngineCapability getEngineCapability() const noexcept override;
  void setErrorRecorder(nv::IErrorRecorder* recorder) noexcept override;
  nv::IErrorRecorder* getErrorRecorder() const noexcept override;
  nv::TacticSources getTacticSources() const noexcept override;
  nv::ProfilingVerbosity getProfilingVerbosity() const noexcept override;
  nv::IEngineInspector* createEngineInspector() const noexcept override;
  int32_t getNbIOTensors() const noexcept override;
  char const* getIOTensorName(int32_t index) const noexcept override;
  nv::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override;
  int32_t getNbAuxStreams() const noexcept override;
  bool isRefittable() const noexcept override;
  nv::ISerializationConfig* createSerializationConfig() noexcept override;
  nv::IHostMemory* serializeWithConfig(nv::ISerializationConfig& config) const noexcept override;
  int64_t getDeviceMemorySizeV2() const noexcept override;
  int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept override;
  int64_t getStreamableWeightsSize() const noexcept override;
  bool setWeightStreamingBudgetV2(int64_t gpuMemoryBudget) noexcept override;
  int64_t getWeightStreamingBudgetV2() const noexcept override;
  int64_t getWeightStreamingAutomaticBudget() const noexcept override;
  int64_t getWeightStreamingScratchMemorySize() const noexcept override;
  bool isDebugTensor(char const* name) const noexcept override;
  int64_t getEngineStat(nv::EngineStat stat) const noexcept override;
  nv::IRuntimeConfig* createRuntimeConfig() noexcept override;
  nv::IExecutionContext* createExecutionContext(nv::IRuntimeConfig* runtimeConfig) noexcept override;
  nv::IEngineDevice& getEngineDevice() const noexcept override { return device_; }

 private:
  std::shared_ptr<const runtime::Engine> engine_;
  Reporter reporter_;
  nv::IGpuAllocator* allocator_;
  mutable EngineDevice device_;
  std::vector<std::string> format_descriptions_;
  mutable std::map<std::string, std::vector<int32_t>> narrow_values_;
};

}  // namespace hone::api
