// Umbrella with TensorRT's name: builder, network and everything of the runtime.
#pragma once

#include "hone/builder_all.h"
