// IConcatenationLayer: tensors joined along a dimension.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Joins its inputs, which agree in all other dimensions.
class IConcatenationLayer : public ILayer {
 public:
  /// Sets the dimension along which inputs are joined.
  virtual void setAxis(int32_t axis) noexcept = 0;
  /// Returns the dimension along which inputs are joined.
  virtual int32_t getAxis() const noexcept = 0;
};

}  // namespace nvinfer1
