// IRotaryEmbeddingLayer: rotary position embedding.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// Rotates pairs of elements of [batch, heads, sequence, head size]. Input 1 and 2 are cosines and sines, either
/// per batch item and position or per position with input 3 the positions.
class IRotaryEmbeddingLayer : public ILayer {
 public:
  /// Sets whether a pair is two neighbours (true) or one element of each half (false).
  virtual void setInterleaved(bool interleaved) noexcept = 0;
  /// Returns whether a pair is two neighbours (true) or one element of each half (false).
  virtual bool getInterleaved() const noexcept = 0;
  /// Sets how many leading elements of a head are rotated, even; 0 means all. True when accepted.
  virtual bool setRotaryEmbeddingDim(int32_t rotaryEmbeddingDim) noexcept = 0;
  /// Returns how many leading elements of a head are rotated, even.
  virtual int32_t getRotaryEmbeddingDim() const noexcept = 0;
};

}  // namespace nvinfer1
