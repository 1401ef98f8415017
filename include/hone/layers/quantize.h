// IQuantizeLayer: floating point to a narrow type.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// y = saturate(round(x / scale) + zero point), halves to even. Input 1 is the scale (per tensor, per channel along
/// an axis, or per block), input 2, when set, the zero point.
class IQuantizeLayer : public ILayer {
 public:
  /// Sets the dimension of a scale per channel; -1 (at first) when the scale is a scalar.
  virtual void setAxis(int32_t axis) noexcept = 0;
  /// Returns the dimension of a scale per channel.
  virtual int32_t getAxis() const noexcept = 0;
  /// Sets the extents of a block that shares one scale. True when accepted.
  virtual bool setBlockShape(Dims const& blockShape) noexcept = 0;
  /// Returns the extents of a block that shares one scale.
  virtual Dims getBlockShape() const noexcept = 0;
  /// Sets the type of the result: kINT8, kFP8, kINT4 or kFP4.
  virtual void setToType(DataType toType) noexcept = 0;
  /// Returns the type of the result: kINT8, kFP8, kINT4 or kFP4.
  virtual DataType getToType() const noexcept = 0;
};

}  // namespace nvinfer1
