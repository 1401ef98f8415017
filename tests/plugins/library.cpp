// A library of plugin creators as programs ship them: one creator of IPluginV2 and one of IPluginV3 plugins, exported
// through getCreators().
#include "NvInfer.h"

namespace {

struct Two : nvinfer1::IPluginCreator {
  char const* getPluginName() const noexcept override { return "Two"; }
  char const* getPluginVersion() const noexcept override { return "1"; }
  nvinfer1::PluginFieldCollection const* getFieldNames() noexcept override { return nullptr; }
  nvinfer1::IPluginV2* createPlugin(char const*, nvinfer1::PluginFieldCollection const*) noexcept override {
    return nullptr;
  }
  nvinfer1::IPluginV2* deserializePlugin(char const*, void const*, size_t) noexcept override { return nullptr; }
  void setPluginNamespace(char const*) noexcept override {}
  char const* getPluginNamespace() const noexcept override { return "test"; }
};

struct Three : nvinfer1::IPluginCreatorV3One {
  nvinfer1::IPluginV3* createPlugin(char const*, nvinfer1::PluginFieldCollection const*,
                                    nvinfer1::TensorRTPhase) noexcept override {
    return nullptr;
  }
  nvinfer1::PluginFieldCollection const* getFieldNames() noexcept override { return nullptr; }
  char const* getPluginName() const noexcept override { return "Three"; }
  char const* getPluginVersion() const noexcept override { return "1"; }
  char const* getPluginNamespace() const noexcept override { return "test"; }
};

Two two;
Three three;
nvinfer1::ILoggerFinder* finder = nullptr;

}  // namespace

extern "C" TENSORRTAPI void setLoggerFinder(nvinfer1::ILoggerFinder* f) { finder = f; }

extern "C" TENSORRTAPI nvinfer1::IPluginCreatorInterface* const* getCreators(int32_t& count) {
  static nvinfer1::IPluginCreatorInterface* const all[] = {&two, &three};
  count = finder != nullptr ? 2 : 0;
  return all;
}
