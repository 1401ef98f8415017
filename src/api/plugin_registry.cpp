// The registry of plugin creators, and the entry points that lead to it.
#include "api/plugin_registry.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "NvInferPlugin.h"

namespace hone::api {

using namespace nvinfer1;

namespace {

constexpr char kV1Kind[] = "PLUGIN CREATOR_V1";

/// Gives a plugin library the logger in use.
class LoggerFinder final : public ILoggerFinder {
 public:
  ILogger* findLogger() override { return ::getLogger(); }
};

LoggerFinder& logger_finder() noexcept {
  static LoggerFinder finder;
  return finder;
}

IPluginCreator* as_v1(IPluginCreatorInterface& creator) noexcept {
  InterfaceInfo const info = creator.getInterfaceInfo();
  bool const is_v1 = info.kind != nullptr && std::strcmp(info.kind, kV1Kind) == 0;
  return is_v1 ? static_cast<IPluginCreator*>(&creator) : nullptr;
}

std::string text(char const* s) { return s != nullptr ? s : ""; }

template <class T>
T const* give(std::vector<T> const& list, int32_t* count) noexcept {
  if (count != nullptr) *count = static_cast<int32_t>(list.size());
  return list.empty() ? nullptr : list.data();
}

/// Calls a function that a library exports, when it does.
template <class Function, class... Args>
auto call_export(void* library, char const* name, Args&&... args) -> decltype(std::declval<Function>()(args...)) {
  auto const function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) return decltype(function(args...))();
  return function(args...);
}

}  // namespace

PluginRegistry::~PluginRegistry() noexcept {
  for (auto& [key, resource] : resources_) {
    resource.object->release();
    delete resource.object;
  }
  setErrorRecorder(nullptr);
}

bool PluginRegistry::fail(ErrorCode code, std::string const& message) const noexcept {
  if (ILogger* logger = ::getLogger()) logger->log(ILogger::Severity::kERROR, message.c_str());
  if (recorder_ != nullptr) recorder_->reportError(code, message.c_str());
  return false;
}

bool PluginRegistry::registerCreator(IPluginCreator& creator, char const* plugin_namespace) noexcept {
  return registerCreator(static_cast<IPluginCreatorInterface&>(creator), plugin_namespace);
}

bool PluginRegistry::registerCreator(IPluginCreatorInterface& creator, char const* plugin_namespace) noexcept {
  return add(creator, plugin_namespace, nullptr);
}

bool PluginRegistry::add(IPluginCreatorInterface& creator, char const* plugin_namespace, void* library) noexcept {
  try {
    std::lock_guard lock(mutex_);
    IPluginCreator* const v1 = as_v1(creator);
    auto* const v3 = v1 == nullptr ? static_cast<IPluginCreatorV3One*>(&creator) : nullptr;
    Entry entry{text(plugin_namespace),
                text(v1 != nullptr ? v1->getPluginName() : v3->getPluginName()),
                text(v1 != nullptr ? v1->getPluginVersion() : v3->getPluginVersion()),
                &creator,
                v1,
                library};
    if (entry.name.empty()) return fail(ErrorCode::kINVALID_ARGUMENT, "registerCreator: the plugin has no name");
    if (find(entry.name.c_str(), entry.version.c_str(), entry.plugin_namespace.c_str()) != nullptr) {
      return fail(ErrorCode::kINVALID_ARGUMENT, "registerCreator: a creator of '" + entry.name + "', version '" +
                                                    entry.version + "', namespace '" + entry.plugin_namespace +
                                                    "' is already registered");
    }
    if (v1 != nullptr) v1->setPluginNamespace(entry.plugin_namespace.c_str());
    entries_.push_back(std::move(entry));
    list_creators();
    return true;
  } catch (std::exception const& e) {
    return fail(ErrorCode::kUNSPECIFIED_ERROR, std::string("registerCreator: ") + e.what());
  } catch (...) {
    return fail(ErrorCode::kUNSPECIFIED_ERROR, "registerCreator: the creator threw an exception");
  }
}

