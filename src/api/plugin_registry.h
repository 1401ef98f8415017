// The registry of plugin creators: one for the process, and one per builder or runtime whose parent is the former.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "hone/plugin/plugin_registry.h"

namespace hone::api {

/// Keeps creators by (namespace, name, version), libraries of creators, and resources that plugins share. Safe to use
/// from several threads. Lists handed out stay valid until a creator is added or taken out.
class PluginRegistry final : public nvinfer1::IPluginRegistry {
 public:
  explicit PluginRegistry(PluginRegistry* parent = nullptr) : parent_(parent) {}
  ~PluginRegistry() noexcept override;

  bool registerCreator(nvinfer1::IPluginCreator& creator, char const* plugin_namespace) noexcept override;
  bool registerCreator(nvinfer1::IPluginCreatorInterface& creator, char const* plugin_namespace) noexcept override;
  bool deregisterCreator(nvinfer1::IPluginCreator const& creator) noexcept override;
  bool deregisterCreator(nvinfer1::IPluginCreatorInterface const& creator) noexcept override;
  nvinfer1::IPluginCreator* const* getPluginCreatorList(int32_t* count) const noexcept override;
  nvinfer1::IPluginCreator* getPluginCreator(char const* name, char const* version,
                                             char const* plugin_namespace) noexcept override;
  nvinfer1::IPluginCreatorInterface* const* getAllCreators(int32_t* count) const noexcept override;
  nvinfer1::IPluginCreatorInterface* const* getAllCreatorsRecursive(int32_t* count) noexcept override;
  nvinfer1::IPluginCreatorInterface* getCreator(char const* name, char const* version,
                                                char const* plugin_namespace) noexcept override;
  void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return recorder_; }
  bool isParentSearchEnabled() const override { return search_parent_; }
  void setParentSearchEnabled(bool enabled) override { search_parent_ = enabled; }
  PluginLibraryHandle loadLibrary(char const* path) noexcept override;
  void deregisterLibrary(PluginLibraryHandle handle) noexcept override;
  nvinfer1::IPluginResource* acquirePluginResource(char const* key,
                                                   nvinfer1::IPluginResource* resource) noexcept override;
  int32_t releasePluginResource(char const* key) noexcept override;

 private:
  struct Entry {
    std::string plugin_namespace, name, version;
    nvinfer1::IPluginCreatorInterface* creator;
    nvinfer1::IPluginCreator* v1;  // the same object when it is of that kind, else null
    void* library;                 // the library it came with, or null
  };
  struct Resource {
    nvinfer1::IPluginResource* object;
    int32_t uses;
  };

  bool add(nvinfer1::IPluginCreatorInterface& creator, char const* plugin_namespace, void* library) noexcept;
  bool add_all_of(void* library);
  void list_creators();
  Entry const* find(char const* name, char const* version, char const* plugin_namespace) const;
  bool fail(nvinfer1::ErrorCode code, std::string const& message) const noexcept;

  PluginRegistry* const parent_;
  bool search_parent_ = true;
  nvinfer1::IErrorRecorder* recorder_ = nullptr;
  mutable std::recursive_mutex mutex_;  // recursive: a creator or library may use the registry while it is asked
  std::vector<Entry> entries_;
  std::vector<nvinfer1::IPluginCreator*> v1_creators_;
  std::vector<nvinfer1::IPluginCreatorInterface*> creators_, creators_and_parents_;
  std::map<std::string, Resource> resources_;
};

/// The registry of the process; never destroyed, since creators of static storage take themselves out late.
PluginRegistry& global_plugin_registry() noexcept;

}  // namespace hone::api
