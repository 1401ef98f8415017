// IReverseSequenceLayer: the beginnings of sequences turned round.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Reverses the first L elements of each sequence and keeps the rest; input 1 is an integer vector with one L per
/// batch item.
class IReverseSequenceLayer : public ILayer {
 public:
  /// Sets the dimension that counts sequences; 1 at first.
  virtual void setBatchAxis(int32_t batchAxis) noexcept = 0;
  /// Returns the dimension that counts sequences.
  virtual int32_t getBatchAxis() const noexcept = 0;
  /// Sets the dimension along which a sequence runs; 0 at first.
  virtual void setSequenceAxis(int32_t sequenceAxis) noexcept = 0;
  /// Returns the dimension along which a sequence runs.
  virtual int32_t getSequenceAxis() const noexcept = 0;
};

}  // namespace nvinfer1
