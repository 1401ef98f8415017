// What the parts of the host stand-in for the CUDA runtime share: the last error, streams and their lock.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>

#include "hone/host_cudart/cuda_runtime_api.h"

/// A stream: work is done by the caller while it holds the lock, so the stream is busy just as long as that.
struct CUstream_st {
  std::recursive_mutex busy;  // recursive: a host function may use its own stream
  unsigned int flags = cudaStreamDefault;
  int priority = 0;
};

/// An event: the time of its last record.
struct CUevent_st {
  unsigned int flags = cudaEventDefault;
  bool recorded = false;
  std::chrono::steady_clock::time_point time;
};

namespace hone::host_cudart {

/// Keeps an error as this thread's last one, unless it is success or cudaErrorNotReady, and returns it.
cudaError_t note(cudaError_t error) noexcept;

/// This thread's last error.
cudaError_t& last_error() noexcept;

/// The stream of a handle, the default one for null and CUDA's two special handles; null for a handle that is none.
std::shared_ptr<CUstream_st> find_stream(cudaStream_t handle) noexcept;

/// Waits until no thread has work in any stream.
void wait_for_all_streams() noexcept;

/// Does `work` (which returns cudaError_t) in the order of a stream.
template <class Work>
cudaError_t in_stream(cudaStream_t handle, Work&& work) noexcept {
  auto const stream = find_stream(handle);
  if (stream == nullptr) return note(cudaErrorInvalidResourceHandle);
  std::lock_guard lock(stream->busy);
  return note(work());
}

}  // namespace hone::host_cudart
