// PluginTensorDesc and its like: what a plugin is told about a tensor.
#pragma once

#include "hone/dims.h"
#include "hone/no_copy.h"
#include "hone/types.h"

namespace nvinfer1 {

/// One tensor with known shape.
struct PluginTensorDesc {
  Dims dims;            ///< Shape.
  DataType type;        ///< Element type.
  TensorFormat format;  ///< Format.
  float scale;          ///< Scale of a quantized tensor.
};

/// One tensor with the shapes it may have.
struct DynamicPluginTensorDesc {
  PluginTensorDesc desc;  ///< What is known while building; -1 for dimensions that are not.
  Dims min;               ///< Smallest shape.
  Dims max;               ///< Largest shape.
  Dims opt;               ///< Shape the engine is tuned for.
};

/// Operations of IExprBuilder.
enum class DimensionOperation : int32_t {
  kSUM = 0,        ///< a + b.
  kPROD = 1,       ///< a * b.
  kMAX = 2,        ///< The larger one.
  kMIN = 3,        ///< The smaller one.
  kSUB = 4,        ///< a - b.
  kEQUAL = 5,      ///< 1 when a == b, else 0.
  kLESS = 6,       ///< 1 when a < b, else 0.
  kFLOOR_DIV = 7,  ///< floor(a / b).
  kCEIL_DIV = 8,   ///< ceil(a / b).
};

/// One more than the largest value of DimensionOperation.
template <>
constexpr int32_t EnumMax<DimensionOperation>() noexcept {
  return 9;
}

/// A dimension as an expression of the dimensions of inputs. Owned by the builder of expressions.
class IDimensionExpr : public INoCopy {
 public:
  /// True when the value is known while building.
  virtual bool isConstant() const noexcept = 0;
  /// That value; INT64_MIN when it is not known.
  virtual int64_t getConstantValue() const noexcept = 0;
  /// True when the value comes from a size tensor, so that it is known only when the plugin has run.
  virtual bool isSizeTensor() const noexcept = 0;
};

/// Makes expressions.
class IExprBuilder : public INoCopy {
 public:
  /// A number.
  virtual IDimensionExpr const* constant(int64_t value) noexcept = 0;
  /// An operation on two expressions; null on an error.
  virtual IDimensionExpr const* operation(DimensionOperation op, IDimensionExpr const& first,
                                          IDimensionExpr const& second) noexcept = 0;
  /// A value that the plugin will write to output `outputIndex`, with the value to tune for and an upper bound.
  virtual IDimensionExpr const* declareSizeTensor(int32_t outputIndex, IDimensionExpr const& opt,
                                                  IDimensionExpr const& upper) noexcept = 0;
};

/// A shape made of expressions.
class DimsExprs {
 public:
  int32_t nbDims;                           ///< Rank.
  IDimensionExpr const* d[Dims::MAX_DIMS];  ///< One expression per dimension.
};

}  // namespace nvinfer1
