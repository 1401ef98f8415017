// INonZeroLayer: coordinates of the elements that are not zero.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Output: [rank, count], one column of coordinates per element that is not zero, in row-major order. The count is
/// known at run time only.
class INonZeroLayer : public ILayer {
 public:
  /// Sets the type of the output: kINT32 (at first) or kINT64. True when accepted.
  virtual bool setIndicesType(DataType type) noexcept = 0;
  /// Returns the type of the output: kINT32 (at first) or kINT64.
  virtual DataType getIndicesType() const noexcept = 0;
};

}  // namespace nvinfer1
