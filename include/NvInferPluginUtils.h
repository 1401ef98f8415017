// Umbrella with TensorRT's name: parameter records of plugins.
#pragma once

#include "hone/plugin/plugin_params.h"
#include "hone/runtime_all.h"
