// Local response normalization.
#include "ops/lrn.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

int64_t checked_window(int64_t n) {
  require<ModelError>(n >= 1 && n <= 15 && n % 2 == 1, "the window of a local response normalization is {}", n);
  return n;
}

class LrnLayer final : public LayerImpl<nv::ILRNLayer, nv::LayerType::kLRN> {
 public:
  using LayerImpl::LayerImpl;
  void setWindowSize(int64_t n) noexcept override {
    edit<LrnAttrs>("ILRNLayer::setWindowSize", [&](LrnAttrs& a) { a.window = checked_window(n); });
  }
  int64_t getWindowSize() const noexcept override { return attr<LrnAttrs>().window; }
  void setAlpha(float v) noexcept override {
    edit<LrnAttrs>("ILRNLayer::setAlpha", [&](LrnAttrs& a) { a.alpha = v; });
  }
  float getAlpha() const noexcept override { return static_cast<float>(attr<LrnAttrs>().alpha); }
  void setBeta(float v) noexcept override {
    edit<LrnAttrs>("ILRNLayer::setBeta", [&](LrnAttrs& a) { a.beta = v; });
  }
  float getBeta() const noexcept override { return static_cast<float>(attr<LrnAttrs>().beta); }
  void setK(float v) noexcept override {
    edit<LrnAttrs>("ILRNLayer::setK", [&](LrnAttrs& a) { a.k = v; });
  }
  float getK() const noexcept override { return static_cast<float>(attr<LrnAttrs>().k); }
};
}  // namespace

std::unique_ptr<LayerBase> make_lrn(Network& network, ir::Node* node) {
  return std::make_unique<LrnLayer>(network, node);
}

nv::ILRNLayer* Network::addLRN(nv::ITensor& input, int64_t window, float alpha, float beta, float k) noexcept {
  return adding<nv::ILRNLayer>(*this, "INetworkDefinition::addLRN", [&] {
    LrnAttrs a;
    a.window = checked_window(window);
    a.alpha = alpha, a.beta = beta, a.k = k;
    return add<LrnLayer>("LRN", kLrnOp, {value(input)}, a);
  });
}

}  // namespace hone::api
