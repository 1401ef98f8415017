// IOutputAllocator: memory for outputs whose size is known only when the engine runs.
#pragma once

#include "hone/cuda_types.h"
#include "hone/dims.h"
#include "hone/forward_guard.h"
#include "hone/macros.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Supplies memory for one output during a run. Implemented by the program. A class must override notifyShape() and one
/// of reallocateOutput() and reallocateOutputAsync(); these two call each other by default.
class IOutputAllocator : public IVersionedInterface {
 public:
  /// Edition number that programs of release 8 may ask for.
  virtual int32_t getInterfaceVersion() const noexcept { return 1; }
  /// Returns memory for output `tensorName`: at least `size` bytes at a multiple of `alignment`. `currentMemory` is
  /// what setOutputTensorAddress() gave; it may be returned when it is large enough. Null makes the run fail.
  virtual void* reallocateOutput(char const* tensorName, void* currentMemory, uint64_t size,
                                 uint64_t alignment) noexcept {
    hone::detail::ForwardGuard guard(this);
    return guard.looping() ? nullptr : reallocateOutputAsync(tensorName, currentMemory, size, alignment, nullptr);
  }
  /// The same, in stream order on `stream`.
  virtual void* reallocateOutputAsync(char const* tensorName, void* currentMemory, uint64_t size, uint64_t alignment,
                                      cudaStream_t /*stream*/) {
    hone::detail::ForwardGuard guard(this);
    return guard.looping() ? nullptr : reallocateOutput(tensorName, currentMemory, size, alignment);
  }
  /// The shape of output `tensorName` is now known to be `dims`.
  virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IOutputAllocator", 1, 0}; }
  ~IOutputAllocator() noexcept override = default;
};

namespace v_1_0 {
using IOutputAllocator = nvinfer1::IOutputAllocator;
}

}  // namespace nvinfer1
