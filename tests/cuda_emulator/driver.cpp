// The functions of libcuda that the backend calls, over the emulated device. Streams do their work at once; captured
// ones keep it for later.
#include <chrono>
#include <cstring>
#include <string>

#include "exports.h"
#include "state.h"

namespace hone::emulator {

struct CapturedGraph {
  std::vector<Work> works;
  bool broken = false;
};
using Capture = std::shared_ptr<CapturedGraph>;

}  // namespace hone::emulator

namespace hone::cuda {

struct StreamHandle {
  emulator::Capture capture;
};
struct EventHandle {
  double microseconds = -1;
  emulator::Capture capture;  // where it was recorded in a captured stream
};
struct GraphHandle {
  emulator::Capture works;
};
struct GraphExecHandle {
  emulator::Capture works;
};

}  // namespace hone::cuda

namespace hone::emulator {

Result enqueue(Stream s, Work work) {
  if (s == nullptr || s->capture == nullptr) return work();
  s->capture->works.push_back(std::move(work));
  return kSuccess;
}

namespace {

int context_object;
const auto the_context = reinterpret_cast<Context>(&context_object);
thread_local Context context_of_thread = nullptr;
size_t cache_set_aside = 0;

std::map<Stream, std::unique_ptr<StreamHandle>>& streams() {
  static auto* m = new std::map<Stream, std::unique_ptr<StreamHandle>>;
  return *m;
}
bool is_stream(Stream s) { return s == nullptr || streams().count(s) != 0; }

void* host(DevicePointer p) { return reinterpret_cast<void*>(p); }

double now_us() {
  using namespace std::chrono;
  return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

// What every call on a stream checks first.
Result check_call(Stream s) {
  if (context_of_thread != the_context) return report(kErrorInvalidContext, "a call on a thread without context");
  return is_stream(s) ? kSuccess : kErrorInvalidHandle;
}

Result check_memory(DevicePointer p, size_t bytes) {
  return is_device_memory(p, bytes) ? kSuccess : report(kErrorInvalidValue, "a copy outside of device memory");
}

Result copy(Stream s, void* to, const void* from, size_t bytes) {
  return enqueue(s, [=] {
    std::memmove(to, from, bytes);
    return kSuccess;
  });
}

struct Named {
  const char* text;
  int value;
};
const char* name_of(Result r) {
  static const Named names[] = {
#define HONE_CUDA_CONSTANT(name, theirs, value) {#theirs, value},
#include "backends/cuda/driver/constants.def"
#undef HONE_CUDA_CONSTANT
  };
  for (const Named& n : names)
    if (n.value == r && std::strncmp(n.text, "CUDA_", 5) == 0) return n.text;
  return nullptr;
}

// Several links of one capture end together.
void end_capture_of(const Capture& c) {
  for (auto& [handle, s] : streams())
    if (s->capture == c) s->capture = nullptr;
}

}  // namespace
}  // namespace hone::emulator

namespace hone::cuda {
using namespace hone::emulator;
using Lock = std::lock_guard<std::recursive_mutex>;

#define HONE_TRY(expression) \
  if (const Result r_ = (expression); r_ != kSuccess) return r_

extern "C" {

Result cuInit(unsigned) { return setting("HONE_EMULATED_DEVICES", 1) > 0 ? kSuccess : kErrorNoDevice; }
Result cuDriverGetVersion(int* version) {
  *version = setting("HONE_EMULATED_DRIVER", 13000);
  return kSuccess;
}
Result cuGetErrorName(Result error, const char** text) {
  *text = name_of(error);
  return *text != nullptr ? kSuccess : kErrorInvalidValue;
}
Result cuGetErrorString(Result error, const char** text) {
  *text = name_of(error) != nullptr ? "reported by the emulator" : nullptr;
  return *text != nullptr ? kSuccess : kErrorInvalidValue;
}
Result cuDeviceGetCount(int* count) {
  *count = setting("HONE_EMULATED_DEVICES", 1);
  return kSuccess;
}
Result cuDeviceGet(DeviceOrdinal* device, int ordinal) {
  *device = ordinal;
  return ordinal >= 0 && ordinal < setting("HONE_EMULATED_DEVICES", 1) ? kSuccess : kErrorInvalidValue;
}
Result cuDeviceGetName(char* name, int size, DeviceOrdinal) {
  std::strncpy(name, "Emulated GPU", static_cast<size_t>(size));
  return kSuccess;
}
Result cuDeviceGetAttribute(int* value, int attribute, DeviceOrdinal) {
  const int capability = setting("HONE_EMULATED_CAPABILITY", 80);
  switch (attribute) {
    case kAttributeMajor:
      *value = capability / 10;
      return kSuccess;
    case kAttributeMinor:
      *value = capability % 10;
      return kSuccess;
    case kAttributeMultiprocessors:
      *value = 4;
      return kSuccess;
    case kAttributeSharedPerBlock:
      *value = (capability == 80 ? 163 : capability < 80 ? 64 : capability < 90 ? 99 : 227) << 10;
      return kSuccess;
    case kAttributeL2Bytes:
      *value = 4 << 20;
      return kSuccess;
    case kAttributePersistingCache:
      *value = 3 << 20;
      return kSuccess;
    case kAttributeAccessWindow:
      *value = 128 << 20;
      return kSuccess;
    default:
      return kErrorInvalidValue;
  }
}
Result cuDevicePrimaryCtxRetain(Context* context, DeviceOrdinal) {
  *context = the_context;
  return kSuccess;
}
Result cuCtxSetCurrent(Context context) {
  context_of_thread = context;
  return kSuccess;
}
Result cuCtxGetCurrent(Context* context) {
  *context = context_of_thread;
  return kSuccess;
}

Result cuCtxSetLimit(int limit, size_t value) {
  HONE_TRY(check_call(nullptr));
  if (limit != kLimitPersistingCache || value > size_t{3} << 20) return kErrorInvalidValue;
  cache_set_aside = value;
  return kSuccess;
}
Result cuCtxGetLimit(size_t* value, int limit) {
  HONE_TRY(check_call(nullptr));
  if (limit != kLimitPersistingCache) return kErrorInvalidValue;
  *value = cache_set_aside;
  return kSuccess;
}
Result cuStreamSetAttribute(Stream stream, int attribute, const AttributeValue* value) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  const AccessWindow& w = value->window;
  if (attribute != kStreamAccessWindow || !(w.hit_ratio >= 0 && w.hit_ratio <= 1) || w.miss == kAccessPersisting)
    return report(kErrorInvalidValue, "a stream's attribute");
  return check_memory(reinterpret_cast<DevicePointer>(w.base), w.bytes);
}

Result cuMemAlloc_v2(DevicePointer* pointer, size_t bytes) {
  const Lock l(lock());
  HONE_TRY(check_call(nullptr));
  return allocate(pointer, bytes);
}
Result cuMemFree_v2(DevicePointer pointer) {
  const Lock l(lock());
  HONE_TRY(check_call(nullptr));
  return free_memory(pointer);
}
Result cuMemGetInfo_v2(size_t* free, size_t* total) {
  const Lock l(lock());
  *total = static_cast<size_t>(setting("HONE_EMULATED_MEMORY_MB", 8192)) << 20;
  *free = *total - allocated_bytes();
  return kSuccess;
}
Result cuPointerGetAttribute(void* data, int attribute, DevicePointer pointer) {
  const Lock l(lock());
  if (attribute != kPointerMemoryType || !is_device_memory(pointer, 0)) return kErrorInvalidValue;
  const unsigned device_memory = 2;
  std::memcpy(data, &device_memory, sizeof(device_memory));
  return kSuccess;
}
Result cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, size_t bytes, Stream stream) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  HONE_TRY(check_memory(to, bytes));
  return copy(stream, host(to), from, bytes);
}
Result cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, size_t bytes, Stream stream) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  HONE_TRY(check_memory(from, bytes));
  return copy(stream, to, host(from), bytes);
}
Result cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, size_t bytes, Stream stream) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  HONE_TRY(check_memory(to, bytes));
  HONE_TRY(check_memory(from, bytes));
  return copy(stream, host(to), host(from), bytes);
}
Result cuMemsetD8Async(DevicePointer to, unsigned char byte, size_t bytes, Stream stream) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  HONE_TRY(check_memory(to, bytes));
  return enqueue(stream, [=] {
    std::memset(host(to), byte, bytes);
    return kSuccess;
  });
}

