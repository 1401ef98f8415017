// IRuntime: loads engines.
#pragma once

#include <string>

#include "api/engine.h"
#include "api/plugin_registry.h"
#include "hone/runtime.h"

namespace hone::api {

class Runtime final : public nv::IRuntime {
 public:
  explicit Runtime(nv::ILogger* logger) : reporter_(logger), live_(logger), registry_(&global_plugin_registry()) {}

  void setDLACore(int32_t dlaCore) noexcept override { dla_core_ = dlaCore; }
  int32_t getDLACore() const noexcept override { return dla_core_; }
  int32_t getNbDLACores() const noexcept override { return 0; }
  void setGpuAllocator(nv::IGpuAllocator* allocator) noexcept override { allocator_ = allocator; }
  void setErrorRecorder(nv::IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  nv::IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }
  nv::ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept override;
  nv::ICudaEngine* deserializeCudaEngine(nv::IStreamReader& streamReader) noexcept override;
  nv::ICudaEngine* deserializeCudaEngine(nv::IStreamReaderV2& streamReader) noexcept override;
  nv::ICudaEngine* deserializeCudaEngineFromFile(char const* path) noexcept override;
  nv::ILogger* getLogger() const noexcept override { return reporter_.logger(); }
  bool setMaxThreads(int32_t maxThreads) noexcept override;
  int32_t getMaxThreads() const noexcept override { return max_threads_; }
  void setTemporaryDirectory(char const* path) noexcept override;
  char const* getTemporaryDirectory() const noexcept override { return directory_.c_str(); }
  void setTempfileControlFlags(nv::TempfileControlFlags flags) noexcept override { tempfiles_ = flags; }
  nv::TempfileControlFlags getTempfileControlFlags() const noexcept override { return tempfiles_; }
  nv::IPluginRegistry& getPluginRegistry() noexcept override { return registry_; }
  nv::IRuntime* loadRuntime(char const* path) noexcept override;
  void setEngineHostCodeAllowed(bool allowed) noexcept override { host_code_ = allowed; }
  bool getEngineHostCodeAllowed() const noexcept override { return host_code_; }
  void setCpuThreads(int32_t nbThreads) noexcept override;
  int32_t getCpuThreads() const noexcept override { return threads_; }

 private:
  nv::ICudaEngine* start(std::unique_ptr<plan::Plan> plan);
  Reporter reporter_;
  LiveLogger live_;
  PluginRegistry registry_;
  nv::IGpuAllocator* allocator_ = nullptr;
  std::string directory_;
  nv::TempfileControlFlags tempfiles_ = 3;
  int32_t dla_core_ = 0, max_threads_ = 1, threads_ = 0;
  bool host_code_ = false;
};

}  // namespace hone::api
