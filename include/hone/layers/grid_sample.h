// IGridSampleLayer: values picked at fractional coordinates.
#pragma once

#include "hone/layer.h"
#include "hone/layers/resize.h"
#include "hone/layers/slice.h"

namespace nvinfer1 {

/// Samples input 0 [N, C, H, W] at the coordinates (x, y) of input 1 [N, Ho, Wo, 2], where -1 and 1 are the edges.
class IGridSampleLayer : public ILayer {
 public:
  /// Sets how values between elements are found; kLINEAR at first.
  virtual void setInterpolationMode(InterpolationMode mode) noexcept = 0;
  /// Returns how values between elements are found.
  virtual InterpolationMode getInterpolationMode() const noexcept = 0;
  /// Sets whether -1 and 1 are the centres of the outermost elements (true) or their outer edges (false, at first).
  virtual void setAlignCorners(bool alignCorners) noexcept = 0;
  /// Returns whether -1 and 1 are the centres of the outermost elements (true) or their outer edges (false, at
  /// first).
  virtual bool getAlignCorners() const noexcept = 0;
  /// Sets what stands outside: kCLAMP, kFILL (zero) or kREFLECT. True when accepted.
  virtual bool setSampleMode(SampleMode mode) noexcept = 0;
  /// Returns what stands outside: kCLAMP, kFILL (zero) or kREFLECT.
  virtual SampleMode getSampleMode() const noexcept = 0;
};

}  // namespace nvinfer1
