// IPluginRegistry: where the library finds the creators of plugins.
#pragma once

#include "hone/error_recorder.h"
#include "hone/macros.h"
#include "hone/plugin/plugin_creator.h"
#include "hone/plugin/plugin_v3.h"

namespace nvinfer1 {

/// The creators of plugins by name, version and namespace. Implemented by the library. A builder or runtime has its own
/// registry whose parent is the global one.
class IPluginRegistry {
 public:
  using PluginLibraryHandle = void*;  ///< Stands for a loaded library of plugins.

  /// Adds a creator, which must stay until it is taken out. False when the name, version and namespace are taken.
  virtual bool registerCreator(IPluginCreator& creator, AsciiChar const* const pluginNamespace) noexcept = 0;
  /// All creators of IPluginV2 plugins; `numCreators` receives their number.
  virtual IPluginCreator* const* getPluginCreatorList(int32_t* const numCreators) const noexcept = 0;
  /// A creator of IPluginV2 plugins, or null.
  virtual IPluginCreator* getPluginCreator(AsciiChar const* const pluginName, AsciiChar const* const pluginVersion,
                                           AsciiChar const* const pluginNamespace = "") noexcept = 0;
  IPluginRegistry() = default;
  IPluginRegistry(IPluginRegistry const&) = delete;
  IPluginRegistry(IPluginRegistry&&) = delete;
  IPluginRegistry& operator=(IPluginRegistry const&) & = delete;
  IPluginRegistry& operator=(IPluginRegistry&&) & = delete;
  /// Sets where errors go; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* const recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// Takes a creator out. False when it is not there.
  virtual bool deregisterCreator(IPluginCreator const& creator) noexcept = 0;
  /// True when the parent registry is asked for what is not found here.
  virtual bool isParentSearchEnabled() const = 0;
  /// Switches asking the parent registry; on at first.
  virtual void setParentSearchEnabled(bool const enabled) = 0;
  /// Loads a library and adds the creators it exports. Null on an error.
  virtual PluginLibraryHandle loadLibrary(AsciiChar const* pluginPath) noexcept = 0;
  /// Takes the creators of a library out and unloads it.
  virtual void deregisterLibrary(PluginLibraryHandle handle) noexcept = 0;
  /// Adds a creator of any kind, which must stay until it is taken out. False when its name is taken.
  virtual bool registerCreator(IPluginCreatorInterface& creator, AsciiChar const* const pluginNamespace) noexcept = 0;
  /// All creators of this registry; `numCreators` receives their number.
  virtual IPluginCreatorInterface* const* getAllCreators(int32_t* const numCreators) const noexcept = 0;
  /// A creator of any kind, or null.
  virtual IPluginCreatorInterface* getCreator(AsciiChar const* const pluginName, AsciiChar const* const pluginVersion,
                                              AsciiChar const* const pluginNamespace = "") noexcept = 0;
  /// Takes a creator of any kind out. False when it is not there.
  virtual bool deregisterCreator(IPluginCreatorInterface const& creator) noexcept = 0;
  /// The shared resource of a key, made with resource->clone() when there is none yet. Null on an error.
  virtual IPluginResource* acquirePluginResource(AsciiChar const* key, IPluginResource* resource) noexcept = 0;
  /// Ends one use of the resource of a key. 0 on success.
  virtual int32_t releasePluginResource(AsciiChar const* key) noexcept = 0;
  /// All creators of this registry and its parents; `numCreators` receives their number.
  virtual IPluginCreatorInterface* const* getAllCreatorsRecursive(int32_t* const numCreators) noexcept = 0;

 protected:
  virtual ~IPluginRegistry() noexcept = default;
};

}  // namespace nvinfer1

/// The global registry of plugins.
extern "C" TENSORRTAPI nvinfer1::IPluginRegistry* getPluginRegistry() noexcept;

namespace nvinfer1 {

/// Adds a creator of type T to the global registry when the object is made; use REGISTER_TENSORRT_PLUGIN.
template <typename T>
class PluginRegistrar {
 public:
  PluginRegistrar() { getPluginRegistry()->registerCreator(instance_, ""); }

 private:
  T instance_{};
};

}  // namespace nvinfer1

/// Adds the creator class `name` to the global registry when the program or library is loaded.
#define REGISTER_TENSORRT_PLUGIN(name) \
  static nvinfer1::PluginRegistrar<name> pluginRegistrar##name {}
