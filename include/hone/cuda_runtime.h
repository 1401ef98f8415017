// The CUDA runtime header where there is one (NVIDIA's, or Hone's host stand-in), else only the two handles. The
// umbrella headers include it because programs for TensorRT expect it.
#pragma once

#include "hone/cuda_types.h"

#if !defined(HONE_NO_CUDA_RUNTIME) && defined(__has_include)
#if __has_include(<cuda_runtime_api.h>)
#include <cuda_runtime_api.h>
#endif
#endif
