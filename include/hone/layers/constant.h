// IConstantLayer: a tensor of fixed values.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// A tensor whose values are weights.
class IConstantLayer : public ILayer {
 public:
  /// Sets the values, as many as the shape has elements.
  virtual void setWeights(Weights weights) noexcept = 0;
  /// Returns the values, as many as the shape has elements.
  virtual Weights getWeights() const noexcept = 0;
  /// Sets the shape.
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  /// Returns the shape.
  virtual Dims getDimensions() const noexcept = 0;
};

}  // namespace nvinfer1
