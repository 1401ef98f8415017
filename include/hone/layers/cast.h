// ICastLayer: a change of element type.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Converts each element. Floating point to integer cuts toward zero; anything but zero becomes true.
class ICastLayer : public ILayer {
 public:
  /// Sets the type of the result.
  virtual void setToType(DataType toType) noexcept = 0;
  /// Returns the type of the result.
  virtual DataType getToType() const noexcept = 0;
};

}  // namespace nvinfer1
