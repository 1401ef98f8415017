// ISoftMaxLayer: exp(x) / sum of exp(x).
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Softmax along one dimension.
class ISoftMaxLayer : public ILayer {
 public:
  /// Sets the dimension as a bit mask with exactly one bit set.
  virtual void setAxes(uint32_t axes) noexcept = 0;
  /// Returns the dimension as a bit mask with exactly one bit set.
  virtual uint32_t getAxes() const noexcept = 0;
};

}  // namespace nvinfer1
