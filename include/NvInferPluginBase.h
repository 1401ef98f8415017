// Umbrella with TensorRT's name: base classes of plugins.
#pragma once

#include "hone/runtime_all.h"
