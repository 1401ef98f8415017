// Creators: objects that make plugins from parameters or from a plan.
#pragma once

#include "hone/macros.h"
#include "hone/plugin/plugin_field.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

class IPluginV2;
class IPluginV3;

/// What a plugin is made for.
enum class TensorRTPhase : int32_t {
  kBUILD = 0,    ///< For a build.
  kRUNTIME = 1,  ///< For a loaded engine.
};

/// The kinds of IPluginCreator.
enum class PluginCreatorVersion : int32_t {
  kV1 = 0,          ///< IPluginCreator.
  kV1_PYTHON = 64,  ///< IPluginCreator in Python.
};

/// Bit in a plugin's version that marks a plugin written in Python.
constexpr int32_t kPLUGIN_VERSION_PYTHON_BIT = 0x40;

/// Base of all creators.
class IPluginCreatorInterface : public IVersionedInterface {
 public:
  ~IPluginCreatorInterface() noexcept override = default;

 protected:
  IPluginCreatorInterface() = default;
  IPluginCreatorInterface(IPluginCreatorInterface const&) = default;
  IPluginCreatorInterface(IPluginCreatorInterface&&) = default;
  IPluginCreatorInterface& operator=(IPluginCreatorInterface const&) & = default;
  IPluginCreatorInterface& operator=(IPluginCreatorInterface&&) & = default;
};

/// Makes plugins derived from IPluginV2. Implemented by the program.
class IPluginCreator : public IPluginCreatorInterface {
 public:
  /// Version of the interface; asked by the releases 5 to 8.
  virtual int32_t getTensorRTVersion() const { return NV_TENSORRT_VERSION; }
  /// Name of the plugins.
  virtual AsciiChar const* getPluginName() const = 0;
  /// Version of the plugins.
  virtual AsciiChar const* getPluginVersion() const = 0;
  /// Names and types of the parameters that createPlugin() takes; owned by the creator.
  virtual PluginFieldCollection const* getFieldNames() = 0;
  /// Makes a plugin from parameters; null on an error.
  virtual IPluginV2* createPlugin(AsciiChar const* name, PluginFieldCollection const* fc) = 0;
  /// Makes a plugin from what IPluginV2::serialize() wrote; null on an error.
  virtual IPluginV2* deserializePlugin(AsciiChar const* name, void const* serialData, size_t serialLength) = 0;
  /// Sets the namespace of the plugins.
  virtual void setPluginNamespace(AsciiChar const* pluginNamespace) = 0;
  /// Namespace of the plugins.
  virtual AsciiChar const* getPluginNamespace() const = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN CREATOR_V1", 1, 0}; }
  IPluginCreator() = default;
  ~IPluginCreator() noexcept override = default;

 protected:
  IPluginCreator(IPluginCreator const&) = default;
  IPluginCreator(IPluginCreator&&) = default;
  IPluginCreator& operator=(IPluginCreator const&) & = default;
  IPluginCreator& operator=(IPluginCreator&&) & = default;
};

/// Makes plugins derived from IPluginV3. Implemented by the program.
class IPluginCreatorV3One : public IPluginCreatorInterface {
 public:
  /// Makes a plugin from parameters, or from what IPluginV3OneRuntime::getFieldsToSerialize() gave; null on an error.
  virtual IPluginV3* createPlugin(AsciiChar const* name, PluginFieldCollection const* fc,
                                  TensorRTPhase phase) noexcept = 0;
  /// Names and types of the parameters that createPlugin() takes; owned by the creator.
  virtual PluginFieldCollection const* getFieldNames() noexcept = 0;
  /// Name of the plugins.
  virtual AsciiChar const* getPluginName() const noexcept = 0;
  /// Version of the plugins.
  virtual AsciiChar const* getPluginVersion() const noexcept = 0;
  /// Namespace of the plugins.
  virtual AsciiChar const* getPluginNamespace() const noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN CREATOR_V3ONE", 1, 0}; }
  IPluginCreatorV3One() = default;
  ~IPluginCreatorV3One() noexcept override = default;

 protected:
  IPluginCreatorV3One(IPluginCreatorV3One const&) = default;
  IPluginCreatorV3One(IPluginCreatorV3One&&) = default;
  IPluginCreatorV3One& operator=(IPluginCreatorV3One const&) & = default;
  IPluginCreatorV3One& operator=(IPluginCreatorV3One&&) & = default;
};

namespace v_1_0 {
using IPluginCreatorInterface = nvinfer1::IPluginCreatorInterface;
using IPluginCreator = nvinfer1::IPluginCreator;
using IPluginCreatorV3One = nvinfer1::IPluginCreatorV3One;
}  // namespace v_1_0

}  // namespace nvinfer1
