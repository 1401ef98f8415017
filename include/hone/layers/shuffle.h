// IShuffleLayer: transpose, reshape, transpose.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// An order of dimensions: dimension i of the result is dimension order[i] of the input.
class Permutation {
 public:
  int32_t order[Dims::MAX_DIMS];  ///< One entry per dimension of the tensor; the rest is ignored.
};

/// Transposes, reshapes, transposes again; each step may be left out. Input 1, when set, is an integer vector with
/// the reshape dimensions.
class IShuffleLayer : public ILayer {
 public:
  /// Sets the order of dimensions before the reshape.
  virtual void setFirstTranspose(Permutation permutation) noexcept = 0;
  /// Returns the order of dimensions before the reshape.
  virtual Permutation getFirstTranspose() const noexcept = 0;
  /// Sets the new shape: 0 copies the input's dimension unless zero is no placeholder, -1 (once) takes what is
  /// left. getReshapeDimensions() gives rank -1 when the shape comes from input 1.
  virtual void setReshapeDimensions(Dims const& dimensions) noexcept = 0;
  /// Returns the new shape: 0 copies the input's dimension unless zero is no placeholder, -1 (once) takes what is
  /// left.
  virtual Dims getReshapeDimensions() const noexcept = 0;
  /// Sets the order of dimensions after the reshape.
  virtual void setSecondTranspose(Permutation permutation) noexcept = 0;
  /// Returns the order of dimensions after the reshape.
  virtual Permutation getSecondTranspose() const noexcept = 0;
  /// Sets whether 0 in the reshape dimensions means 'copy'; true at first. When false, 0 is an empty dimension.
  virtual void setZeroIsPlaceholder(bool zeroIsPlaceholder) noexcept = 0;
  /// Returns whether 0 in the reshape dimensions means 'copy'.
  virtual bool getZeroIsPlaceholder() const noexcept = 0;
};

}  // namespace nvinfer1
