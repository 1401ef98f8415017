// IExecutionContext over the runtime's context. On the CPU device a run has finished when the call returns; on a GPU
// enqueueV3() returns before it has, unless the network needs the host in between.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/engine.h"
#include "hone/execution_context.h"

namespace hone::api {

class ExecutionContext final : public nv::IExecutionContext {
 public:
  ExecutionContext(Engine& engine, nv::ExecutionContextAllocationStrategy strategy);
  ~ExecutionContext() override;
  const std::shared_ptr<const runtime::Engine>& engine() const { return inner_; }

  void setDebugSync(bool sync) noexcept override { debug_sync_ = sync; }
  bool getDebugSync() const noexcept override { return debug_sync_; }
  void setProfiler(nv::IProfiler* profiler) noexcept override { profiler_ = profiler; }
  nv::IProfiler* getProfiler() const noexcept override { return profiler_; }
  nv::ICudaEngine const& getEngine() const noexcept override;
  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override;
  void setDeviceMemoryV2(void* memory, int64_t size) noexcept override;
  nv::Dims getTensorStrides(char const* tensorName) const noexcept override;
  int32_t getOptimizationProfile() const noexcept override;
  bool setInputShape(char const* tensorName, nv::Dims const& dims) noexcept override;
  nv::Dims getTensorShape(char const* tensorName) const noexcept override;
  bool allInputDimensionsSpecified() const noexcept override;
  bool allInputShapesSpecified() const noexcept override;
  void setErrorRecorder(nv::IErrorRecorder* recorder) noexcept override;
  nv::IErrorRecorder* getErrorRecorder() const noexcept override;
  bool executeV2(void* const* bindings) noexcept override;
  bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept override;
  void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept override { emits_profile_ = enqueueEmitsProfile; }
  bool getEnqueueEmitsProfile() const noexcept override { return emits_profile_; }
  bool reportToProfiler() const noexcept override;
  bool setTensorAddress(char const* tensorName, void* data) noexcept override;
  void const* getTensorAddress(char const* tensorName) const noexcept override;
  bool setOutputTensorAddress(char const* tensorName, void* data) noexcept override;
  bool setInputTensorAddress(char const* tensorName, void const* data) noexcept override;
  void* getOutputTensorAddress(char const* tensorName) const noexcept override;
  int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept override;
  std::size_t updateDeviceMemorySizeForShapes() noexcept override;
  bool setInputConsumedEvent(cudaEvent_t event) noexcept override;
  cudaEvent_t getInputConsumedEvent() const noexcept override;
  bool setOutputAllocator(char const* tensorName, nv::IOutputAllocator* outputAllocator) noexcept override;
  nv::IOutputAllocator* getOutputAllocator(char const* tensorName) const noexcept override;
  int64_t getMaxOutputSize(char const* tensorName) const noexcept override;
  bool setTemporaryStorageAllocator(nv::IGpuAllocator* allocator) noexcept override;
  nv::IGpuAllocator* getTemporaryStorageAllocator() const noexcept override;
  bool enqueueV3(cudaStream_t stream) noexcept override;
  void setPersistentCacheLimit(std::size_t size) noexcept override;
  std::size_t getPersistentCacheLimit() const noexcept override { return cache_limit_; }
  bool setNvtxVerbosity(nv::ProfilingVerbosity verbosity) noexcept override;
  nv::ProfilingVerbosity getNvtxVerbosity() const noexcept override;
  void setAuxStreams(cudaStream_t* auxStreams, int32_t nbStreams) noexcept override;
  bool setDebugListener(nv::IDebugListener* listener) noexcept override;
  nv::IDebugListener* getDebugListener() noexcept override;
  bool setTensorDebugState(char const* name, bool flag) noexcept override;
  bool getDebugState(char const* name) const noexcept override;
  bool setAllTensorsDebugState(bool flag) noexcept override;
  bool setUnfusedTensorsDebugState(bool flag) noexcept override;
  bool getUnfusedTensorsDebugState() const noexcept override;
  nv::IRuntimeConfig* getRuntimeConfig() const noexcept override;
  bool setCommunicator(void* communicator) noexcept override;
  void setGraphReplay(bool allowed) noexcept override;
  bool getGraphReplay() const noexcept override { return replay_; }

 private:
  struct LayerTime {
    size_t step;
    double microseconds;
  };
  size_t io(char const* name) const { return engine_.io(name); }
  /// Throws ModelError with what is missing: shapes, addresses, memory.
  void prepare() const;
  void provide_memory();
  void provide_outputs(cudaStream_t stream);
  void deliver_outputs(cudaStream_t stream);
  void run(cudaStream_t stream);
  bool execute(const char* call, cudaStream_t stream, bool emit_profile, bool wait) noexcept;
  void emit_profile() const;
  void update_observer();

  Engine& engine_;
  std::shared_ptr<const runtime::Engine> inner_;
  mutable runtime::Context context_;
  Reporter reporter_;
  RuntimeConfig config_;
  std::string name_ = "";
  std::vector<void*> addresses_;  // as the program set them
  std::vector<nv::IOutputAllocator*> allocators_;
  bool user_memory_ = false;
  void* memory_ = nullptr;  // the program's, or from its allocator
  int64_t memory_size_ = 0;
  nv::IProfiler* profiler_ = nullptr;
  std::vector<LayerTime> times_;
  bool emits_profile_ = true, debug_sync_ = false, replay_ = true;
  size_t cache_limit_ = 0;
  cudaEvent_t input_consumed_ = nullptr;
  nv::IGpuAllocator* temporary_ = nullptr;
  nv::ProfilingVerbosity nvtx_ = nv::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  nv::IDebugListener* listener_ = nullptr;
  std::set<std::string> debug_on_;
  bool debug_unfused_ = false, debug_failed_ = false;
  cudaStream_t stream_ = nullptr;
};

}  // namespace hone::api
