// IUnaryLayer: y = f(x), element by element.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// The functions of a unary layer.
enum class UnaryOperation : int32_t {
  kEXP = 0,     ///< e to the power x.
  kLOG = 1,     ///< Natural logarithm.
  kSQRT = 2,    ///< Square root.
  kRECIP = 3,   ///< 1 / x.
  kABS = 4,     ///< Absolute value.
  kNEG = 5,     ///< -x.
  kSIN = 6,     ///< Sine.
  kCOS = 7,     ///< Cosine.
  kTAN = 8,     ///< Tangent.
  kSINH = 9,    ///< Hyperbolic sine.
  kCOSH = 10,   ///< Hyperbolic cosine.
  kASIN = 11,   ///< Inverse sine.
  kACOS = 12,   ///< Inverse cosine.
  kATAN = 13,   ///< Inverse tangent.
  kASINH = 14,  ///< Inverse hyperbolic sine.
  kACOSH = 15,  ///< Inverse hyperbolic cosine.
  kATANH = 16,  ///< Inverse hyperbolic tangent.
  kCEIL = 17,   ///< Smallest integer not below x.
  kFLOOR = 18,  ///< Largest integer not above x.
  kERF = 19,    ///< Gauss error function.
  kNOT = 20,    ///< Logical not; boolean.
  kSIGN = 21,   ///< -1, 0 or 1.
  kROUND = 22,  ///< Nearest integer, halves to the even one.
  kISINF = 23,  ///< True for infinities; the result is boolean.
  kISNAN = 24,  ///< True for not-a-number; the result is boolean.
};

/// One more than the largest value of UnaryOperation.
template <>
constexpr int32_t EnumMax<UnaryOperation>() noexcept {
  return 25;
}

/// Applies a function to each element; the output has the input's shape.
class IUnaryLayer : public ILayer {
 public:
  /// Sets the function.
  virtual void setOperation(UnaryOperation op) noexcept = 0;
  /// Returns the function.
  virtual UnaryOperation getOperation() const noexcept = 0;
};

}  // namespace nvinfer1
