// Umbrella with TensorRT's name: runtime, engines and contexts.
#pragma once

#include "hone/runtime_all.h"
