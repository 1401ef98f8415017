// IAttention: scaled dot-product attention as one unit, and the layers on its edges.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// What turns scores into weights.
enum class AttentionNormalizationOp : int32_t {
  kNONE = 0,     ///< Nothing.
  kSOFTMAX = 1,  ///< Softmax over the keys.
};

/// One more than the largest value of AttentionNormalizationOp.
template <>
constexpr int32_t EnumMax<AttentionNormalizationOp>() noexcept {
  return 2;
}

/// How the tokens of a batch lie in memory.
enum class AttentionIOForm : int32_t {
  kPADDED_BHND = 0,  ///< [batch, heads, tokens, head size], padded to the longest sequence.
  kPACKED_NHD = 1,   ///< [all tokens, heads, head size], sequences one behind the other.
};

/// One more than the largest value of AttentionIOForm.
template <>
constexpr int32_t EnumMax<AttentionIOForm>() noexcept {
  return 2;
}

/// How a causal mask lies when there are more keys than queries.
enum class CausalMaskKind : int32_t {
  kNONE = 0,         ///< No mask.
  kUPPER_LEFT = 1,   ///< The first query sees the first key.
  kLOWER_RIGHT = 2,  ///< The last query sees the last key.
};

/// One more than the largest value of CausalMaskKind.
template <>
constexpr int32_t EnumMax<CausalMaskKind>() noexcept {
  return 3;
}

class IAttention;

/// A layer on the edge of an attention.
class IAttentionBoundaryLayer : public ILayer {
 public:
  /// The attention it belongs to.
  virtual IAttention* getAttention() const noexcept = 0;
};

/// The inputs of an attention.
class IAttentionInputLayer : public IAttentionBoundaryLayer {
 public:
};

/// The output of an attention.
class IAttentionOutputLayer : public IAttentionBoundaryLayer {
 public:
};

/// normalize(query * transposed key + mask) * value; scaling is up to the caller. Owned by the network.
class IAttention : public INoCopy {
 public:
  /// Sets what turns scores into weights. True when accepted.
  virtual bool setNormalizationOperation(AttentionNormalizationOp op) noexcept = 0;
  /// Returns what turns scores into weights.
  virtual AttentionNormalizationOp getNormalizationOperation() const noexcept = 0;
  /// Sets a mask: boolean (true keeps a score) or of the query's type (added to the scores). True when accepted.
  virtual bool setMask(ITensor& mask) noexcept = 0;
  /// The mask, or null.
  virtual ITensor* getMask() noexcept = 0;
  /// Sets the causal mask. True when accepted.
  virtual bool setCausalKind(CausalMaskKind kind) noexcept = 0;
  /// Returns the causal mask.
  virtual CausalMaskKind getCausalKind() const noexcept = 0;
  /// Sets whether the attention may be built from several kernels when no fused one fits; false at first. True when
  /// accepted.
  virtual bool setDecomposable(bool decomposable) noexcept = 0;
  /// Returns whether the attention may be built from several kernels when no fused one fits.
  virtual bool getDecomposable() const noexcept = 0;
  /// Replaces query (0), key (1) or value (2). True when accepted.
  virtual bool setInput(int32_t index, ITensor& input) noexcept = 0;
  /// Number of inputs.
  virtual int32_t getNbInputs() const noexcept = 0;
  /// Input `index`, or null.
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  /// Number of outputs: 1.
  virtual int32_t getNbOutputs() const noexcept = 0;
  /// Output `index`, or null.
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  /// Sets the name. Copied; true when accepted.
  virtual bool setName(char const* name) noexcept = 0;
  /// Returns the name.
  virtual char const* getName() const noexcept = 0;
  /// Sets a scale with which the weights are quantized. True when accepted.
  virtual bool setNormalizationQuantizeScale(ITensor& tensor) noexcept = 0;
  /// That scale, or null.
  virtual ITensor* getNormalizationQuantizeScale() const noexcept = 0;
  /// Sets the type to which the weights are quantized. True when accepted.
  virtual bool setNormalizationQuantizeToType(DataType type) noexcept = 0;
  /// Returns the type to which the weights are quantized.
  virtual DataType getNormalizationQuantizeToType() const noexcept = 0;
  /// Sets a text that the engine inspector shows. Copied; true when accepted.
  virtual bool setMetadata(char const* metadata) noexcept = 0;
  /// Returns a text that the engine inspector shows.
  virtual char const* getMetadata() const noexcept = 0;
  /// Sets the number of processes that share the work; only 1 is accepted (true).
  virtual bool setNbRanks(int32_t nbRanks) noexcept = 0;
  /// Returns the number of processes that share the work.
  virtual int32_t getNbRanks() const noexcept = 0;
  /// Sets how queries lie in memory. True when accepted.
  virtual bool setQueryForm(AttentionIOForm form) noexcept = 0;
  /// Returns how queries lie in memory.
  virtual AttentionIOForm getQueryForm() const noexcept = 0;
  /// Sets how keys and values lie in memory. True when accepted.
  virtual bool setKeyValueForm(AttentionIOForm form) noexcept = 0;
  /// Returns how keys and values lie in memory.
  virtual AttentionIOForm getKeyValueForm() const noexcept = 0;
  /// Sets the length of each query sequence, or null for none. True when accepted.
  virtual bool setQueryLengths(ITensor* lengths) noexcept = 0;
  /// That tensor, or null.
  virtual ITensor* getQueryLengths() const noexcept = 0;
  /// Sets the length of each key and value sequence, or null for none. True when accepted.
  virtual bool setKeyValueLengths(ITensor* lengths) noexcept = 0;
  /// That tensor, or null.
  virtual ITensor* getKeyValueLengths() const noexcept = 0;
  /// Deprecated: use setCausalKind().
  TRT_DEPRECATED bool setCausal(bool isCausal) noexcept {
    return setCausalKind(isCausal ? CausalMaskKind::kUPPER_LEFT : CausalMaskKind::kNONE);
  }
  /// Deprecated: use getCausalKind().
  TRT_DEPRECATED bool getCausal() const noexcept { return getCausalKind() != CausalMaskKind::kNONE; }
};

}  // namespace nvinfer1
