// IOneHotLayer: indices to vectors with one hot element.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Input 0 holds integer indices, input 1 the values [off, on], input 2 the depth (0-D integer). The output has one
/// more dimension.
class IOneHotLayer : public ILayer {
 public:
  /// Sets where the new dimension stands in the output.
  virtual void setAxis(int32_t axis) noexcept = 0;
  /// Returns where the new dimension stands in the output.
  virtual int32_t getAxis() const noexcept = 0;
};

}  // namespace nvinfer1
