// Memory, streams and events of an engine's device.
#include "api/engine_device.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "backends/cuda_loader.h"
#include "base/memory.h"

namespace hone::api {
namespace {

using Clock = std::chrono::steady_clock;

// An event of the CPU device is the moment at which it was recorded.
Clock::time_point* moment(cudaEvent_t e) { return reinterpret_cast<Clock::time_point*>(e); }

}  // namespace

void* EngineDevice::allocate(uint64_t size) noexcept {
  return guarded(reporter_, "IEngineDevice::allocate", static_cast<void*>(nullptr), [&]() -> void* {
    const uint64_t bytes = std::max<uint64_t>(64, (size + 63) / 64 * 64);
    require<ModelError>(bytes >= size, "{} bytes are too many", size);
    if (device_ != nullptr) return device_->allocate(bytes);
    void* p = allocate_aligned(bytes);
    require<ModelError>(p != nullptr, "out of memory: {} bytes", size);
    return p;
  });
}

void EngineDevice::deallocate(void* memory) noexcept {
  if (device_ == nullptr)
    std::free(memory);
  else if (memory != nullptr)
    device_->release(memory);
}

bool EngineDevice::copyToDevice(void* to, void const* from, uint64_t size, cudaStream_t stream) noexcept {
  return guarded(reporter_, "IEngineDevice::copyToDevice", false, [&] {
    if (device_ != nullptr)
      device_->upload(to, from, size, stream);
    else if (size > 0)
      std::memcpy(to, from, size);
    return true;
  });
}

bool EngineDevice::copyToHost(void* to, void const* from, uint64_t size, cudaStream_t stream) noexcept {
  return guarded(reporter_, "IEngineDevice::copyToHost", false, [&] {
    if (device_ != nullptr)
      device_->download(to, from, size, stream);
    else if (size > 0)
      std::memcpy(to, from, size);
    return true;
  });
}

cudaStream_t EngineDevice::createStream() noexcept {
  return guarded(reporter_, "IEngineDevice::createStream", static_cast<cudaStream_t>(nullptr),
                 [&] { return device_ != nullptr ? static_cast<cudaStream_t>(device_->create_stream()) : nullptr; });
}

void EngineDevice::destroyStream(cudaStream_t stream) noexcept {
  if (device_ != nullptr && stream != nullptr) device_->destroy_stream(stream);
}

bool EngineDevice::synchronize(cudaStream_t stream) noexcept {
  return guarded(reporter_, "IEngineDevice::synchronize", false, [&] {
    if (device_ != nullptr) device_->synchronize(stream);
    return true;
  });
}

cudaEvent_t EngineDevice::createEvent() noexcept {
  return guarded(reporter_, "IEngineDevice::createEvent", static_cast<cudaEvent_t>(nullptr), [&] {
    if (device_ != nullptr) return static_cast<cudaEvent_t>(device_->create_event());
    return reinterpret_cast<cudaEvent_t>(std::make_unique<Clock::time_point>(Clock::now()).release());
  });
}

void EngineDevice::destroyEvent(cudaEvent_t event) noexcept {
  if (device_ == nullptr)
    delete moment(event);
  else if (event != nullptr)
    device_->destroy_event(event);
}

bool EngineDevice::record(cudaEvent_t event, cudaStream_t stream) noexcept {
  return guarded(reporter_, "IEngineDevice::record", false, [&] {
    require<ModelError>(event != nullptr, "the event is null");
    if (device_ != nullptr)
      device_->record(event, stream);
    else
      *moment(event) = Clock::now();
    return true;
  });
}

float EngineDevice::elapsedMilliseconds(cudaEvent_t begin, cudaEvent_t end) noexcept {
  return guarded(reporter_, "IEngineDevice::elapsedMilliseconds", -1.f, [&] {
    require<ModelError>(begin != nullptr && end != nullptr, "an event is null");
    const double us = device_ != nullptr
                          ? device_->elapsed_us(begin, end)
                          : std::chrono::duration<double, std::micro>(*moment(end) - *moment(begin)).count();
    return static_cast<float>(us / 1e3);
  });
}

}  // namespace hone::api

extern "C" char const* honeWhyNoGpu() noexcept {
  static const std::string reason = [] {
    std::string why;
    return hone::cuda_backend(&why) != nullptr ? std::string() : why;
  }();
  return reason.empty() ? nullptr : reason.c_str();
}
