// Streams of the host stand-in: a lock each. Work is done in the call, so a stream is busy only for other threads.
#include <map>
#include <memory>
#include <mutex>
#include <new>

#include "host_cudart/state.h"

namespace hone::host_cudart {
namespace {

using Stream = std::shared_ptr<CUstream_st>;

struct Streams {
  std::mutex mutex;
  std::map<cudaStream_t, Stream> made;
  Stream standard = std::make_shared<CUstream_st>();  // the default stream
};

/// Lives to the end of the process, so that destructors of static objects may still use streams.
Streams& streams() noexcept {
  static Streams* const all = new Streams;
  return *all;
}

cudaError_t make_stream(cudaStream_t* result, unsigned int flags) noexcept {
  if (result == nullptr || (flags & ~static_cast<unsigned int>(cudaStreamNonBlocking)) != 0) {
    return note(cudaErrorInvalidValue);
  }
  try {
    auto stream = std::make_shared<CUstream_st>();
    stream->flags = flags;
    std::lock_guard lock(streams().mutex);
    streams().made.emplace(stream.get(), stream);
    *result = stream.get();
    return cudaSuccess;
  } catch (std::bad_alloc const&) {
    return note(cudaErrorMemoryAllocation);
  }
}

void wait_for(Stream const& stream) noexcept { std::lock_guard wait(stream->busy); }

/// The stream with the next greater handle, null behind the last one.
Stream stream_after(cudaStream_t handle) noexcept {
  std::lock_guard lock(streams().mutex);
  auto const next = streams().made.upper_bound(handle);
  return next == streams().made.end() ? nullptr : next->second;
}

}  // namespace

Stream find_stream(cudaStream_t handle) noexcept {
  if (handle == nullptr || handle == cudaStreamLegacy || handle == cudaStreamPerThread) return streams().standard;
  std::lock_guard lock(streams().mutex);
  auto const found = streams().made.find(handle);
  return found == streams().made.end() ? nullptr : found->second;
}

void wait_for_all_streams() noexcept {
  wait_for(streams().standard);
  // The list is not locked while waiting: work in a stream may make or remove streams.
  for (Stream stream = stream_after(nullptr); stream != nullptr; stream = stream_after(stream.get())) wait_for(stream);
}

}  // namespace hone::host_cudart

using namespace hone::host_cudart;

extern "C" {

cudaError_t cudaStreamCreate(cudaStream_t* pStream) { return make_stream(pStream, cudaStreamDefault); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags) { return make_stream(pStream, flags); }

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* pStream, unsigned int flags, int /*priority*/) {
  return make_stream(pStream, flags);
}

cudaError_t cudaStreamGetFlags(cudaStream_t hStream, unsigned int* flags) {
  auto const stream = find_stream(hStream);
  if (stream == nullptr) return note(cudaErrorInvalidResourceHandle);
  if (flags == nullptr) return note(cudaErrorInvalidValue);
  *flags = stream->flags;
  return cudaSuccess;
}

cudaError_t cudaStreamGetPriority(cudaStream_t hStream, int* priority) {
  auto const stream = find_stream(hStream);
  if (stream == nullptr) return note(cudaErrorInvalidResourceHandle);
  if (priority == nullptr) return note(cudaErrorInvalidValue);
  *priority = stream->priority;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  std::shared_ptr<CUstream_st> last;
  {
    std::lock_guard lock(streams().mutex);
    auto const found = streams().made.find(stream);
    if (found == streams().made.end()) return note(cudaErrorInvalidResourceHandle);
    last = std::move(found->second);
    streams().made.erase(found);
  }
  wait_for(last);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return in_stream(stream, [] { return cudaSuccess; });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  auto const stream = find_stream(handle);
  if (stream == nullptr) return note(cudaErrorInvalidResourceHandle);
  return std::unique_lock(stream->busy, std::try_to_lock).owns_lock() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int flags) {
  if (find_stream(stream) == nullptr || event == nullptr) return note(cudaErrorInvalidResourceHandle);
  return flags <= cudaEventWaitExternal ? cudaSuccess : note(cudaErrorInvalidValue);
}

cudaError_t cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t callback, void* userData,
                                  unsigned int flags) {
  if (callback == nullptr || flags != 0) return note(cudaErrorInvalidValue);
  return in_stream(stream, [&] {
    callback(stream, cudaSuccess, userData);
    return cudaSuccess;
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void* userData) {
  if (fn == nullptr) return note(cudaErrorInvalidValue);
  return in_stream(stream, [&] {
    fn(userData);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus* status) {
  if (find_stream(stream) == nullptr) return note(cudaErrorInvalidResourceHandle);
  if (status == nullptr) return note(cudaErrorInvalidValue);
  *status = cudaStreamCaptureStatusNone;
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t, enum cudaStreamCaptureMode) { return note(cudaErrorNotSupported); }
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t*) { return note(cudaErrorNotSupported); }
cudaError_t cudaGraphInstantiate(cudaGraphExec_t*, cudaGraph_t, unsigned long long) {
  return note(cudaErrorNotSupported);
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t) { return note(cudaErrorNotSupported); }
cudaError_t cudaGraphDestroy(cudaGraph_t) { return note(cudaErrorNotSupported); }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t) { return note(cudaErrorNotSupported); }

}  // extern "C"
