// IFillLayer: a tensor of numbers in sequence or at random.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// What a fill layer writes.
enum class FillOperation : int32_t {
  kLINSPACE = 0,        ///< alpha + sum over dimensions of index * beta.
  kRANDOM_UNIFORM = 1,  ///< Random, uniform between alpha and beta.
  kRANDOM_NORMAL = 2,   ///< Random, normal with mean alpha and standard deviation beta.
};

/// One more than the largest value of FillOperation.
template <>
constexpr int32_t EnumMax<FillOperation>() noexcept {
  return 3;
}

/// Makes a tensor. Input 0, when set, is an integer vector with the shape; input 1 and 2 replace alpha and beta
/// (for kLINSPACE a scalar start and one step per dimension).
class IFillLayer : public ILayer {
 public:
  /// Sets the shape.
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  /// Returns the shape.
  virtual Dims getDimensions() const noexcept = 0;
  /// Sets what is written.
  virtual void setOperation(FillOperation op) noexcept = 0;
  /// Returns what is written.
  virtual FillOperation getOperation() const noexcept = 0;
  /// Sets start, lower end or mean.
  virtual void setAlpha(double alpha) noexcept = 0;
  /// Returns start, lower end or mean.
  virtual double getAlpha() const noexcept = 0;
  /// Sets step, upper end or standard deviation.
  virtual void setBeta(double beta) noexcept = 0;
  /// Returns step, upper end or standard deviation.
  virtual double getBeta() const noexcept = 0;
  /// Sets alpha for integer types.
  virtual void setAlphaInt64(int64_t alpha) noexcept = 0;
  /// Returns alpha for integer types.
  virtual int64_t getAlphaInt64() const noexcept = 0;
  /// Sets beta for integer types.
  virtual void setBetaInt64(int64_t beta) noexcept = 0;
  /// Returns beta for integer types.
  virtual int64_t getBetaInt64() const noexcept = 0;
  /// True when alpha and beta were last set as integers.
  virtual bool isAlphaBetaInt64() const noexcept = 0;
  /// Sets the type of the output: kFLOAT, kINT32 or kINT64.
  virtual void setToType(DataType toType) noexcept = 0;
  /// Returns the type of the output: kFLOAT, kINT32 or kINT64.
  virtual DataType getToType() const noexcept = 0;
};

}  // namespace nvinfer1
