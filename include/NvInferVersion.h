// Umbrella with TensorRT's name: version macros.
#pragma once

#include "hone/version.h"
