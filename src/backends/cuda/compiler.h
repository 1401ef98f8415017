// One call of NVRTC: CUDA C++ in, machine code out.
#pragma once

#include <string>
#include <vector>

#include "backends/backend.h"

namespace hone::cuda {

/// What every kernel is compiled with beside the architecture.
const std::vector<std::string>& compiler_options();
/// Machine code for the GPU in hand (PTX, which the driver translates, where NVRTC is older than the GPU). Throws
/// InternalError with NVRTC's log and the head of the source.
Blob compile_source(const std::string& source);
/// "13.0": which compiler that is; "" when there is none.
std::string compiler_version();

}  // namespace hone::cuda
