// The CUDA device as a backend.
#pragma once

#include "backends/backend.h"

namespace hone::cuda {

/// Throws Unsupported, with the reason, where no GPU can be used.
const Backend& backend();

}  // namespace hone::cuda
