// ISliceLayer: a regular part of a tensor, or a padded one.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// What stands at coordinates outside a tensor.
enum class SampleMode : int32_t {
  kSTRICT_BOUNDS = 0,         ///< Nothing: such coordinates are an error.
  kWRAP = 1,                  ///< The tensor repeats.
  kCLAMP = 2,                 ///< The nearest element.
  kFILL = 3,                  ///< A given value, 0 unless set.
  kREFLECT = 4,               ///< The tensor mirrored at its edge; the edge element is not repeated.
  kDEFAULT = kSTRICT_BOUNDS,  ///< Older name of kSTRICT_BOUNDS.
};

/// One more than the largest value of SampleMode.
template <>
constexpr int32_t EnumMax<SampleMode>() noexcept {
  return 5;
}

/// Name of SampleMode in the releases up to 8.
using SliceMode TRT_DEPRECATED_ENUM = SampleMode;

/// Element i of the output is element start + i * stride of the input. Inputs 1 to 3, when set, are integer vectors
/// that replace start, size and stride; input 4 is the value of kFILL; input 5 replaces the axes.
class ISliceLayer : public ILayer {
 public:
  /// Sets the first coordinates.
  virtual void setStart(Dims const& start) noexcept = 0;
  /// Returns the first coordinates.
  virtual Dims getStart() const noexcept = 0;
  /// Sets the shape of the output (of the sliced axes).
  virtual void setSize(Dims const& size) noexcept = 0;
  /// Returns the shape of the output (of the sliced axes).
  virtual Dims getSize() const noexcept = 0;
  /// Sets the steps; may be negative, not 0.
  virtual void setStride(Dims const& stride) noexcept = 0;
  /// Returns the steps.
  virtual Dims getStride() const noexcept = 0;
  /// Sets what stands outside the input.
  virtual void setMode(SampleMode mode) noexcept = 0;
  /// Returns what stands outside the input.
  virtual SampleMode getMode() const noexcept = 0;
  /// Sets the dimensions that start, size and stride speak of; all dimensions in order at first.
  virtual void setAxes(Dims const& axes) noexcept = 0;
  /// Returns the dimensions that start, size and stride speak of.
  virtual Dims getAxes() const noexcept = 0;
};

}  // namespace nvinfer1