void PluginRegistry::list_creators() {
  v1_creators_.clear();
  creators_.clear();
  for (Entry const& entry : entries_) {
    creators_.push_back(entry.creator);
    if (entry.v1 != nullptr) v1_creators_.push_back(entry.v1);
  }
}

PluginRegistry::Entry const* PluginRegistry::find(char const* name, char const* version,
                                                  char const* plugin_namespace) const {
  if (name == nullptr || version == nullptr) return nullptr;
  char const* const space = plugin_namespace != nullptr ? plugin_namespace : "";
  auto const found = std::find_if(entries_.begin(), entries_.end(), [&](Entry const& e) {
    return e.name == name && e.version == version && e.plugin_namespace == space;
  });
  return found != entries_.end() ? &*found : nullptr;
}

bool PluginRegistry::deregisterCreator(IPluginCreator const& creator) noexcept {
  return deregisterCreator(static_cast<IPluginCreatorInterface const&>(creator));
}

bool PluginRegistry::deregisterCreator(IPluginCreatorInterface const& creator) noexcept {
  std::lock_guard lock(mutex_);
  auto const found =
      std::find_if(entries_.begin(), entries_.end(), [&](Entry const& e) { return e.creator == &creator; });
  if (found == entries_.end()) return false;
  entries_.erase(found);
  list_creators();
  return true;
}

IPluginCreator* const* PluginRegistry::getPluginCreatorList(int32_t* count) const noexcept {
  std::lock_guard lock(mutex_);
  return give(v1_creators_, count);
}

IPluginCreatorInterface* const* PluginRegistry::getAllCreators(int32_t* count) const noexcept {
  std::lock_guard lock(mutex_);
  return give(creators_, count);
}

IPluginCreatorInterface* const* PluginRegistry::getAllCreatorsRecursive(int32_t* count) noexcept {
  std::lock_guard lock(mutex_);
  creators_and_parents_ = creators_;
  if (parent_ != nullptr && search_parent_) {
    int32_t more = 0;
    auto const* const theirs = parent_->getAllCreatorsRecursive(&more);
    creators_and_parents_.insert(creators_and_parents_.end(), theirs, theirs + more);
  }
  return give(creators_and_parents_, count);
}

IPluginCreatorInterface* PluginRegistry::getCreator(char const* name, char const* version,
                                                    char const* plugin_namespace) noexcept {
  std::lock_guard lock(mutex_);
  if (Entry const* entry = find(name, version, plugin_namespace)) return entry->creator;
  return parent_ != nullptr && search_parent_ ? parent_->getCreator(name, version, plugin_namespace) : nullptr;
}

IPluginCreator* PluginRegistry::getPluginCreator(char const* name, char const* version,
                                                 char const* plugin_namespace) noexcept {
  IPluginCreatorInterface* const creator = getCreator(name, version, plugin_namespace);
  return creator != nullptr ? as_v1(*creator) : nullptr;
}

void PluginRegistry::setErrorRecorder(IErrorRecorder* recorder) noexcept {
  if (recorder != nullptr) recorder->incRefCount();
  if (recorder_ != nullptr) recorder_->decRefCount();
  recorder_ = recorder;
}

IPluginRegistry::PluginLibraryHandle PluginRegistry::loadLibrary(char const* path) noexcept {
  if (path == nullptr) return fail(ErrorCode::kINVALID_ARGUMENT, "loadLibrary: the path is null"), nullptr;
  void* const library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return fail(ErrorCode::kINVALID_ARGUMENT, text(dlerror())), nullptr;
  std::lock_guard lock(mutex_);
  auto const before = static_cast<ptrdiff_t>(entries_.size());
  try {
    if (add_all_of(library)) return library;
    fail(ErrorCode::kINVALID_ARGUMENT, text(path) + ": no creator of this library could be registered");
  } catch (...) {
    fail(ErrorCode::kUNSPECIFIED_ERROR, text(path) + ": the library threw an exception while its creators were asked");
  }
  // Only what this call added goes: the same library may have been loaded before.
  entries_.erase(entries_.begin() + before, entries_.end());
  list_creators();
  dlclose(library);
  return nullptr;
}

