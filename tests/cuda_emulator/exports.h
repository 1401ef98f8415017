// Declares every function that the backend looks up, so that the emulator's definitions must have the same signatures.
#pragma once

#include "backends/cuda/driver/types.h"

namespace hone::cuda {
#define HONE_CUDA_FUNCTION(name, symbol, ...) \
  extern "C" __attribute__((visibility("default"))) Result symbol(__VA_ARGS__);
#define HONE_CUDA_OPTIONAL HONE_CUDA_FUNCTION
#define HONE_NVRTC_FUNCTION HONE_CUDA_FUNCTION
#include "backends/cuda/driver/driver.def"
#include "backends/cuda/driver/nvrtc.def"
#undef HONE_NVRTC_FUNCTION
#undef HONE_CUDA_OPTIONAL
#undef HONE_CUDA_FUNCTION
}  // namespace hone::cuda
