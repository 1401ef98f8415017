// Umbrella with TensorRT's name: settings that older sample programs pass to the importer.
#pragma once

#include "NvInfer.h"
#include "hone/onnx/onnx_config.h"
