// The emulated device: its memory, streams, captured graphs and loaded kernels. One lock guards all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/cuda/driver/types.h"
#include "interface.h"

namespace hone::emulator {

using namespace hone::cuda;  // the types and numbers of the driver interface

std::recursive_mutex& lock();

/// Settings from the environment: HONE_EMULATED_DEVICES (default 1), HONE_EMULATED_DRIVER (13000),
/// HONE_EMULATED_CAPABILITY (80).
int setting(const char* name, int otherwise);

/// Prints the message to standard error, since the driver interface only returns numbers.
Result report(Result r, const std::string& text);

// Memory: every buffer ends at a page that faults; the bytes between are filled and checked when it is freed.
Result allocate(DevicePointer* p, size_t bytes);
Result free_memory(DevicePointer p);
bool is_device_memory(DevicePointer p, size_t bytes);
size_t allocated_bytes();

/// What a stream is asked to do: done at once, or kept while the stream is captured.
using Work = std::function<Result()>;
Result enqueue(Stream s, Work work);

/// One launch, checked and run to its end.
Result run_kernel(Function f, const EmulatedDim& grid, const EmulatedDim& block, unsigned shared_bytes,
                  std::vector<void*> parameters);
const EmulatedKernel* kernel_of(Function f);

}  // namespace hone::emulator
