// IAlgorithmSelector and the records it is shown: the program's say in the choice of tactics (releases 8 to 10).
#pragma once

#include "hone/dims.h"
#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/types.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Type and layout of one input or output of an algorithm.
class IAlgorithmIOInfo : public INoCopy {
 public:
  /// Element type.
  virtual DataType getDataType() const noexcept = 0;
  /// Distance of neighbours in each dimension, in vectors.
  virtual Dims getStrides() const noexcept = 0;
  /// The dimension that is cut into vectors, -1 for none.
  virtual int64_t getVectorizedDim() const noexcept = 0;
  /// Elements per vector, 1 when there are none.
  virtual int64_t getComponentsPerElement() const noexcept = 0;
  /// Deprecated: look at strides and vectors instead. The format these make.
  TRT_DEPRECATED virtual TensorFormat getTensorFormat() const noexcept = 0;
};

/// Names an implementation and one of its tactics.
class IAlgorithmVariant : public INoCopy {
 public:
  /// Number of the implementation.
  virtual int64_t getImplementation() const noexcept = 0;
  /// Number of the tactic.
  virtual int64_t getTactic() const noexcept = 0;
};

/// The layer for which an algorithm is chosen.
class IAlgorithmContext : public INoCopy {
 public:
  /// Name of the layer.
  virtual char const* getName() const noexcept = 0;
  /// Shape of an input or (behind them) output, as the profile has it.
  virtual Dims getDimensions(int32_t index, OptProfileSelector select) const noexcept = 0;
  /// Number of inputs.
  virtual int32_t getNbInputs() const noexcept = 0;
  /// Number of outputs.
  virtual int32_t getNbOutputs() const noexcept = 0;
};

/// One algorithm that can run the layer.
class IAlgorithm : public INoCopy {
 public:
  /// Implementation and tactic.
  virtual IAlgorithmVariant const& getAlgorithmVariant() const noexcept = 0;
  /// Measured time in milliseconds, 0 when not measured.
  virtual float getTimingMSec() const noexcept = 0;
  /// Scratch memory in bytes.
  virtual std::size_t getWorkspaceSize() const noexcept = 0;
  /// Type and layout of an input or (behind them) output; null when out of range.
  virtual IAlgorithmIOInfo const* getAlgorithmIOInfoByIndex(int32_t index) const noexcept = 0;
  /// Deprecated: use getAlgorithmIOInfoByIndex(); the index must be in range.
  TRT_DEPRECATED IAlgorithmIOInfo const& getAlgorithmIOInfo(int32_t index) const noexcept {
    return *getAlgorithmIOInfoByIndex(index);
  }
};

/// Chooses algorithms. Implemented by the program.
class IAlgorithmSelector : public IVersionedInterface {
 public:
  /// Puts the indices of the allowed ones among `nbChoices` algorithms into `selection`; returns how many.
  virtual int32_t selectAlgorithms(IAlgorithmContext const& context, IAlgorithm const* const* choices,
                                   int32_t nbChoices, int32_t* selection) = 0;
  /// Reports the algorithms that the engine will use, one per layer.
  virtual void reportAlgorithms(IAlgorithmContext const* const* algoContexts, IAlgorithm const* const* algoChoices,
                                int32_t nbAlgorithms) = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IAlgorithmSelector", 1, 0}; }
  ~IAlgorithmSelector() noexcept override = default;
};

namespace v_1_0 {
using IAlgorithmSelector = nvinfer1::IAlgorithmSelector;
}

}  // namespace nvinfer1
