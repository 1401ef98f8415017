// Filling the tables, and the driver's errors as exceptions.
#include "backends/cuda/driver/api.h"

#include <algorithm>
#include <vector>

#include "backends/cuda/driver/library.h"
#include "base/error.h"

namespace hone::cuda {
namespace {

template <class F>
bool find(void* library, const char* symbol, F* function) {
  *function = reinterpret_cast<F>(find_symbol(library, symbol));
  return *function != nullptr;
}

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

std::string text_of(const DriverApi& api, Result r) {
  const char *symbol = nullptr, *text = nullptr;
  if (api.error_name(r, &symbol) != kSuccess || symbol == nullptr) return fmt::format("error {}", r);
  return api.error_string(r, &text) == kSuccess && text != nullptr ? fmt::format("{}: {}", symbol, text) : symbol;
}

// A table and why there is none.
template <class Api>
struct Loaded {
  Api api;
  std::string why_not;
  bool there = false;
  explicit Loaded(bool (*load)(Api*, std::string*)) : there(load(&api, &why_not)) {}
};

const Loaded<DriverApi>& loaded_driver() {
  static const Loaded<DriverApi> loaded(load_driver);
  return loaded;
}

const Loaded<NvrtcApi>& loaded_nvrtc() {
  static const Loaded<NvrtcApi> loaded(load_nvrtc);
  return loaded;
}

}  // namespace

bool load_driver(DriverApi* api, std::string* why_not) {
  std::string text;
  void* library = open_library("HONE_CUDA_DRIVER", {"libcuda.so.1"}, {}, &text);
  if (library == nullptr) {
    *why_not = "there is no NVIDIA driver (" + text + ")";
    return false;
  }
  // The version first, so that an old driver is called old and not damaged.
  if (!find(library, "cuDriverGetVersion", &api->driver_version) || api->driver_version(&api->version) != kSuccess) {
    *why_not = "the NVIDIA driver's library lacks cuDriverGetVersion";
    return false;
  }
  if (api->version < kOldestDriver) {
    *why_not = fmt::format("the NVIDIA driver is too old: it supports CUDA {}, Hone needs {}",
                           version_text(api->version), version_text(kOldestDriver));
    return false;
  }
#define HONE_CUDA_FUNCTION(name, symbol, ...)                             \
  if (!find(library, #symbol, &api->name)) {                              \
    *why_not = "the NVIDIA driver's library lacks the function " #symbol; \
    return false;                                                         \
  }
#define HONE_CUDA_OPTIONAL(name, symbol, ...) find(library, #symbol, &api->name);
#include "backends/cuda/driver/driver.def"
#undef HONE_CUDA_OPTIONAL
#undef HONE_CUDA_FUNCTION
  int count = 0;
  Result r = api->init(0);
  if (r == kSuccess) r = api->device_count(&count);
  if (r == kErrorNoDevice || (r == kSuccess && count == 0)) {
    *why_not = "the NVIDIA driver finds no GPU";
    return false;
  }
  if (r != kSuccess) {
    *why_not = "the NVIDIA driver does not start (" + text_of(*api, r) + ")";
    return false;
  }
  return true;
}

namespace {

// Newest first; but machine code of a compiler that is newer than the driver need not load, so a driver for CUDA 12
// prefers the compilers of its own time.
std::vector<std::string> compiler_names() {
  std::vector<std::string> names{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"};
  DriverApi d;
  std::string why_not;
  if (load_driver(&d, &why_not) && d.version < 13000) std::rotate(names.begin(), names.begin() + 1, names.begin() + 3);
  return names;
}

}  // namespace

bool load_nvrtc(NvrtcApi* api, std::string* why_not) {
  std::string text;
  void* library = open_library("HONE_NVRTC", compiler_names(), toolkit_folders(), &text);
  if (library == nullptr) {
    *why_not = "there is no NVRTC, the compiler that makes GPU kernels (" + text +
               "); install package cuda-nvrtc or set HONE_NVRTC to its library";
    return false;
  }
#define HONE_NVRTC_FUNCTION(name, symbol, ...)                     \
  if (!find(library, #symbol, &api->name)) {                       \
    *why_not = "NVRTC is too old: it lacks the function " #symbol; \
    return false;                                                  \
  }
#include "backends/cuda/driver/nvrtc.def"
#undef HONE_NVRTC_FUNCTION
  int count = 0;
  if (api->version(&api->major, &api->minor) != kSuccess || api->architecture_count(&count) != kSuccess || count <= 0) {
    *why_not = "NVRTC does not answer";
    return false;
  }
  std::vector<int> list(static_cast<size_t>(count));
  if (api->architectures(list.data()) != kSuccess) {
    *why_not = "NVRTC does not name its architectures";
    return false;
  }
  api->supported = " ";
  for (int a : list) {
    api->supported += std::to_string(a) + " ";
    if (a > api->newest_architecture) api->newest_architecture = a;
  }
  return true;
}

bool NvrtcApi::supports(int architecture) const {
  return supported.find(" " + std::to_string(architecture) + " ") != std::string::npos;
}

const DriverApi* find_driver(std::string* why_not) {
  const auto& l = loaded_driver();
  if (!l.there && why_not != nullptr) *why_not = l.why_not;
  return l.there ? &l.api : nullptr;
}

const NvrtcApi* find_nvrtc(std::string* why_not) {
  const auto& l = loaded_nvrtc();
  if (!l.there && why_not != nullptr) *why_not = l.why_not;
  return l.there ? &l.api : nullptr;
}

const DriverApi& driver() {
  const auto& l = loaded_driver();
  require<Unsupported>(l.there, "no GPU can be used: {}", l.why_not);
  return l.api;
}

const NvrtcApi& nvrtc() {
  const auto& l = loaded_nvrtc();
  require<Unsupported>(l.there, "GPU kernels cannot be compiled: {}", l.why_not);
  return l.api;
}

std::string error_text(Result r) { return text_of(driver(), r); }

void check(Result r, const char* what) {
  if (r == kSuccess) [[likely]]
    return;
  require<ModelError>(r != kErrorOutOfMemory, "out of GPU memory: {} ({})", what, error_text(r));
  fail<InternalError>("the GPU failed: {}: {}", what, error_text(r));
}

}  // namespace hone::cuda
