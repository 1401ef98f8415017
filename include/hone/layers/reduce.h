// IReduceLayer: sums, products, extremes and means over dimensions.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// What a reduction computes.
enum class ReduceOperation : int32_t {
  kSUM = 0,   ///< Sum.
  kPROD = 1,  ///< Product.
  kMAX = 2,   ///< Maximum.
  kMIN = 3,   ///< Minimum.
  kAVG = 4,   ///< Mean.
  kNONE = 5,  ///< Nothing; for collective operations that do not reduce.
};

/// One more than the largest value of ReduceOperation.
template <>
constexpr int32_t EnumMax<ReduceOperation>() noexcept {
  return 6;
}

/// Reduces over a set of dimensions.
class IReduceLayer : public ILayer {
 public:
  /// Sets what is computed.
  virtual void setOperation(ReduceOperation op) noexcept = 0;
  /// Returns what is computed.
  virtual ReduceOperation getOperation() const noexcept = 0;
  /// Sets the dimensions as a bit mask: bit i is dimension i.
  virtual void setReduceAxes(uint32_t reduceAxes) noexcept = 0;
  /// Returns the dimensions as a bit mask: bit i is dimension i.
  virtual uint32_t getReduceAxes() const noexcept = 0;
  /// Sets whether reduced dimensions stay with extent 1.
  virtual void setKeepDimensions(bool keepDimensions) noexcept = 0;
  /// Returns whether reduced dimensions stay with extent 1.
  virtual bool getKeepDimensions() const noexcept = 0;
};

}  // namespace nvinfer1
