// ITensor: one value of a network.
#pragma once

#include "hone/dims.h"
#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/types.h"

namespace nvinfer1 {

/// A value of the network under construction: a network input or the output of a layer. Owned by the network.
class ITensor : public INoCopy {
 public:
  /// Sets the name; names of inputs and outputs must be unique. The text is copied.
  virtual void setName(char const* name) noexcept = 0;
  /// Returns the name.
  virtual char const* getName() const noexcept = 0;
  /// Sets the shape; only for a network input. -1 means known at run time.
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  /// Returns the shape.
  virtual Dims getDimensions() const noexcept = 0;
  /// Sets the element type of a network input, or what a weakly typed network should produce for an output.
  virtual void setType(DataType type) noexcept = 0;
  /// Returns the element type.
  virtual DataType getType() const noexcept = 0;
  /// Gives the range of values, for quantization without a calibrator in a weakly typed network. True on success.
  virtual bool setDynamicRange(float min, float max) noexcept = 0;
  /// True when setDynamicRange() was called.
  virtual bool dynamicRangeIsSet() const noexcept = 0;
  /// Forgets the range.
  virtual void resetDynamicRange() noexcept = 0;
  /// Smallest value of the range; NaN when none is set.
  virtual float getDynamicRangeMin() const noexcept = 0;
  /// Largest value of the range; NaN when none is set.
  virtual float getDynamicRangeMax() const noexcept = 0;
  /// True for an input of the network.
  virtual bool isNetworkInput() const noexcept = 0;
  /// True for a tensor marked as output.
  virtual bool isNetworkOutput() const noexcept = 0;
  /// Deprecated: belonged to implicit batch; has no effect.
  TRT_DEPRECATED void setBroadcastAcrossBatch(bool /*broadcast*/) noexcept {}
  /// Deprecated: belonged to implicit batch; always false.
  TRT_DEPRECATED bool getBroadcastAcrossBatch() const noexcept { return false; }
  /// Where the tensor must be: kHOST for shape inputs and outputs, else kDEVICE.
  virtual TensorLocation getLocation() const noexcept = 0;
  /// Deprecated: the location follows from the use of the tensor; has no effect.
  TRT_DEPRECATED void setLocation(TensorLocation /*location*/) noexcept {}
  /// Restricts the formats of a network input or output. The set must not be empty.
  virtual void setAllowedFormats(TensorFormats formats) noexcept = 0;
  /// The formats that are allowed; all of them unless restricted.
  virtual TensorFormats getAllowedFormats() const noexcept = 0;
  /// True when shapes are computed from the value, so that it must be known on the host.
  virtual bool isShapeTensor() const noexcept = 0;
  /// True when the value is computed on the device.
  virtual bool isExecutionTensor() const noexcept = 0;
  /// Names dimension `index` of a network input. Inputs' dimensions of the same name must have equal extents at run
  /// time. Null removes the name.
  virtual void setDimensionName(int32_t index, char const* name) noexcept = 0;
  /// The name of a dimension, or null.
  virtual char const* getDimensionName(int32_t index) const noexcept = 0;
};

}  // namespace nvinfer1