/// Adds what a library exports through getCreators() (any kind) or getPluginCreators() (of IPluginV2).
bool PluginRegistry::add_all_of(void* library) {
  call_export<void (*)(ILoggerFinder*)>(library, "setLoggerFinder", &logger_finder());
  bool added = false;
  int32_t count = 0;
  if (auto const* all = call_export<IPluginCreatorInterface* const* (*)(int32_t&)>(library, "getCreators", count)) {
    for (int32_t i = 0; i < count; ++i) {
      IPluginCreator* const v1 = as_v1(*all[i]);
      char const* const space =
          v1 != nullptr ? v1->getPluginNamespace() : static_cast<IPluginCreatorV3One*>(all[i])->getPluginNamespace();
      added |= add(*all[i], space, library);
    }
    return added;
  }
  if (auto const* all = call_export<IPluginCreator* const* (*)(int32_t&)>(library, "getPluginCreators", count)) {
    for (int32_t i = 0; i < count; ++i) added |= add(*all[i], all[i]->getPluginNamespace(), library);
  }
  return added;
}

void PluginRegistry::deregisterLibrary(PluginLibraryHandle handle) noexcept {
  if (handle == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    entries_.erase(
        std::remove_if(entries_.begin(), entries_.end(), [&](Entry const& e) { return e.library == handle; }),
        entries_.end());
    list_creators();
  }
  dlclose(handle);
}

IPluginResource* PluginRegistry::acquirePluginResource(char const* key, IPluginResource* resource) noexcept {
  if (key == nullptr) return fail(ErrorCode::kINVALID_ARGUMENT, "acquirePluginResource: the key is null"), nullptr;
  try {
    std::lock_guard lock(mutex_);
    auto const found = resources_.find(key);
    if (found != resources_.end()) return ++found->second.uses, found->second.object;
    IPluginResource* const copy = resource != nullptr ? resource->clone() : nullptr;
    if (copy == nullptr) {
      return fail(ErrorCode::kINVALID_ARGUMENT, "acquirePluginResource: nothing to keep for '" + text(key) + "'"),
             nullptr;
    }
    return resources_.emplace(key, Resource{copy, 1}).first->second.object;
  } catch (std::exception const& e) {
    return fail(ErrorCode::kUNSPECIFIED_ERROR, std::string("acquirePluginResource: ") + e.what()), nullptr;
  }
}

int32_t PluginRegistry::releasePluginResource(char const* key) noexcept {
  std::lock_guard lock(mutex_);
  auto const found = key != nullptr ? resources_.find(key) : resources_.end();
  if (found == resources_.end()) {
    return fail(ErrorCode::kINVALID_ARGUMENT, "releasePluginResource: there is no such resource"), 1;
  }
  if (--found->second.uses > 0) return 0;
  IPluginResource* const object = found->second.object;
  resources_.erase(found);
  int32_t const status = object->release();
  delete object;
  return status;
}

PluginRegistry& global_plugin_registry() noexcept {
  static PluginRegistry* const registry = new PluginRegistry;
  return *registry;
}

}  // namespace hone::api

extern "C" nvinfer1::IPluginRegistry* getPluginRegistry() noexcept { return &hone::api::global_plugin_registry(); }

/// No plugins come with the library yet, so there is nothing to add.
extern "C" bool initLibNvInferPlugins(void* logger, char const* /*plugin_namespace*/) {
  if (logger != nullptr) {
    static_cast<nvinfer1::ILogger*>(logger)->log(nvinfer1::ILogger::Severity::kVERBOSE,
                                                 "initLibNvInferPlugins: no plugins come with this version of Hone");
  }
  return true;
}

namespace nvinfer1 {

extern "C" IPluginRegistry* getBuilderPluginRegistry(EngineCapability capability) noexcept {
  return capability == EngineCapability::kSTANDARD ? ::getPluginRegistry() : nullptr;
}

extern "C" safe::IPluginRegistry* getBuilderSafePluginRegistry(EngineCapability) noexcept { return nullptr; }

}  // namespace nvinfer1
