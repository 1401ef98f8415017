// IEngineDevice over a device of the runtime, or over the host.
#pragma once

#include "api/reporter.h"
#include "backends/backend.h"
#include "hone/engine_device.h"

namespace hone::api {

class EngineDevice final : public nvinfer1::IEngineDevice {
 public:
  /// `device` null: host memory.
  EngineDevice(const Device* device, const Reporter& reporter) : device_(device), reporter_(reporter) {}
  char const* getName() const noexcept override { return device_ != nullptr ? "cuda" : "cpu"; }
  bool usesHostMemory() const noexcept override { return device_ == nullptr; }
  void* allocate(uint64_t size) noexcept override;
  void deallocate(void* memory) noexcept override;
  bool copyToDevice(void* to, void const* from, uint64_t size, cudaStream_t stream) noexcept override;
  bool copyToHost(void* to, void const* from, uint64_t size, cudaStream_t stream) noexcept override;
  cudaStream_t createStream() noexcept override;
  void destroyStream(cudaStream_t stream) noexcept override;
  bool synchronize(cudaStream_t stream) noexcept override;
  cudaEvent_t createEvent() noexcept override;
  void destroyEvent(cudaEvent_t event) noexcept override;
  bool record(cudaEvent_t event, cudaStream_t stream) noexcept override;
  float elapsedMilliseconds(cudaEvent_t begin, cudaEvent_t end) noexcept override;
  uint64_t getPersistentCacheSize() const noexcept override {
    return device_ != nullptr ? device_->persistent_cache() : 0;
  }

 private:
  const Device* device_;
  Reporter reporter_;
};

}  // namespace hone::api
