// IActivationLayer: y = f(x), element by element.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// The functions of an activation layer.
enum class ActivationType : int32_t {
  kRELU = 0,               ///< max(x, 0).
  kSIGMOID = 1,            ///< 1 / (1 + exp(-x)).
  kTANH = 2,               ///< tanh(x).
  kLEAKY_RELU = 3,         ///< x for x >= 0, else alpha * x.
  kELU = 4,                ///< x for x >= 0, else alpha * (exp(x) - 1).
  kSELU = 5,               ///< beta * (x for x > 0, else alpha * (exp(x) - 1)).
  kSOFTSIGN = 6,           ///< x / (1 + |x|).
  kSOFTPLUS = 7,           ///< alpha * log(1 + exp(beta * x)).
  kCLIP = 8,               ///< x kept within [alpha, beta].
  kHARD_SIGMOID = 9,       ///< alpha * x + beta kept within [0, 1].
  kSCALED_TANH = 10,       ///< alpha * tanh(beta * x).
  kTHRESHOLDED_RELU = 11,  ///< x for x > alpha, else 0.
  kGELU_ERF = 12,          ///< 0.5 * x * (1 + erf(x / sqrt(2))).
  kGELU_TANH = 13,         ///< 0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3))).
};

/// One more than the largest value of ActivationType.
template <>
constexpr int32_t EnumMax<ActivationType>() noexcept {
  return 14;
}

/// Applies a function to each element; the output has the input's shape.
class IActivationLayer : public ILayer {
 public:
  /// Sets the function.
  virtual void setActivationType(ActivationType type) noexcept = 0;
  /// Returns the function.
  virtual ActivationType getActivationType() const noexcept = 0;
  /// Sets the function's first parameter; 0 at first.
  virtual void setAlpha(float alpha) noexcept = 0;
  /// Returns the function's first parameter.
  virtual float getAlpha() const noexcept = 0;
  /// Sets the function's second parameter; 0 at first.
  virtual void setBeta(float beta) noexcept = 0;
  /// Returns the function's second parameter.
  virtual float getBeta() const noexcept = 0;
};

}  // namespace nvinfer1
