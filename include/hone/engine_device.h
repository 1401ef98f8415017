// The memory and streams of the device that an engine runs on (Hone extension), so that a program works with engines of
// either device without linking the CUDA runtime.
#pragma once

#include "hone/cuda_types.h"
#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/types.h"

namespace nvinfer1 {

/// What an engine's device offers. On the CPU device memory is host memory, streams and events are null and everything
/// has happened when a call returns. Calls are thread-safe; those that return bool are false when the device fails,
/// with the reason in the engine's log.
class IEngineDevice : public INoCopy {
 public:
  /// "cpu" or "cuda".
  virtual char const* getName() const noexcept = 0;
  /// True where device memory is host memory.
  virtual bool usesHostMemory() const noexcept = 0;
  /// `size` bytes, aligned to 64 bytes at least; null when there are none. Give back with deallocate().
  virtual void* allocate(uint64_t size) noexcept = 0;
  /// Gives memory back; null is allowed.
  virtual void deallocate(void* memory) noexcept = 0;
  /// Copies from host to device memory; ordered in the stream, the source may be reused on return.
  virtual bool copyToDevice(void* to, void const* from, uint64_t size, cudaStream_t stream) noexcept = 0;
  /// Copies from device to host memory; complete on return.
  virtual bool copyToHost(void* to, void const* from, uint64_t size, cudaStream_t stream) noexcept = 0;
  /// A new stream; null on the CPU device. Destroy with destroyStream().
  virtual cudaStream_t createStream() noexcept = 0;
  /// Destroys a stream; null is allowed.
  virtual void destroyStream(cudaStream_t stream) noexcept = 0;
  /// Waits for everything in the stream.
  virtual bool synchronize(cudaStream_t stream) noexcept = 0;
  /// A new event that can tell time. Destroy with destroyEvent().
  virtual cudaEvent_t createEvent() noexcept = 0;
  /// Destroys an event; null is allowed.
  virtual void destroyEvent(cudaEvent_t event) noexcept = 0;
  /// Marks a moment in the stream.
  virtual bool record(cudaEvent_t event, cudaStream_t stream) noexcept = 0;
  /// Waits for `end`; the milliseconds between two recorded events, negative when the device fails.
  virtual float elapsedMilliseconds(cudaEvent_t begin, cudaEvent_t end) noexcept = 0;
  /// The most bytes of cache that IExecutionContext::setPersistentCacheLimit() can have kept for activations; 0 where
  /// the device cannot.
  virtual uint64_t getPersistentCacheSize() const noexcept = 0;
};

}  // namespace nvinfer1

/// Why engines cannot be built for or run on an NVIDIA GPU here; null where they can (Hone extension). The text lives
/// as long as the library.
extern "C" TENSORRTAPI char const* honeWhyNoGpu() noexcept;
