// The map of compiled kernels and the modules loaded from them.
#include "backends/cuda/modules.h"

#include <cstring>
#include <map>
#include <mutex>

#include "backends/cuda/compiler.h"
#include "backends/cuda/device_headers.h"
#include "backends/cuda/disk_cache.h"
#include "backends/cuda/gpu.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hone::cuda {
namespace {

constexpr unsigned kSharedWithoutAsking = 48u << 10;

class LoadedModule {
 public:
  explicit LoadedModule(Module m) : module_(m) {}
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;
  ~LoadedModule() {
    if (try_enter_context() == kSuccess) driver().module_unload(module_);
  }
  Function function(const std::string& name) const {
    Function f = nullptr;
    const Result r = driver().module_function(&f, module_, name.c_str());
    require<InternalError>(r == kSuccess, "compiled code has no kernel '{}' ({})", name, error_text(r));
    return f;
  }
  /// Raises what the function may ask for; never lowers it, since others may hold the function too.
  void allow_shared(Function f, unsigned bytes) {
    if (bytes <= kSharedWithoutAsking || bytes <= shared_[f]) return;
    const Result r = driver().function_set_attribute(f, kFunctionMaxDynamicShared, static_cast<int>(bytes));
    require<InternalError>(r == kSuccess, "{} bytes of shared memory are refused ({})", bytes, error_text(r));
    shared_[f] = bytes;
  }

 private:
  Module module_;
  std::map<Function, unsigned> shared_;
};

// One source: its code once known, the module while somebody holds it, or why it does not compile.
struct Entry {
  std::mutex mutex;
  Blob code;
  std::weak_ptr<LoadedModule> module;
  std::string error;
};

class Modules {
 public:
  Entry& entry(const std::string& key) {
    const std::lock_guard lock(mutex_);
    return entries_[key];  // nodes of a map stay where they are
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

// Never destroyed: kernels in static objects may outlive any order of destruction.
Modules& modules() {
  static auto* m = new Modules;
  return *m;
}

void ensure_code(Entry* e, const std::string& key, const std::string& source) {
  if (e->code.size > 0) return;
  require<InternalError>(e->error.empty(), "{}", e->error);
  const std::string version = compiler_version(), file = key + "." + version;
  if (!version.empty()) e->code = read_cached(file);
  if (e->code.size > 0) return;
  try {
    e->code = compile_source(source);
  } catch (const InternalError& error) {
    e->error = error.message();
    throw;
  }
  write_cached(file, e->code);
}

std::shared_ptr<LoadedModule> ensure_module(Entry* e) {
  std::shared_ptr<LoadedModule> m = e->module.lock();
  if (m != nullptr) return m;
  Module handle = nullptr;
  const Result r = driver().module_load(&handle, e->code.data);
  require<ModelError>(r != kErrorOutOfMemory, "out of GPU memory for kernels");
  require<InternalError>(r == kSuccess, "the driver does not load a kernel's code ({})", error_text(r));
  m = std::make_shared<LoadedModule>(handle);
  e->module = m;
  return m;
}

std::string hex(const XXH128_hash_t& h) { return fmt::format("{:016x}{:016x}", h.high64, h.low64); }

// What all keys have in common.
const std::string& common_input() {
  static const std::string text = [] {
    std::string t = architecture_name() + '\n';
    for (const std::string& o : compiler_options()) t += o + '\n';
    for (const DeviceHeader& h : device_headers()) t += fmt::format("{}\n{}\n", h.name, h.text);
    return hex(XXH3_128bits(t.data(), t.size()));
  }();
  return text;
}

}  // namespace

std::string code_key(const std::string& source) {
  const std::string text = common_input() + '\n' + source;
  return hex(XXH3_128bits(text.data(), text.size()));
}

CodeImage machine_code(const std::string& source) {
  const std::string key = code_key(source);
  Entry& e = modules().entry(key);
  const std::lock_guard lock(e.mutex);
  ensure_code(&e, key, source);
  return {key, e.code};
}

LoadedFunction load_function(const std::string& source, const std::string& entry, unsigned shared_bytes) {
  enter_context();
  const std::string key = code_key(source);
  Entry& e = modules().entry(key);
  const std::lock_guard lock(e.mutex);
  ensure_code(&e, key, source);
  const std::shared_ptr<LoadedModule> m = ensure_module(&e);
  const Function f = m->function(entry);
  m->allow_shared(f, shared_bytes);
  return {m, f};
}

void provide_machine_code(const CodeImage& image) {
  if (image.code.size == 0) return;
  Entry& e = modules().entry(image.key);
  const std::lock_guard lock(e.mutex);
  if (e.code.size > 0) return;
  std::byte* bytes = nullptr;  // a copy, so that the plan's memory need not stay
  e.code = Blob::allocate(image.code.size, &bytes);
  std::memcpy(bytes, image.code.data, image.code.size);
}

}  // namespace hone::cuda
