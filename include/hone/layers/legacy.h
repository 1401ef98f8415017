// IFullyConnectedLayer and IRNNv2Layer: layers that ended with release 8. The classes are declared so that older
// programs compile; a network makes none of them and says so when asked.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// A product with a weight matrix over the last three dimensions; use IMatrixMultiplyLayer, or IConvolutionLayer with a
/// window as large as the input.
class IFullyConnectedLayer : public ILayer {
 public:
  /// Sets the number of output channels.
  virtual void setNbOutputChannels(int32_t nbOutputs) noexcept = 0;
  /// Returns the number of output channels.
  virtual int32_t getNbOutputChannels() const noexcept = 0;
  /// Sets the matrix, one row per output channel.
  virtual void setKernelWeights(Weights weights) noexcept = 0;
  /// Returns the matrix.
  virtual Weights getKernelWeights() const noexcept = 0;
  /// Sets the bias, one element per output channel, or none.
  virtual void setBiasWeights(Weights weights) noexcept = 0;
  /// Returns the bias.
  virtual Weights getBiasWeights() const noexcept = 0;
};

/// Cells of a recurrent layer.
enum class RNNOperation : int32_t {
  kRELU = 0,  ///< One gate with ReLU.
  kTANH = 1,  ///< One gate with tanh.
  kLSTM = 2,  ///< Long short-term memory.
  kGRU = 3,   ///< Gated recurrent unit.
};

/// One more than the largest value of RNNOperation.
template <>
constexpr int32_t EnumMax<RNNOperation>() noexcept {
  return 4;
}

/// Directions of a recurrent layer.
enum class RNNDirection : int32_t {
  kUNIDIRECTION = 0,  ///< Forward only.
  kBIDIRECTION = 1,   ///< Both ways, outputs joined.
};

/// One more than the largest value of RNNDirection.
template <>
constexpr int32_t EnumMax<RNNDirection>() noexcept {
  return 2;
}

/// What the first layer does with its input.
enum class RNNInputMode : int32_t {
  kLINEAR = 0,  ///< Multiplies it with a matrix.
  kSKIP = 1,    ///< Takes it as it is.
};

/// One more than the largest value of RNNInputMode.
template <>
constexpr int32_t EnumMax<RNNInputMode>() noexcept {
  return 2;
}

/// Gates of a cell.
enum class RNNGateType : int32_t {
  kINPUT = 0,   ///< Input gate.
  kOUTPUT = 1,  ///< Output gate.
  kFORGET = 2,  ///< Forget gate.
  kUPDATE = 3,  ///< Update gate.
  kRESET = 4,   ///< Reset gate.
  kCELL = 5,    ///< Cell gate.
  kHIDDEN = 6,  ///< Hidden gate.
};

/// One more than the largest value of RNNGateType.
template <>
constexpr int32_t EnumMax<RNNGateType>() noexcept {
  return 7;
}

/// Stacked recurrent layers; use ILoop.
class IRNNv2Layer : public ILayer {
 public:
  /// Number of stacked layers.
  virtual int32_t getLayerCount() const noexcept = 0;
  /// Elements of the hidden state.
  virtual int32_t getHiddenSize() const noexcept = 0;
  /// Longest sequence.
  virtual int32_t getMaxSeqLength() const noexcept = 0;
  /// Elements of an input.
  virtual int32_t getDataLength() const noexcept = 0;
  /// Sets the lengths of sequences, one per batch item.
  virtual void setSequenceLengths(ITensor& seqLengths) noexcept = 0;
  /// Returns the lengths of sequences, or null.
  virtual ITensor* getSequenceLengths() const noexcept = 0;
  /// Sets the cell.
  virtual void setOperation(RNNOperation op) noexcept = 0;
  /// Returns the cell.
  virtual RNNOperation getOperation() const noexcept = 0;
  /// Sets what the first layer does with its input.
  virtual void setInputMode(RNNInputMode op) noexcept = 0;
  /// Returns what the first layer does with its input.
  virtual RNNInputMode getInputMode() const noexcept = 0;
  /// Sets the direction.
  virtual void setDirection(RNNDirection op) noexcept = 0;
  /// Returns the direction.
  virtual RNNDirection getDirection() const noexcept = 0;
  /// Sets the matrix of a gate, for the input (isW) or the hidden state.
  virtual void setWeightsForGate(int32_t layerIndex, RNNGateType gate, bool isW, Weights weights) noexcept = 0;
  /// Returns the matrix of a gate.
  virtual Weights getWeightsForGate(int32_t layerIndex, RNNGateType gate, bool isW) const noexcept = 0;
  /// Sets the bias of a gate, for the input (isW) or the hidden state.
  virtual void setBiasForGate(int32_t layerIndex, RNNGateType gate, bool isW, Weights bias) noexcept = 0;
  /// Returns the bias of a gate.
  virtual Weights getBiasForGate(int32_t layerIndex, RNNGateType gate, bool isW) const noexcept = 0;
  /// Sets the first hidden state.
  virtual void setHiddenState(ITensor& hidden) noexcept = 0;
  /// Returns the first hidden state, or null.
  virtual ITensor* getHiddenState() const noexcept = 0;
  /// Sets the first cell state of kLSTM.
  virtual void setCellState(ITensor& cell) noexcept = 0;
  /// Returns the first cell state, or null.
  virtual ITensor* getCellState() const noexcept = 0;
};

}  // namespace nvinfer1
