// Rotary position embedding.
#include "ops/rotary_embedding.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

int64_t even(int32_t n) {
  require<ModelError>(n >= 0 && n % 2 == 0, "the rotated part of a head has {} elements", n);
  return n;
}

class RotaryEmbeddingLayer final : public LayerImpl<nv::IRotaryEmbeddingLayer, nv::LayerType::kROTARY_EMBEDDING> {
 public:
  using LayerImpl::LayerImpl;
  void setInterleaved(bool interleaved) noexcept override {
    edit<RotaryEmbeddingAttrs>("IRotaryEmbeddingLayer::setInterleaved",
                               [&](RotaryEmbeddingAttrs& a) { a.interleaved = interleaved; });
  }
  bool getInterleaved() const noexcept override { return attr<RotaryEmbeddingAttrs>().interleaved; }
  bool setRotaryEmbeddingDim(int32_t n) noexcept override {
    return edit<RotaryEmbeddingAttrs>("IRotaryEmbeddingLayer::setRotaryEmbeddingDim",
                                      [&](RotaryEmbeddingAttrs& a) { a.rotary_dim = even(n); });
  }
  int32_t getRotaryEmbeddingDim() const noexcept override {
    return static_cast<int32_t>(attr<RotaryEmbeddingAttrs>().rotary_dim);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_rotary_embedding(Network& network, ir::Node* node) {
  return std::make_unique<RotaryEmbeddingLayer>(network, node);
}

nv::IRotaryEmbeddingLayer* Network::addRotaryEmbedding(nv::ITensor& input, nv::ITensor& cosCache, nv::ITensor& sinCache,
                                                       bool interleaved, int32_t rotaryEmbeddingDim) noexcept {
  return adding<nv::IRotaryEmbeddingLayer>(*this, "INetworkDefinition::addRotaryEmbedding", [&] {
    RotaryEmbeddingAttrs a;
    a.interleaved = interleaved;
    a.rotary_dim = even(rotaryEmbeddingDim);
    return add<RotaryEmbeddingLayer>("RotaryEmbedding", kRotaryEmbeddingOp,
                                     {value(input), value(cosCache), value(sinCache)}, a);
  });
}

}  // namespace hone::api
