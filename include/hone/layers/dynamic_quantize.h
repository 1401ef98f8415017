// IDynamicQuantizeLayer: quantization with scales computed from the data.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Output 0 is the quantized input, output 1 the scale of each block. Input 1 is a scale for the scales.
class IDynamicQuantizeLayer : public ILayer {
 public:
  /// Sets the type of output 0: kFP4 or kFP8.
  virtual void setToType(DataType toType) noexcept = 0;
  /// Returns the type of output 0: kFP4 or kFP8.
  virtual DataType getToType() const noexcept = 0;
  /// Sets the type of output 1: kFP8 or kE8M0.
  virtual void setScaleType(DataType scaleType) noexcept = 0;
  /// Returns the type of output 1: kFP8 or kE8M0.
  virtual DataType getScaleType() const noexcept = 0;
  /// Sets the extents of a block, one entry per dimension.
  virtual void setBlockShape(Dims const& blockShape) noexcept = 0;
  /// Returns the extents of a block, one entry per dimension.
  virtual Dims getBlockShape() const noexcept = 0;
  /// Sets the dimension that is cut into blocks (older form of the block shape).
  virtual void setAxis(int32_t axis) noexcept = 0;
  /// Returns the dimension that is cut into blocks (older form of the block shape).
  virtual int32_t getAxis() const noexcept = 0;
  /// Sets the length of a block along the axis (older form of the block shape).
  virtual void setBlockSize(int32_t size) noexcept = 0;
  /// Returns the length of a block along the axis (older form of the block shape).
  virtual int32_t getBlockSize() const noexcept = 0;
};

}  // namespace nvinfer1
