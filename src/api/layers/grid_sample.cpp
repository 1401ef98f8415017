// Values picked at fractional coordinates.
#include "ops/grid_sample.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

constexpr auto kModes = enum_table<nv::InterpolationMode, GridMode>({
    {nv::InterpolationMode::kNEAREST, GridMode::kNearest},
    {nv::InterpolationMode::kLINEAR, GridMode::kLinear},
    {nv::InterpolationMode::kCUBIC, GridMode::kCubic},
});
constexpr auto kPaddings = enum_table<nv::SampleMode, GridPadding>({
    {nv::SampleMode::kFILL, GridPadding::kZeros},
    {nv::SampleMode::kCLAMP, GridPadding::kBorder},
    {nv::SampleMode::kREFLECT, GridPadding::kReflection},
});

class GridSampleLayer final : public LayerImpl<nv::IGridSampleLayer, nv::LayerType::kGRID_SAMPLE> {
 public:
  using LayerImpl::LayerImpl;
  void setInterpolationMode(nv::InterpolationMode mode) noexcept override {
    edit<GridSampleAttrs>("IGridSampleLayer::setInterpolationMode",
                          [&](GridSampleAttrs& a) { a.mode = kModes.inner(mode, "InterpolationMode"); });
  }
  nv::InterpolationMode getInterpolationMode() const noexcept override {
    return kModes.outer(attr<GridSampleAttrs>().mode).value_or(nv::InterpolationMode::kLINEAR);
  }
  void setAlignCorners(bool align) noexcept override {
    edit<GridSampleAttrs>("IGridSampleLayer::setAlignCorners", [&](GridSampleAttrs& a) { a.align_corners = align; });
  }
  bool getAlignCorners() const noexcept override { return attr<GridSampleAttrs>().align_corners; }
  bool setSampleMode(nv::SampleMode mode) noexcept override {
    return edit<GridSampleAttrs>("IGridSampleLayer::setSampleMode", [&](GridSampleAttrs& a) {
      a.padding = kPaddings.inner(mode, "SampleMode of a grid sample");
    });
  }
  nv::SampleMode getSampleMode() const noexcept override {
    return kPaddings.outer(attr<GridSampleAttrs>().padding).value_or(nv::SampleMode::kFILL);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_grid_sample(Network& network, ir::Node* node) {
  return std::make_unique<GridSampleLayer>(network, node);
}

nv::IGridSampleLayer* Network::addGridSample(nv::ITensor& input, nv::ITensor& grid) noexcept {
  return adding<nv::IGridSampleLayer>(*this, "INetworkDefinition::addGridSample", [&] {
    return add<GridSampleLayer>("GridSample", kGridSampleOp, {value(input), value(grid)});
  });
}

}  // namespace hone::api
