// Umbrella with TensorRT's name: the small types of the runtime.
#pragma once

#include "hone/runtime_all.h"
