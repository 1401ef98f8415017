// IDebugListener: receives the values of tensors marked for debugging.
#pragma once

#include "hone/cuda_types.h"
#include "hone/dims.h"
#include "hone/types.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Receives the values of debug tensors during a run. Implemented by the program.
class IDebugListener : public IVersionedInterface {
 public:
  /// Tensor `name` has the value at `addr` (in `location`, packed, row-major) once `stream` has come so far. The memory
  /// may be reused after the call. Return false to report a failure.
  virtual bool processDebugTensor(void const* addr, TensorLocation location, DataType type, Dims const& shape,
                                  char const* name, cudaStream_t stream) = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IDebugListener", 1, 0}; }
  ~IDebugListener() noexcept override = default;
};

namespace v_1_0 {
using IDebugListener = nvinfer1::IDebugListener;
}

}  // namespace nvinfer1
