// IElementWiseLayer: z = f(x, y), element by element.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// The functions of an element-wise layer.
enum class ElementWiseOperation : int32_t {
  kSUM = 0,        ///< x + y.
  kPROD = 1,       ///< x * y.
  kMAX = 2,        ///< The larger of x and y.
  kMIN = 3,        ///< The smaller of x and y.
  kSUB = 4,        ///< x - y.
  kDIV = 5,        ///< x / y; for integers rounded toward zero.
  kPOW = 6,        ///< x to the power y.
  kFLOOR_DIV = 7,  ///< floor(x / y).
  kAND = 8,        ///< Both are true; boolean.
  kOR = 9,         ///< At least one is true; boolean.
  kXOR = 10,       ///< Exactly one is true; boolean.
  kEQUAL = 11,     ///< x == y; the result is boolean.
  kGREATER = 12,   ///< x > y; the result is boolean.
  kLESS = 13,      ///< x < y; the result is boolean.
};

/// One more than the largest value of ElementWiseOperation.
template <>
constexpr int32_t EnumMax<ElementWiseOperation>() noexcept {
  return 14;
}

/// Combines two tensors of the same rank and type; a dimension of 1 is repeated to fit the other.
class IElementWiseLayer : public ILayer {
 public:
  /// Sets the function.
  virtual void setOperation(ElementWiseOperation op) noexcept = 0;
  /// Returns the function.
  virtual ElementWiseOperation getOperation() const noexcept = 0;
};

}  // namespace nvinfer1
