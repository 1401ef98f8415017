// ILRNLayer: local response normalization across channels.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// y = x / (k + alpha / n * sum of x^2 over n neighbouring channels)^beta.
class ILRNLayer : public ILayer {
 public:
  /// Sets the number n of channels, odd, 1 to 15.
  virtual void setWindowSize(int64_t windowSize) noexcept = 0;
  /// Returns the number n of channels, odd, 1 to 15.
  virtual int64_t getWindowSize() const noexcept = 0;
  /// Sets alpha.
  virtual void setAlpha(float alpha) noexcept = 0;
  /// Returns alpha.
  virtual float getAlpha() const noexcept = 0;
  /// Sets beta.
  virtual void setBeta(float beta) noexcept = 0;
  /// Returns beta.
  virtual float getBeta() const noexcept = 0;
  /// Sets k.
  virtual void setK(float k) noexcept = 0;
  /// Returns k.
  virtual float getK() const noexcept = 0;
};

}  // namespace nvinfer1
