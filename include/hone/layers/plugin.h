// IPluginV2Layer and IPluginV3Layer: layers whose work a plugin does.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

class IPluginV2;
class IPluginV3;

/// A layer made by addPluginV2().
class IPluginV2Layer : public ILayer {
 public:
  /// The network's copy of the plugin.
  virtual IPluginV2& getPlugin() noexcept = 0;
};

/// A layer made by addPluginV3().
class IPluginV3Layer : public ILayer {
 public:
  /// The network's copy of the plugin.
  virtual IPluginV3& getPlugin() noexcept = 0;
};

}  // namespace nvinfer1
