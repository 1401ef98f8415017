// IMatrixMultiplyLayer: matrix products over the last two dimensions.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// How an operand of a matrix product is read.
enum class MatrixOperation : int32_t {
  kNONE = 0,       ///< As matrices [..., rows, columns].
  kTRANSPOSE = 1,  ///< As matrices, transposed.
  kVECTOR = 2,     ///< As vectors [..., length]; the dimension does not appear in the result.
};

/// One more than the largest value of MatrixOperation.
template <>
constexpr int32_t EnumMax<MatrixOperation>() noexcept {
  return 3;
}

/// op0(A) times op1(B) for each matrix; leading dimensions of 1 are repeated to fit.
class IMatrixMultiplyLayer : public ILayer {
 public:
  /// Sets how input `index` (0 or 1) is read.
  virtual void setOperation(int32_t index, MatrixOperation op) noexcept = 0;
  /// How input `index` is read.
  virtual MatrixOperation getOperation(int32_t index) const noexcept = 0;
};

}  // namespace nvinfer1
