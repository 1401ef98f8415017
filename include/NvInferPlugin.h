// Umbrella with TensorRT's name: the plugins that come with the library.
#pragma once

#include "NvInfer.h"
#include "NvInferPluginUtils.h"

/// Adds the plugins that come with the library to the global registry, under a namespace. `logger` is an
/// nvinfer1::ILogger and may be null. True on success; safe to call again.
extern "C" TENSORRTAPI bool initLibNvInferPlugins(void* logger, char const* libNamespace);
