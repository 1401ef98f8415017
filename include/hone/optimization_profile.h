// IOptimizationProfile: the shapes an engine is tuned for and accepts.
#pragma once

#include "hone/dims.h"
#include "hone/no_copy.h"
#include "hone/types.h"

namespace nvinfer1 {

/// For each input with dimensions known at run time: the smallest, the tuned-for and the largest shape; for each
/// shape input: the same of its values. Owned by the builder.
class IOptimizationProfile : public INoCopy {
 public:
  /// Sets one shape of an input. False when it contradicts the others already set.
  virtual bool setDimensions(char const* inputName, OptProfileSelector select, Dims const& dims) noexcept = 0;
  /// One shape of an input; rank -1 when not set.
  virtual Dims getDimensions(char const* inputName, OptProfileSelector select) const noexcept = 0;
  /// Sets values of a shape input of up to 32 bits. Copied; false when they contradict the others.
  virtual bool setShapeValues(char const* inputName, OptProfileSelector select, int32_t const* values,
                              int32_t nbValues) noexcept = 0;
  /// Number of values set for a shape input; -1 when none.
  virtual int32_t getNbShapeValues(char const* inputName) const noexcept = 0;
  /// Values set with setShapeValues(), or null.
  virtual int32_t const* getShapeValues(char const* inputName, OptProfileSelector select) const noexcept = 0;
  /// Sets values of a shape input of 64 bits. Copied; false when they contradict the others.
  virtual bool setShapeValuesV2(char const* inputName, OptProfileSelector select, int64_t const* values,
                                int32_t nbValues) noexcept = 0;
  /// Values of a shape input, or null.
  virtual int64_t const* getShapeValuesV2(char const* inputName, OptProfileSelector select) const noexcept = 0;
  /// Sets how much more memory the profile may use for speed, 0 to 1; false when out of range.
  virtual bool setExtraMemoryTarget(float target) noexcept = 0;
  /// That number; 1 at first.
  virtual float getExtraMemoryTarget() const noexcept = 0;
  /// True when nothing set so far is contradictory.
  virtual bool isValid() const noexcept = 0;
};

}  // namespace nvinfer1
