// IGatherLayer: elements picked by index.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// How indices pick data; the names are those of the ONNX operators.
enum class GatherMode : int32_t {
  kDEFAULT = 0,  ///< Gather: whole slices along one dimension.
  kELEMENT = 1,  ///< GatherElements: one element per index.
  kND = 2,       ///< GatherND: the last dimension of the indices is a coordinate.
};

/// One more than the largest value of GatherMode.
template <>
constexpr int32_t EnumMax<GatherMode>() noexcept {
  return 3;
}

/// Picks elements of input 0 (data) by input 1 (integer indices). A negative index counts from the end.
class IGatherLayer : public ILayer {
 public:
  /// Sets the dimension of the data that the indices address; not for kND.
  virtual void setGatherAxis(int32_t axis) noexcept = 0;
  /// Returns the dimension of the data that the indices address.
  virtual int32_t getGatherAxis() const noexcept = 0;
  /// Sets the number of leading dimensions that data and indices share (batch dimensions); 0 at first, not for
  /// kELEMENT.
  virtual void setNbElementWiseDims(int32_t elementWiseDims) noexcept = 0;
  /// Returns the number of leading dimensions that data and indices share (batch dimensions).
  virtual int32_t getNbElementWiseDims() const noexcept = 0;
  /// Sets how indices pick data.
  virtual void setMode(GatherMode mode) noexcept = 0;
  /// Returns how indices pick data.
  virtual GatherMode getMode() const noexcept = 0;
};

}  // namespace nvinfer1
