// IResizeLayer: a tensor sampled at another resolution.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// How values between grid points are found.
enum class InterpolationMode : int32_t {
  kNEAREST = 0,  ///< The nearest element.
  kLINEAR = 1,   ///< Linear along each of up to three dimensions.
  kCUBIC = 2,    ///< Cubic along two dimensions.
};

/// One more than the largest value of InterpolationMode.
template <>
constexpr int32_t EnumMax<InterpolationMode>() noexcept {
  return 3;
}

/// Name of InterpolationMode in the releases up to 8.
using ResizeMode TRT_DEPRECATED_ENUM = InterpolationMode;

/// Where an output coordinate y lies in the input, with scale s = output size / input size.
enum class ResizeCoordinateTransformation : int32_t {
  kALIGN_CORNERS = 0,  ///< x = y * (input size - 1) / (output size - 1).
  kASYMMETRIC = 1,     ///< x = y / s.
  kHALF_PIXEL = 2,     ///< x = (y + 0.5) / s - 0.5.
};

/// One more than the largest value of ResizeCoordinateTransformation.
template <>
constexpr int32_t EnumMax<ResizeCoordinateTransformation>() noexcept {
  return 3;
}

/// Which coordinate is taken when the output has size 1.
enum class ResizeSelector : int32_t {
  kFORMULA = 0,  ///< What the coordinate transformation gives.
  kUPPER = 1,    ///< 0.
};

/// One more than the largest value of ResizeSelector.
template <>
constexpr int32_t EnumMax<ResizeSelector>() noexcept {
  return 2;
}

/// How nearest-neighbour resize rounds a coordinate.
enum class ResizeRoundMode : int32_t {
  kHALF_UP = 0,    ///< To the nearest, halves up.
  kHALF_DOWN = 1,  ///< To the nearest, halves down.
  kFLOOR = 2,      ///< Down.
  kCEIL = 3,       ///< Up.
};

/// One more than the largest value of ResizeRoundMode.
template <>
constexpr int32_t EnumMax<ResizeRoundMode>() noexcept {
  return 4;
}

/// Resamples the input; output dimensions or scales must be given. Input 1, when set, is an integer vector of
/// output dimensions or a float vector of scales.
class IResizeLayer : public ILayer {
 public:
  /// Sets the shape of the output.
  virtual void setOutputDimensions(Dims const& dimensions) noexcept = 0;
  /// Returns the shape of the output.
  virtual Dims getOutputDimensions() const noexcept = 0;
  /// Sets one scale per dimension: output size = floor(input size * scale). The values are copied.
  virtual void setScales(float const* scales, int32_t nbScales) noexcept = 0;
  /// Copies the scales into `scales` when `size` is their number; returns their number, -1 when none are set.
  virtual int32_t getScales(int32_t size, float* scales) const noexcept = 0;
  /// Sets how values are found; kNEAREST at first.
  virtual void setResizeMode(InterpolationMode interpolationMode) noexcept = 0;
  /// Returns how values are found.
  virtual InterpolationMode getResizeMode() const noexcept = 0;
  /// Sets where output coordinates lie; kASYMMETRIC at first.
  virtual void setCoordinateTransformation(ResizeCoordinateTransformation coordTransform) noexcept = 0;
  /// Returns where output coordinates lie.
  virtual ResizeCoordinateTransformation getCoordinateTransformation() const noexcept = 0;
  /// Sets what a single output element samples; kFORMULA at first.
  virtual void setSelectorForSinglePixel(ResizeSelector selector) noexcept = 0;
  /// Returns what a single output element samples.
  virtual ResizeSelector getSelectorForSinglePixel() const noexcept = 0;
  /// Sets the rounding of kNEAREST; kFLOOR at first.
  virtual void setNearestRounding(ResizeRoundMode value) noexcept = 0;
  /// Returns the rounding of kNEAREST.
  virtual ResizeRoundMode getNearestRounding() const noexcept = 0;
  /// Sets the coefficient of kCUBIC; -0.75 at first.
  virtual void setCubicCoeff(float A) noexcept = 0;
  /// Returns the coefficient of kCUBIC.
  virtual float getCubicCoeff() const noexcept = 0;
  /// Sets whether kCUBIC gives weight 0 to elements outside the input (and scales the others up); false at first.
  virtual void setExcludeOutside(bool excludeFlag) noexcept = 0;
  /// Returns whether kCUBIC gives weight 0 to elements outside the input (and scales the others up).
  virtual bool getExcludeOutside() const noexcept = 0;
  /// Deprecated: use setCoordinateTransformation().
  TRT_DEPRECATED void setAlignCorners(bool alignCorners) noexcept {
    setCoordinateTransformation(alignCorners ? ResizeCoordinateTransformation::kALIGN_CORNERS
                                             : ResizeCoordinateTransformation::kASYMMETRIC);
  }
  /// Deprecated: use getCoordinateTransformation().
  TRT_DEPRECATED bool getAlignCorners() const noexcept {
    return getCoordinateTransformation() == ResizeCoordinateTransformation::kALIGN_CORNERS;
  }
};

}  // namespace nvinfer1
