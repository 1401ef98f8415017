// IIfConditional and its layers: two branches of which one runs.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

class IIfConditional;

/// A layer on the edge of a conditional.
class IIfConditionalBoundaryLayer : public ILayer {
 public:
  /// The conditional it belongs to.
  virtual IIfConditional* getConditional() const noexcept = 0;
};

/// Holds the condition, a 0-D boolean.
class IConditionLayer : public IIfConditionalBoundaryLayer {
 public:
};

/// Gives input 0 when the condition is true, else input 1; both have the same rank and type.
class IIfConditionalOutputLayer : public IIfConditionalBoundaryLayer {
 public:
};

/// Marks a tensor from outside as an input of the branches.
class IIfConditionalInputLayer : public IIfConditionalBoundaryLayer {
 public:
};

/// A choice between two branches: only what the chosen outputs need is computed. Owned by the network.
class IIfConditional : public INoCopy {
 public:
  /// Sets the condition, a 0-D boolean; once per conditional. Null on an error.
  virtual IConditionLayer* setCondition(ITensor& condition) noexcept = 0;
  /// Adds an output; null on an error.
  virtual IIfConditionalOutputLayer* addOutput(ITensor& trueSubgraphOutput, ITensor& falseSubgraphOutput) noexcept = 0;
  /// Adds an input; the branches read its output. Null on an error.
  virtual IIfConditionalInputLayer* addInput(ITensor& input) noexcept = 0;
  /// Sets the name of the conditional. Copied.
  virtual void setName(char const* name) noexcept = 0;
  /// Returns the name of the conditional.
  virtual char const* getName() const noexcept = 0;
};

}  // namespace nvinfer1
