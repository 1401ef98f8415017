// IEinsumLayer: a sum of products in Einstein's notation.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Computes an equation such as "ij,jk->ik" over its inputs.
class IEinsumLayer : public ILayer {
 public:
  /// Sets the equation; false when it does not fit the number of inputs. Copied.
  virtual bool setEquation(char const* equation) noexcept = 0;
  /// The equation.
  virtual char const* getEquation() const noexcept = 0;
};

}  // namespace nvinfer1
