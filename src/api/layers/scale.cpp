// Scale layers: (x * scale + shift) ^ power.
#include "ops/scale.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

constexpr auto kModes = enum_table<nv::ScaleMode, hone::ScaleMode>({
    {nv::ScaleMode::kUNIFORM, hone::ScaleMode::kUniform},
    {nv::ScaleMode::kCHANNEL, hone::ScaleMode::kChannel},
    {nv::ScaleMode::kELEMENTWISE, hone::ScaleMode::kElementwise},
});

Tensor coefficients(const nv::Weights& w, const char* what) {
  return empty(w) ? Tensor() : tensor(w, {w.count}, what).to(DType::kF32);
}

class ScaleLayer final : public LayerImpl<nv::IScaleLayer, nv::LayerType::kSCALE> {
 public:
  using LayerImpl::LayerImpl;
  void setMode(nv::ScaleMode mode) noexcept override {
    edit<ScaleAttrs>("IScaleLayer::setMode", [&](ScaleAttrs& a) { a.mode = kModes.inner(mode, "ScaleMode"); });
  }
  nv::ScaleMode getMode() const noexcept override {
    return kModes.outer(attr<ScaleAttrs>().mode).value_or(nv::ScaleMode::kUNIFORM);
  }
  void setShift(nv::Weights w) noexcept override {
    edit<ScaleAttrs>("IScaleLayer::setShift", [&](ScaleAttrs& a) { a.shift = coefficients(w, "the shift"); });
  }
  nv::Weights getShift() const noexcept override { return weights(attr<ScaleAttrs>().shift); }
  void setScale(nv::Weights w) noexcept override {
    edit<ScaleAttrs>("IScaleLayer::setScale", [&](ScaleAttrs& a) { a.scale = coefficients(w, "the scale"); });
  }
  nv::Weights getScale() const noexcept override { return weights(attr<ScaleAttrs>().scale); }
  void setPower(nv::Weights w) noexcept override {
    edit<ScaleAttrs>("IScaleLayer::setPower", [&](ScaleAttrs& a) { a.power = coefficients(w, "the power"); });
  }
  nv::Weights getPower() const noexcept override { return weights(attr<ScaleAttrs>().power); }
  void setChannelAxis(int32_t axis) noexcept override {
    edit<ScaleAttrs>("IScaleLayer::setChannelAxis", [&](ScaleAttrs& a) { a.channel_axis = axis; });
  }
  int32_t getChannelAxis() const noexcept override { return static_cast<int32_t>(attr<ScaleAttrs>().channel_axis); }
};
}  // namespace

std::unique_ptr<LayerBase> make_scale(Network& network, ir::Node* node) {
  return std::make_unique<ScaleLayer>(network, node);
}

nv::IScaleLayer* Network::addScale(nv::ITensor& input, nv::ScaleMode mode, nv::Weights shift, nv::Weights scale,
                                   nv::Weights power) noexcept {
  return addScaleNd(input, mode, shift, scale, power, 1);
}

nv::IScaleLayer* Network::addScaleNd(nv::ITensor& input, nv::ScaleMode mode, nv::Weights shift, nv::Weights scale,
                                     nv::Weights power, int32_t channelAxis) noexcept {
  return adding<nv::IScaleLayer>(*this, "INetworkDefinition::addScaleNd", [&] {
    ScaleAttrs a;
    a.mode = kModes.inner(mode, "ScaleMode");
    a.shift = coefficients(shift, "the shift");
    a.scale = coefficients(scale, "the scale");
    a.power = coefficients(power, "the power");
    a.channel_axis = channelAxis;
    return add<ScaleLayer>("Scale", kScaleOp, {value(input)}, std::move(a));
  });
}

}  // namespace hone::api