Result cuStreamCreate(Stream* stream, unsigned) {
  const Lock l(lock());
  HONE_TRY(check_call(nullptr));
  auto s = std::make_unique<StreamHandle>();
  *stream = s.get();
  streams()[*stream] = std::move(s);
  return kSuccess;
}
Result cuStreamDestroy_v2(Stream stream) {
  const Lock l(lock());
  return streams().erase(stream) == 1 ? kSuccess : kErrorInvalidHandle;
}
Result cuStreamSynchronize(Stream stream) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  if (stream == nullptr || stream->capture == nullptr) return kSuccess;
  stream->capture->broken = true;
  return report(kErrorCaptureUnsupported, "a captured stream is waited for");
}
Result cuStreamWaitEvent(Stream stream, Event event, unsigned) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  if (event->capture != nullptr && stream != nullptr) stream->capture = event->capture;  // joins the capture
  return kSuccess;
}
Result cuEventCreate(Event* event, unsigned) {
  *event = new EventHandle;
  return kSuccess;
}
Result cuEventDestroy_v2(Event event) {
  delete event;
  return kSuccess;
}
Result cuEventRecord(Event event, Stream stream) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  event->capture = stream != nullptr ? stream->capture : nullptr;
  event->microseconds = now_us();
  return kSuccess;
}
Result cuEventSynchronize(Event event) {
  return event->capture == nullptr ? kSuccess : report(kErrorCaptureUnsupported, "a captured event is waited for");
}
Result cuEventElapsedTime(float* milliseconds, Event begin, Event end) {
  if (begin->microseconds < 0 || end->microseconds < 0) return kErrorInvalidHandle;
  *milliseconds = static_cast<float>((end->microseconds - begin->microseconds) / 1e3);
  return kSuccess;
}

