// Events of the host stand-in: the time of the last record. Since work is done in the call, a recorded event has
// happened.
#include <mutex>
#include <new>
#include <set>

#include "host_cudart/state.h"

namespace {

using hone::host_cudart::note;

struct Events {
  std::mutex mutex;
  std::set<CUevent_st*> made;
};

/// Lives to the end of the process, so that destructors of static objects may still use events.
Events& events() noexcept {
  static Events* const all = new Events;
  return *all;
}

bool is_event(cudaEvent_t event) noexcept {
  std::lock_guard lock(events().mutex);
  return events().made.count(event) != 0;
}

cudaError_t check(cudaEvent_t event) noexcept {
  return is_event(event) ? cudaSuccess : note(cudaErrorInvalidResourceHandle);
}

}  // namespace

extern "C" {

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  unsigned int const known = cudaEventBlockingSync | cudaEventDisableTiming | cudaEventInterprocess;
  if (event == nullptr || (flags & ~known) != 0) return note(cudaErrorInvalidValue);
  if ((flags & cudaEventInterprocess) != 0) return note(cudaErrorNotSupported);
  auto* made = new (std::nothrow) CUevent_st;
  if (made == nullptr) return note(cudaErrorMemoryAllocation);
  made->flags = flags;
  try {
    std::lock_guard lock(events().mutex);
    events().made.insert(made);
  } catch (std::bad_alloc const&) {
    delete made;
    return note(cudaErrorMemoryAllocation);
  }
  *event = made;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return hone::host_cudart::in_stream(stream, [&] {
    std::lock_guard lock(events().mutex);
    if (events().made.count(event) == 0) return cudaErrorInvalidResourceHandle;
    event->time = std::chrono::steady_clock::now();
    event->recorded = true;
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned int flags) {
  if (flags > cudaEventRecordExternal) return note(cudaErrorInvalidValue);
  return cudaEventRecord(event, stream);
}

cudaError_t cudaEventQuery(cudaEvent_t event) { return check(event); }

cudaError_t cudaEventSynchronize(cudaEvent_t event) { return check(event); }

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  if (ms == nullptr) return note(cudaErrorInvalidValue);
  std::lock_guard lock(events().mutex);
  for (cudaEvent_t event : {start, end}) {
    if (events().made.count(event) == 0) return note(cudaErrorInvalidResourceHandle);
    if (!event->recorded || (event->flags & cudaEventDisableTiming) != 0) return note(cudaErrorInvalidResourceHandle);
  }
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  {
    std::lock_guard lock(events().mutex);
    if (events().made.erase(event) == 0) return note(cudaErrorInvalidResourceHandle);
  }
  delete event;
  return cudaSuccess;
}

}  // extern "C"
