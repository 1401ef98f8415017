// INormalizationLayer: layer, group and instance normalization.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// y = (x - mean) / sqrt(variance + epsilon) * scale + bias, with mean and variance over the axes (and within
/// groups). Input 1 is the scale, input 2 the bias.
class INormalizationLayer : public ILayer {
 public:
  /// Sets what is added to the variance; 1e-5 at first.
  virtual void setEpsilon(float eps) noexcept = 0;
  /// Returns what is added to the variance.
  virtual float getEpsilon() const noexcept = 0;
  /// Sets the dimensions of mean and variance as a bit mask.
  virtual void setAxes(uint32_t axesMask) noexcept = 0;
  /// Returns the dimensions of mean and variance as a bit mask.
  virtual uint32_t getAxes() const noexcept = 0;
  /// Sets the number of channel groups; 1 at first, else the axes must be the spatial ones.
  virtual void setNbGroups(int64_t nbGroups) noexcept = 0;
  /// Returns the number of channel groups.
  virtual int64_t getNbGroups() const noexcept = 0;
  /// Sets the type in which mean and variance are computed; kFLOAT at first.
  virtual void setComputePrecision(DataType type) noexcept = 0;
  /// Returns the type in which mean and variance are computed.
  virtual DataType getComputePrecision() const noexcept = 0;
  /// True for a layer made by addNormalizationV2(): with groups its scale and bias have one element per channel,
  /// not one per group.
  virtual bool isV2() const noexcept = 0;
};

}  // namespace nvinfer1