Result cuStreamBeginCapture_v2(Stream stream, int) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  if (stream == nullptr || stream->capture != nullptr) return kErrorCaptureUnsupported;
  stream->capture = std::make_shared<CapturedGraph>();
  return kSuccess;
}
Result cuStreamEndCapture(Stream stream, Graph* graph) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  *graph = nullptr;
  if (stream == nullptr || stream->capture == nullptr) return kErrorInvalidValue;
  const Capture c = stream->capture;
  end_capture_of(c);
  if (c->broken) return kErrorCaptureInvalidated;
  *graph = new GraphHandle{c};
  return kSuccess;
}
Result cuStreamIsCapturing(Stream stream, int* status) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  *status = stream == nullptr || stream->capture == nullptr ? kCaptureStatusNone
            : stream->capture->broken                       ? kCaptureStatusInvalidated
                                                            : kCaptureStatusActive;
  return kSuccess;
}
Result cuGraphInstantiateWithFlags(GraphExec* exec, Graph graph, unsigned long long) {
  *exec = new GraphExecHandle{graph->works};
  return kSuccess;
}
Result cuGraphDestroy(Graph graph) {
  delete graph;
  return kSuccess;
}
Result cuGraphExecDestroy(GraphExec exec) {
  delete exec;
  return kSuccess;
}
Result cuGraphLaunch(GraphExec exec, Stream stream) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  for (const Work& w : exec->works->works) HONE_TRY(enqueue(stream, w));
  return kSuccess;
}

Result cuLaunchKernel(Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                      unsigned block_y, unsigned block_z, unsigned shared_bytes, Stream stream, void** parameters,
                      void**) {
  const Lock l(lock());
  HONE_TRY(check_call(stream));
  // The values are copied: the caller's may be gone when a captured launch runs.
  const EmulatedKernel* kernel = kernel_of(function);
  std::vector<std::vector<std::max_align_t>> values;
  for (unsigned i = 0; i < kernel->count; ++i) {
    if (parameters[i] == nullptr) return report(kErrorInvalidValue, "a kernel is given too few parameters");
    values.emplace_back(kernel->sizes[i] / sizeof(std::max_align_t) + 1);
    std::memcpy(values.back().data(), parameters[i], kernel->sizes[i]);
  }
  if (parameters[kernel->count] != nullptr) return report(kErrorInvalidValue, "a kernel is given too many parameters");
  const EmulatedDim grid{grid_x, grid_y, grid_z}, block{block_x, block_y, block_z};
  return enqueue(stream, [=, values = std::move(values)]() mutable {
    std::vector<void*> pointers;
    for (auto& v : values) pointers.push_back(v.data());
    return run_kernel(function, grid, block, shared_bytes, pointers);
  });
}
// Writes what bulk::Map of the emulated "bulk.cuh" reads.
Result cuTensorMapEncodeTiled(void* map, int type, uint32_t rank, void* data, const uint64_t* dims,
                              const uint64_t* strides, const uint32_t* box, const uint32_t* steps, int interleave,
                              int swizzle, int promotion, int fill) {
  const auto aligned = [](uint64_t v) { return v % 16 == 0; };
  if ((type != kMapOfHalf && type != kMapOfBrainFloat) || rank != 3 || interleave != kMapInterleaveNone ||
      swizzle != kMapSwizzle128 || promotion < 0 || promotion > kMapPromote256 || fill != kMapFillZeros ||
      box[0] != 64 || box[1] < 1 || box[1] > 256 || box[2] != 1)
    return kErrorInvalidValue;
  if (!aligned(reinterpret_cast<uint64_t>(data)) || !aligned(strides[0]) || !aligned(strides[1]))
    return kErrorInvalidValue;
  for (int i = 0; i < 3; ++i)
    if (dims[i] < 1 || dims[i] > uint64_t{1} << 32 || steps[i] != 1) return kErrorInvalidValue;
  struct {
    void* data;
    uint64_t dims[3], strides[2];
    uint32_t rows, element_bytes;
    char unused[72];
  } m = {data, {dims[0], dims[1], dims[2]}, {strides[0], strides[1]}, box[1], 2, {}};
  static_assert(sizeof(m) == 128);
  std::memcpy(map, &m, sizeof(m));
  return kSuccess;
}

Result cuLaunchKernelEx(const LaunchConfig* c, Function function, void** parameters, void** extra) {
  return cuLaunchKernel(function, c->grid_x, c->grid_y, c->grid_z, c->block_x, c->block_y, c->block_z, c->shared_bytes,
                        c->stream, parameters, extra);
}

}  // extern "C"
}  // namespace hone::cuda
