// The way to the CUDA device, which is a shared library of its own beside this one.
#pragma once

#include <string>

#include "backends/backend.h"

namespace hone {

/// The CUDA device; null with the reason in *why_not (which may be null) where there is no driver, no GPU, or the
/// library is missing. Looked for once per process. HONE_CUDA_LIBRARY names another file ("off": none).
const Backend* cuda_backend(std::string* why_not);

}  // namespace hone

/// What libhone_cuda exports: the device, or null with the reason as text of at most `size` bytes.
extern "C" const hone::Backend* hone_cuda_backend(char* why_not, size_t size);
