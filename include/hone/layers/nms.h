// INMSLayer: selection of boxes that do not overlap much.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// What the four numbers of a box are.
enum class BoundingBoxFormat : int32_t {
  kCORNER_PAIRS = 0,  ///< x1, y1, x2, y2: two opposite corners.
  kCENTER_SIZES = 1,  ///< x, y, width, height, with x and y the centre.
};

/// One more than the largest value of BoundingBoxFormat.
template <>
constexpr int32_t EnumMax<BoundingBoxFormat>() noexcept {
  return 2;
}

/// Non-maximum suppression. Input 0 boxes [N, boxes, (classes,) 4], input 1 scores [N, boxes, classes], input 2 the
/// number of boxes per class to keep (0-D integer); input 3 and 4, when set, are the overlap threshold and the
/// score threshold (0-D). Output 0: [count, 3] rows (batch, class, box); output 1: the count (0-D).
class INMSLayer : public ILayer {
 public:
  /// Sets what the numbers of a box are; kCORNER_PAIRS at first.
  virtual void setBoundingBoxFormat(BoundingBoxFormat fmt) noexcept = 0;
  /// Returns what the numbers of a box are.
  virtual BoundingBoxFormat getBoundingBoxFormat() const noexcept = 0;
  /// Sets the number of best boxes per class that are looked at; the rest is dropped.
  virtual void setTopKBoxLimit(int32_t limit) noexcept = 0;
  /// Returns the number of best boxes per class that are looked at.
  virtual int32_t getTopKBoxLimit() const noexcept = 0;
  /// Sets the type of the outputs: kINT32 (at first) or kINT64. True when accepted.
  virtual bool setIndicesType(DataType type) noexcept = 0;
  /// Returns the type of the outputs: kINT32 (at first) or kINT64.
  virtual DataType getIndicesType() const noexcept = 0;
};

}  // namespace nvinfer1
