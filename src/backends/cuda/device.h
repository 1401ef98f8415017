// The GPU as hone::Device: memory, streams, events and captured graphs over the driver interface.
#pragma once

#include "backends/backend.h"

namespace hone::cuda {

/// The process's GPU. Every call makes its primary context the calling thread's, so that any thread may come. Throws
/// Unsupported where there is none.
const Device& cuda_device();

}  // namespace hone::cuda
