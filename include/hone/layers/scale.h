// IScaleLayer: (x * scale + shift)^power.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// To what one weight of a scale layer applies.
enum class ScaleMode : int32_t {
  kUNIFORM = 0,      ///< To the whole tensor.
  kCHANNEL = 1,      ///< To one channel.
  kELEMENTWISE = 2,  ///< To one element of each batch item.
};

/// One more than the largest value of ScaleMode.
template <>
constexpr int32_t EnumMax<ScaleMode>() noexcept {
  return 3;
}

/// y = (x * scale + shift)^power, with weights per tensor, channel or element. Empty weights stand for 1, 0 and 1.
class IScaleLayer : public ILayer {
 public:
  /// Sets to what one weight applies.
  virtual void setMode(ScaleMode mode) noexcept = 0;
  /// Returns to what one weight applies.
  virtual ScaleMode getMode() const noexcept = 0;
  /// Sets the shift.
  virtual void setShift(Weights shift) noexcept = 0;
  /// Returns the shift.
  virtual Weights getShift() const noexcept = 0;
  /// Sets the scale.
  virtual void setScale(Weights scale) noexcept = 0;
  /// Returns the scale.
  virtual Weights getScale() const noexcept = 0;
  /// Sets the power.
  virtual void setPower(Weights power) noexcept = 0;
  /// Returns the power.
  virtual Weights getPower() const noexcept = 0;
  /// Sets the dimension that is the channel of kCHANNEL; 1 at first.
  virtual void setChannelAxis(int32_t channelAxis) noexcept = 0;
  /// Returns the dimension that is the channel of kCHANNEL.
  virtual int32_t getChannelAxis() const noexcept = 0;
};

}  // namespace nvinfer1
