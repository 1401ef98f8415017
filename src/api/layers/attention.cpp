// Attention as one unit: one node of the graph, which shows as the unit's output layer.
#include "ops/attention.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

class AttentionLayer final : public LayerImpl<nv::IAttentionOutputLayer, nv::LayerType::kATTENTION_OUTPUT> {
 public:
  using LayerImpl::LayerImpl;
  nv::IAttention* getAttention() const noexcept override { return attention; }
  nv::IAttention* attention = nullptr;
};

class AttentionUnit final : public nv::IAttention {
 public:
  AttentionUnit(Network& network, AttentionLayer* layer) : network_(network), layer_(layer) {}

  bool setNormalizationOperation(nv::AttentionNormalizationOp op) noexcept override {
    return op == nv::AttentionNormalizationOp::kSOFTMAX ||
           refuse("setNormalizationOperation", "attention without softmax is not supported");
  }
  nv::AttentionNormalizationOp getNormalizationOperation() const noexcept override {
    return nv::AttentionNormalizationOp::kSOFTMAX;
  }
  bool setMask(nv::ITensor& mask) noexcept override { return set_input("IAttention::setMask", 3, mask); }
  nv::ITensor* getMask() noexcept override { return layer_->getInput(3); }
  bool setCausalKind(nv::CausalMaskKind kind) noexcept override {
    return guarded(network_.reporter(), "IAttention::setCausalKind", false, [&] {
      require<ModelError>(kind >= nv::CausalMaskKind::kNONE && kind <= nv::CausalMaskKind::kLOWER_RIGHT,
                          "{} is no CausalMaskKind", static_cast<int>(kind));
      attrs().causal = kind != nv::CausalMaskKind::kNONE;
      attrs().causal_bottom_right = kind == nv::CausalMaskKind::kLOWER_RIGHT;
      layer_->state().changed();
      return true;
    });
  }
  nv::CausalMaskKind getCausalKind() const noexcept override {
    if (!attrs().causal) return nv::CausalMaskKind::kNONE;
    return attrs().causal_bottom_right ? nv::CausalMaskKind::kLOWER_RIGHT : nv::CausalMaskKind::kUPPER_LEFT;
  }
  bool setDecomposable(bool decomposable) noexcept override {
    decomposable_ = decomposable;
    return true;
  }
  bool getDecomposable() const noexcept override { return decomposable_; }
  bool setInput(int32_t index, nv::ITensor& input) noexcept override {
    if (index < 0 || index > 3) return refuse("setInput", "the inputs are query, key, value and mask");
    return set_input("IAttention::setInput", index, input);
  }
  int32_t getNbInputs() const noexcept override { return layer_->getNbInputs(); }
  nv::ITensor* getInput(int32_t index) const noexcept override { return layer_->getInput(index); }
  int32_t getNbOutputs() const noexcept override { return 1; }
  nv::ITensor* getOutput(int32_t index) const noexcept override { return layer_->getOutput(index); }
  bool setName(char const* name) noexcept override {
    layer_->setName(name);
    return name != nullptr;
  }
  char const* getName() const noexcept override { return layer_->getName(); }
  bool setNormalizationQuantizeScale(nv::ITensor&) noexcept override {
    return refuse("setNormalizationQuantizeScale", "quantized attention weights are not supported");
  }
  nv::ITensor* getNormalizationQuantizeScale() const noexcept override { return nullptr; }
  bool setNormalizationQuantizeToType(nv::DataType) noexcept override {
    return refuse("setNormalizationQuantizeToType", "quantized attention weights are not supported");
  }
  nv::DataType getNormalizationQuantizeToType() const noexcept override { return nv::DataType::kFLOAT; }
  bool setMetadata(char const* metadata) noexcept override {
    layer_->setMetadata(metadata);
    return true;
  }
  char const* getMetadata() const noexcept override { return layer_->getMetadata(); }
  bool setNbRanks(int32_t n) noexcept override { return layer_->setNbRanks(n); }
  int32_t getNbRanks() const noexcept override { return 1; }
  bool setQueryForm(nv::AttentionIOForm form) noexcept override { return padded("setQueryForm", form); }
  nv::AttentionIOForm getQueryForm() const noexcept override { return nv::AttentionIOForm::kPADDED_BHND; }
  bool setKeyValueForm(nv::AttentionIOForm form) noexcept override { return padded("setKeyValueForm", form); }
  nv::AttentionIOForm getKeyValueForm() const noexcept override { return nv::AttentionIOForm::kPADDED_BHND; }
  bool setQueryLengths(nv::ITensor* lengths) noexcept override {
    return lengths == nullptr || refuse("setQueryLengths", "lengths of sequences are not supported; use a mask");
  }
  nv::ITensor* getQueryLengths() const noexcept override { return nullptr; }
  bool setKeyValueLengths(nv::ITensor* lengths) noexcept override {
    return lengths == nullptr || refuse("setKeyValueLengths", "lengths of sequences are not supported; use a mask");
  }
  nv::ITensor* getKeyValueLengths() const noexcept override { return nullptr; }

 private:
  AttentionAttrs& attrs() const { return layer_->state().node()->attr<AttentionAttrs>(); }
  bool set_input(const char* call, int32_t index, nv::ITensor& tensor) noexcept {
    return guarded(network_.reporter(), call, false, [&] {
      layer_->state().set_input(index, tensor);
      return true;
    });
  }
  bool padded(const char* call, nv::AttentionIOForm form) noexcept {
    return form == nv::AttentionIOForm::kPADDED_BHND || refuse(call, "packed sequences are not supported");
  }
  bool refuse(const char* call, const char* why) const noexcept {
    return guarded(network_.reporter(), call, false, [&]() -> bool { fail<Unsupported>("IAttention: {}", why); });
  }
  Network& network_;
  AttentionLayer* layer_;
  bool decomposable_ = false;
};

}  // namespace

nv::IAttention* Network::addAttentionV2(nv::ITensor& query, nv::ITensor& key, nv::ITensor& v,
                                        nv::AttentionNormalizationOp normOp, nv::CausalMaskKind causalKind) noexcept {
  return adding<nv::IAttention>(*this, "INetworkDefinition::addAttention", [&] {
    require<Unsupported>(normOp == nv::AttentionNormalizationOp::kSOFTMAX,
                         "attention units (IAttention) without softmax are not supported");
    auto* layer =
        add<AttentionLayer>("Attention", kAttentionOp, {value(query), value(key), value(v)}, AttentionAttrs());
    auto unit = std::make_unique<AttentionUnit>(*this, layer);
    layer->attention = unit.get();
    unit->setCausalKind(causalKind);
    scopes_.push_back(std::move(unit));
    return layer->attention;
  });
}

}  // namespace hone::api
