// Elements picked by index.
#include "ops/gather.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

constexpr auto kModes = enum_table<nv::GatherMode, hone::GatherMode>({
    {nv::GatherMode::kDEFAULT, hone::GatherMode::kAxis},
    {nv::GatherMode::kELEMENT, hone::GatherMode::kElement},
    {nv::GatherMode::kND, hone::GatherMode::kNd},
});

class GatherLayer final : public LayerImpl<nv::IGatherLayer, nv::LayerType::kGATHER> {
 public:
  using LayerImpl::LayerImpl;
  void setGatherAxis(int32_t axis) noexcept override {
    edit<GatherAttrs>("IGatherLayer::setGatherAxis", [&](GatherAttrs& a) { a.axis = axis; });
  }
  int32_t getGatherAxis() const noexcept override { return static_cast<int32_t>(attr<GatherAttrs>().axis); }
  void setNbElementWiseDims(int32_t n) noexcept override {
    edit<GatherAttrs>("IGatherLayer::setNbElementWiseDims", [&](GatherAttrs& a) {
      require<ModelError>(n >= 0 && n <= nv::Dims::MAX_DIMS, "the number of element-wise dimensions is {}", n);
      a.batch_dims = n;
    });
  }
  int32_t getNbElementWiseDims() const noexcept override {
    return static_cast<int32_t>(attr<GatherAttrs>().batch_dims);
  }
  void setMode(nv::GatherMode mode) noexcept override {
    edit<GatherAttrs>("IGatherLayer::setMode", [&](GatherAttrs& a) { a.mode = kModes.inner(mode, "GatherMode"); });
  }
  nv::GatherMode getMode() const noexcept override {
    return kModes.outer(attr<GatherAttrs>().mode).value_or(nv::GatherMode::kDEFAULT);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_gather(Network& network, ir::Node* node) {
  return std::make_unique<GatherLayer>(network, node);
}

nv::IGatherLayer* Network::addGather(nv::ITensor& data, nv::ITensor& indices, int32_t axis) noexcept {
  return adding<nv::IGatherLayer>(*this, "INetworkDefinition::addGather", [&] {
    GatherAttrs a;
    a.axis = axis;
    return add<GatherLayer>("Gather", kGatherOp, {value(data), value(indices)}, a);
  });
}

nv::IGatherLayer* Network::addGatherV2(nv::ITensor& data, nv::ITensor& indices, nv::GatherMode mode) noexcept {
  return adding<nv::IGatherLayer>(*this, "INetworkDefinition::addGatherV2", [&] {
    GatherAttrs a;
    a.mode = kModes.inner(mode, "GatherMode");
    return add<GatherLayer>("Gather", kGatherOp, {value(data), value(indices)}, a);
  });
}

}  // namespace hone::api
