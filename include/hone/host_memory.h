// IHostMemory: a block of memory that the library made, such as a plan.
#pragma once

#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/types.h"

namespace nvinfer1 {

/// A block of bytes owned by this object; delete the object when done.
class IHostMemory : public INoCopy {
 public:
  /// First byte; valid as long as the object.
  virtual void* data() const noexcept = 0;
  /// Number of bytes.
  virtual size_t size() const noexcept = 0;
  /// Type of the elements; kINT8 for a plan.
  virtual DataType type() const noexcept = 0;
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
};

}  // namespace nvinfer1
