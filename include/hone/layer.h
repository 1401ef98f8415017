// ILayer: what all layers of a network have in common.
#pragma once

#include "hone/layer_type.h"
#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/tensor.h"
#include "hone/types.h"

namespace nvinfer1 {

/// A layer of the network under construction. Owned by the network.
class ILayer : public INoCopy {
 public:
  /// The kind of layer; tells which derived class the object has.
  virtual LayerType getType() const noexcept = 0;
  /// Sets the name, used in messages, profiles and by per-layer settings. The text is copied.
  virtual void setName(char const* name) noexcept = 0;
  /// Returns the name, used in messages, profiles and by per-layer settings.
  virtual char const* getName() const noexcept = 0;
  /// Number of inputs, counting optional ones up to the last that is set.
  virtual int32_t getNbInputs() const noexcept = 0;
  /// Input `index`, or null when the index is out of range or the input is not set.
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  /// Number of outputs.
  virtual int32_t getNbOutputs() const noexcept = 0;
  /// Output `index`, or null when out of range.
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  /// Replaces input `index` by a tensor of the same network. Layers with optional inputs name them in their class.
  virtual void setInput(int32_t index, ITensor& tensor) noexcept = 0;
  /// Asks for a type of computation; in weakly typed networks only, and binding only with a precision-constraint
  /// flag.
  virtual void setPrecision(DataType dataType) noexcept = 0;
  /// The type asked for, kFLOAT when none was.
  virtual DataType getPrecision() const noexcept = 0;
  /// True when setPrecision() was called.
  virtual bool precisionIsSet() const noexcept = 0;
  /// Takes the request back.
  virtual void resetPrecision() noexcept = 0;
  /// Sets the element type of output `index`; in strongly typed networks the layers that convert have their own
  /// calls.
  virtual void setOutputType(int32_t index, DataType dataType) noexcept = 0;
  /// Element type of output `index`.
  virtual DataType getOutputType(int32_t index) const noexcept = 0;
  /// True when setOutputType() was called for this output.
  virtual bool outputTypeIsSet(int32_t index) const noexcept = 0;
  /// Takes setOutputType() back.
  virtual void resetOutputType(int32_t index) noexcept = 0;
  /// Sets a text that the engine inspector shows with the layer. Copied; empty at first.
  virtual void setMetadata(char const* metadata) noexcept = 0;
  /// Returns a text that the engine inspector shows with the layer.
  virtual char const* getMetadata() const noexcept = 0;
  /// Sets the number of processes that share the layer in a run on several devices. Hone runs on one: only 1 is
  /// accepted (true), anything else returns false.
  virtual bool setNbRanks(int32_t nbRanks) noexcept = 0;
  /// Returns the number of processes that share the layer in a run on several devices.
  virtual int32_t getNbRanks() const noexcept = 0;
};

}  // namespace nvinfer1
