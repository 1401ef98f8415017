// ICumulativeLayer: running sums.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// What is accumulated.
enum class CumulativeOperation : int32_t {
  kSUM = 0,  ///< The sum.
};

/// One more than the largest value of CumulativeOperation.
template <>
constexpr int32_t EnumMax<CumulativeOperation>() noexcept {
  return 1;
}

/// Running sums of input 0 along the dimension given by input 1 (0-D integer, known while building).
class ICumulativeLayer : public ILayer {
 public:
  /// Sets what is accumulated. True when accepted.
  virtual bool setOperation(CumulativeOperation op) noexcept = 0;
  /// Returns what is accumulated.
  virtual CumulativeOperation getOperation() const noexcept = 0;
  /// Sets whether an element is left out of its own sum.
  virtual void setExclusive(bool exclusive) noexcept = 0;
  /// Returns whether an element is left out of its own sum.
  virtual bool getExclusive() const noexcept = 0;
  /// Sets whether sums run from the end.
  virtual void setReverse(bool reverse) noexcept = 0;
  /// Returns whether sums run from the end.
  virtual bool getReverse() const noexcept = 0;
};

}  // namespace nvinfer1
