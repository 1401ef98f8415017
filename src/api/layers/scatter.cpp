// Elements written at given places of a copy.
#include "ops/scatter.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

bool is_nd(nv::ScatterMode mode) {
  require<ModelError>(mode == nv::ScatterMode::kELEMENT || mode == nv::ScatterMode::kND, "{} is no ScatterMode",
                      static_cast<int>(mode));
  return mode == nv::ScatterMode::kND;
}

class ScatterLayer final : public LayerImpl<nv::IScatterLayer, nv::LayerType::kSCATTER> {
 public:
  using LayerImpl::LayerImpl;
  void setMode(nv::ScatterMode mode) noexcept override {
    edit<ScatterAttrs>("IScatterLayer::setMode", [&](ScatterAttrs& a) { a.nd = is_nd(mode); });
  }
  nv::ScatterMode getMode() const noexcept override {
    return attr<ScatterAttrs>().nd ? nv::ScatterMode::kND : nv::ScatterMode::kELEMENT;
  }
  void setAxis(int32_t axis) noexcept override {
    edit<ScatterAttrs>("IScatterLayer::setAxis", [&](ScatterAttrs& a) { a.axis = axis; });
  }
  int32_t getAxis() const noexcept override { return static_cast<int32_t>(attr<ScatterAttrs>().axis); }
};
}  // namespace

std::unique_ptr<LayerBase> make_scatter(Network& network, ir::Node* node) {
  if (node->attr<ScatterAttrs>().reduction != ScatterReduction::kNone) return make_generic(network, node);
  return std::make_unique<ScatterLayer>(network, node);
}

nv::IScatterLayer* Network::addScatter(nv::ITensor& data, nv::ITensor& indices, nv::ITensor& updates,
                                       nv::ScatterMode mode) noexcept {
  return adding<nv::IScatterLayer>(*this, "INetworkDefinition::addScatter", [&] {
    ScatterAttrs a;
    a.nd = is_nd(mode);
    return add<ScatterLayer>("Scatter", kScatterOp, {value(data), value(indices), value(updates)}, a);
  });
}

}  // namespace hone::api
