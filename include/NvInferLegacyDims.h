// Umbrella with TensorRT's name: shapes of fixed rank.
#pragma once

#include "hone/runtime_all.h"
