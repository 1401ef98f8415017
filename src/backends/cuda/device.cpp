// Device over the driver interface.
#include "backends/cuda/device.h"

#include <algorithm>

#include "backends/cuda/gpu.h"

namespace hone::cuda {
namespace {

DevicePointer address(const void* p) { return reinterpret_cast<DevicePointer>(p); }
Stream stream_of(void* s) { return static_cast<Stream>(s); }
Event event_of(void* e) { return static_cast<Event>(e); }

class CudaDevice final : public Device {
 public:
  CudaDevice() : d_(driver()) { enter_context(); }

  void* allocate(size_t bytes) const override {
    enter_context();
    DevicePointer p = 0;
    const Result r = d_.memory_allocate(&p, bytes == 0 ? 1 : bytes);
    require<ModelError>(r != kErrorOutOfMemory, "out of GPU memory: {} bytes asked for, {} free", bytes, free_memory());
    check(r, "allocating memory");
    return reinterpret_cast<void*>(p);
  }
  void release(void* p) const noexcept override {
    if (p != nullptr && try_enter_context() == kSuccess) d_.memory_free(address(p));
  }
  void upload(void* to, const void* from, size_t bytes, void* stream) const override {
    if (bytes == 0) return;
    enter_context();
    check(d_.copy_to_device(address(to), from, bytes, stream_of(stream)), "copying to the GPU");
    // Pageable memory was staged by the driver; pinned memory is read while the copy runs.
    if (is_pinned(from)) synchronize(stream);
  }
  void download(void* to, const void* from, size_t bytes, void* stream) const override {
    if (bytes == 0) return;
    enter_context();
    check(d_.copy_to_host(to, address(from), bytes, stream_of(stream)), "copying from the GPU");
    synchronize(stream);
  }
  void copy(void* to, const void* from, size_t bytes, void* stream) const override {
    if (bytes == 0) return;
    enter_context();
    check(d_.copy_on_device(address(to), address(from), bytes, stream_of(stream)), "copying on the GPU");
  }
  void fill(void* to, int byte, size_t bytes, void* stream) const override {
    if (bytes == 0) return;
    enter_context();
    check(d_.fill(address(to), static_cast<unsigned char>(byte), bytes, stream_of(stream)), "filling memory");
  }

  void synchronize(void* stream) const override {
    enter_context();
    check(d_.stream_synchronize(stream_of(stream)), "waiting for a stream");
  }
  void* create_stream() const override {
    enter_context();
    Stream s = nullptr;
    check(d_.stream_create(&s, kStreamNonBlocking), "creating a stream");
    return s;
  }
  void destroy_stream(void* stream) const noexcept override {
    if (stream != nullptr && try_enter_context() == kSuccess) d_.stream_destroy(stream_of(stream));
  }

  void* create_event() const override {
    enter_context();
    Event e = nullptr;
    check(d_.event_create(&e, kEventDefault), "creating an event");
    return e;
  }
  void destroy_event(void* event) const noexcept override {
    if (event != nullptr && try_enter_context() == kSuccess) d_.event_destroy(event_of(event));
  }
  void record(void* event, void* stream) const override {
    enter_context();
    check(d_.event_record(event_of(event), stream_of(stream)), "recording an event");
  }
  void wait(void* stream, void* event) const override {
    enter_context();
    check(d_.stream_wait(stream_of(stream), event_of(event), 0), "letting a stream wait");
  }
  double elapsed_us(void* begin, void* end) const override {
    enter_context();
    check(d_.event_synchronize(event_of(end)), "waiting for an event");
    float ms = 0;
    check(d_.event_elapsed(&ms, event_of(begin), event_of(end)), "reading the time between events");
    return static_cast<double>(ms) * 1e3;
  }

  bool begin_capture(void* stream) const override {
    if (stream == nullptr) return false;  // the default stream cannot be captured
    enter_context();
    // Relaxed: other threads may allocate and load code meanwhile, and so may the libraries called during the capture.
    return d_.capture_begin(stream_of(stream), kCaptureRelaxed) == kSuccess;
  }
  void* end_capture(void* stream) const override {
    enter_context();
    Graph graph = nullptr;
    const Result r = d_.capture_end(stream_of(stream), &graph);
    if (r != kSuccess || graph == nullptr) return nullptr;
    GraphExec exec = nullptr;
    const Result made = d_.graph_instantiate(&exec, graph, 0);
    d_.graph_destroy(graph);
    check(made, "making a graph of captured launches");
    return exec;
  }
  void launch_graph(void* graph, void* stream) const override {
    enter_context();
    check(d_.graph_launch(static_cast<GraphExec>(graph), stream_of(stream)), "launching a graph");
  }
  void destroy_graph(void* graph) const noexcept override {
    if (graph != nullptr && try_enter_context() == kSuccess) d_.graph_exec_destroy(static_cast<GraphExec>(graph));
  }
  bool is_capturing(void* stream) const override {
    enter_context();
    int status = kCaptureStatusNone;
    check(d_.capture_status(stream_of(stream), &status), "asking whether a stream is captured");
    return status != kCaptureStatusNone;
  }

  size_t free_memory() const override {
    enter_context();
    size_t free = 0, total = 0;
    check(d_.memory_info(&free, &total), "asking for free memory");
    return free;
  }

  size_t persistent_cache() const override {
    const bool able = d_.context_set_limit != nullptr && d_.context_get_limit != nullptr &&
                      d_.stream_set_attribute != nullptr && attribute(kAttributeAccessWindow) > 0;
    return able ? attribute(kAttributePersistingCache) : 0;
  }
  void keep_in_cache(void* data, size_t bytes, size_t limit, void* stream) const override {
    if (bytes == 0 || persistent_cache() == 0) return;
    enter_context();
    AttributeValue v{};
    v.window.base = data;
    if (limit > 0) {
      reserve_cache(limit);
      v.window.bytes = std::min(bytes, attribute(kAttributeAccessWindow));
      v.window.hit_ratio = std::min(1.0F, static_cast<float>(limit) / static_cast<float>(v.window.bytes));
      v.window.hit = kAccessPersisting, v.window.miss = kAccessStreaming;
    }
    check(d_.stream_set_attribute(stream_of(stream), kStreamAccessWindow, &v), "keeping data in the cache");
  }

  std::string take_error() const noexcept override { return take_launch_error(); }

 private:
  // 0 where the driver does not know the question.
  size_t attribute(int which) const {
    int value = 0;
    return d_.device_attribute(&value, which, 0) == kSuccess && value > 0 ? static_cast<size_t>(value) : 0;
  }
  // The process's other contexts share what is set aside: it only grows.
  void reserve_cache(size_t bytes) const {
    size_t now = 0;
    check(d_.context_get_limit(&now, kLimitPersistingCache), "asking for the cache set aside");
    if (now < bytes) check(d_.context_set_limit(kLimitPersistingCache, bytes), "setting cache aside");
  }
  bool is_pinned(const void* p) const {
    unsigned type = 0;
    return d_.pointer_attribute(&type, kPointerMemoryType, address(p)) == kSuccess && type == kMemoryTypeHost;
  }
  const DriverApi& d_;
};

}  // namespace

const Device& cuda_device() {
  static const CudaDevice device;
  return device;
}

}  // namespace hone::cuda
