// Loading plans from memory, streams and files.
#include "api/runtime.h"

#include <algorithm>
#include <cstring>

#include "api/build.h"
#include "base/parallel.h"
#include "hone/stream_reader.h"
#include "plan/header.h"
#include "plan/plan.h"

namespace hone::api {
namespace {

// What begins as a plan tells how long it is; the reader proper checks everything.
size_t announced_size(const std::byte* head) {
  plan::Header h;
  std::memcpy(&h, head, sizeof(h));
  require<ModelError>(std::memcmp(h.magic, plan::kMagic, sizeof(h.magic)) == 0, "this is not a Hone plan");
  const uint64_t size = h.data_offset + h.data_size;
  require<ModelError>(size >= h.data_offset && size < (uint64_t{1} << 46), "damaged plan: it claims {} bytes", size);
  return std::max<size_t>(size, sizeof(h));
}

// Reads with `read(destination, bytes)` until it has `size` bytes or the stream ends.
template <class F>
size_t read_up_to(std::byte* to, size_t size, F&& read) {
  size_t done = 0;
  while (done < size) {
    const int64_t n = read(to + done, static_cast<int64_t>(size - done));
    require<ModelError>(n >= 0 && static_cast<uint64_t>(n) <= size - done, "the stream reader failed after {} bytes",
                        done);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

template <class F>
std::unique_ptr<plan::Plan> read_stream(F&& read) {
  std::byte head[sizeof(plan::Header)];
  const size_t got = read_up_to(head, sizeof(head), read);
  require<ModelError>(got == sizeof(head), "damaged plan: the stream ends after {} bytes", got);
  const size_t size = announced_size(head);
  std::byte* memory = nullptr;
  const Blob image = Blob::allocate(size, &memory);
  std::memcpy(memory, head, sizeof(head));
  const size_t rest = read_up_to(memory + sizeof(head), size - sizeof(head), read);
  return plan::read({memory, sizeof(head) + rest}, image.owner);
}

}  // namespace

nv::ICudaEngine* Runtime::start(std::unique_ptr<plan::Plan> plan) {
  const Backend& backend = backend_of(plan->device);
  return new Engine(runtime::Engine::create(std::move(plan), backend, threads_), reporter_, allocator_);
}

nv::ICudaEngine* Runtime::deserializeCudaEngine(void const* blob, std::size_t size) noexcept {
  return guarded(reporter_, "IRuntime::deserializeCudaEngine", static_cast<nv::ICudaEngine*>(nullptr), [&] {
    require<ModelError>(blob != nullptr && size != 0, "the plan is empty");
    std::byte* memory = nullptr;
    const Blob image = Blob::allocate(size, &memory);
    constexpr size_t kPart = size_t{1} << 20;
    parallel_for(static_cast<int64_t>(size / kPart + 1), 4, [&](int64_t begin, int64_t end) {
      const size_t from = static_cast<size_t>(begin) * kPart, to = std::min(size, static_cast<size_t>(end) * kPart);
      if (from < to) std::memcpy(memory + from, static_cast<const std::byte*>(blob) + from, to - from);
    });
    return start(plan::read({memory, size}, image.owner));
  });
}

nv::ICudaEngine* Runtime::deserializeCudaEngine(nv::IStreamReader& streamReader) noexcept {
  return guarded(reporter_, "IRuntime::deserializeCudaEngine", static_cast<nv::ICudaEngine*>(nullptr), [&] {
    return start(read_stream([&](void* to, int64_t n) { return std::max<int64_t>(0, streamReader.read(to, n)); }));
  });
}

nv::ICudaEngine* Runtime::deserializeCudaEngine(nv::IStreamReaderV2& streamReader) noexcept {
  return guarded(reporter_, "IRuntime::deserializeCudaEngine", static_cast<nv::ICudaEngine*>(nullptr), [&] {
    return start(read_stream([&](void* to, int64_t n) { return streamReader.read(to, n, nullptr); }));
  });
}

nv::ICudaEngine* Runtime::deserializeCudaEngineFromFile(char const* path) noexcept {
  return guarded(reporter_, "IRuntime::deserializeCudaEngineFromFile", static_cast<nv::ICudaEngine*>(nullptr), [&] {
    require<ModelError>(path != nullptr, "the path is null");
    return start(plan::read_file(path));
  });
}

bool Runtime::setMaxThreads(int32_t maxThreads) noexcept {
  if (maxThreads < 1) return false;
  max_threads_ = maxThreads;
  return true;
}

void Runtime::setTemporaryDirectory(char const* path) noexcept {
  guarded(reporter_, "IRuntime::setTemporaryDirectory", [&] { directory_ = path != nullptr ? path : ""; });
}

nv::IRuntime* Runtime::loadRuntime(char const*) noexcept {
  return guarded(reporter_, "IRuntime::loadRuntime", static_cast<nv::IRuntime*>(nullptr), [&]() -> nv::IRuntime* {
    fail<Unsupported>("runtimes of other versions cannot be loaded; build the plan again with this version");
  });
}

void Runtime::setCpuThreads(int32_t nbThreads) noexcept {
  guarded(reporter_, "IRuntime::setCpuThreads", [&] {
    require<ModelError>(nbThreads >= 0 && nbThreads <= 1024,
                        "the number of threads is {}; allowed are 0 (as the plan says) to 1024", nbThreads);
    threads_ = nbThreads;
  });
}

}  // namespace hone::api

extern "C" {

void* createInferRuntime_INTERNAL(void* logger, int32_t /*version*/) noexcept {
  using hone::api::Reporter;
  auto* log = static_cast<nvinfer1::ILogger*>(logger);
  const Reporter reporter(log);
  return hone::api::guarded(reporter, "createInferRuntime", static_cast<void*>(nullptr), [&]() -> void* {
    hone::cpu_backend();
    return static_cast<nvinfer1::IRuntime*>(new hone::api::Runtime(log));
  });
}
char const* honePlanVersion(void const* plan, std::size_t size) noexcept {
  thread_local std::string version;
  try {
    version = hone::plan::builder_version({static_cast<const std::byte*>(plan), plan != nullptr ? size : 0});
    return version.c_str();
  } catch (const std::exception&) {
    return nullptr;
  }
}
int32_t getInferLibVersion() noexcept { return NV_TENSORRT_VERSION; }
int32_t getInferLibMajorVersion() noexcept { return NV_TENSORRT_MAJOR; }
int32_t getInferLibMinorVersion() noexcept { return NV_TENSORRT_MINOR; }
int32_t getInferLibPatchVersion() noexcept { return NV_TENSORRT_PATCH; }
int32_t getInferLibBuildVersion() noexcept { return NV_TENSORRT_BUILD; }
}
