// Umbrella with TensorRT's name: common parts of runtime and plugins.
#pragma once

#include "hone/runtime_all.h"
