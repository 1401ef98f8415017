// ITopKLayer: the largest or smallest elements along a dimension.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Which elements a TopK layer takes.
enum class TopKOperation : int32_t {
  kMAX = 0,  ///< The largest, in falling order.
  kMIN = 1,  ///< The smallest, in rising order.
};

/// One more than the largest value of TopKOperation.
template <>
constexpr int32_t EnumMax<TopKOperation>() noexcept {
  return 2;
}

/// Output 0 has the K extreme values along a dimension, output 1 their indices; of equal values the lower index
/// comes first. Input 1, when set, is a 0-D integer tensor with K.
class ITopKLayer : public ILayer {
 public:
  /// Sets which elements are taken.
  virtual void setOperation(TopKOperation op) noexcept = 0;
  /// Returns which elements are taken.
  virtual TopKOperation getOperation() const noexcept = 0;
  /// Sets the number of elements.
  virtual void setK(int32_t k) noexcept = 0;
  /// Returns the number of elements.
  virtual int32_t getK() const noexcept = 0;
  /// Sets the dimension as a bit mask with exactly one bit set.
  virtual void setReduceAxes(uint32_t reduceAxes) noexcept = 0;
  /// Returns the dimension as a bit mask with exactly one bit set.
  virtual uint32_t getReduceAxes() const noexcept = 0;
  /// Sets the type of output 1: kINT32 (at first) or kINT64. True when accepted.
  virtual bool setIndicesType(DataType type) noexcept = 0;
  /// Returns the type of output 1: kINT32 (at first) or kINT64.
  virtual DataType getIndicesType() const noexcept = 0;
};

}  // namespace nvinfer1
