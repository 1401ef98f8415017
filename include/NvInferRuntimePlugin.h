// Umbrella with TensorRT's name: plugin interfaces of the runtime.
#pragma once

#include "hone/runtime_all.h"
