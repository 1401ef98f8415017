// IScatterLayer: elements written at given places of a copy.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// How indices name places; the names are those of the ONNX operators.
enum class ScatterMode : int32_t {
  kELEMENT = 0,  ///< ScatterElements: one element per index.
  kND = 1,       ///< ScatterND: the last dimension of the indices is a coordinate.
};

/// One more than the largest value of ScatterMode.
template <>
constexpr int32_t EnumMax<ScatterMode>() noexcept {
  return 2;
}

/// Copies input 0 and writes input 2 (updates) at the places of input 1 (integer indices).
class IScatterLayer : public ILayer {
 public:
  /// Sets how indices name places.
  virtual void setMode(ScatterMode mode) noexcept = 0;
  /// Returns how indices name places.
  virtual ScatterMode getMode() const noexcept = 0;
  /// Sets the dimension that indices of kELEMENT address; 0 at first.
  virtual void setAxis(int32_t axis) noexcept = 0;
  /// Returns the dimension that indices of kELEMENT address.
  virtual int32_t getAxis() const noexcept = 0;
};

}  // namespace nvinfer1
