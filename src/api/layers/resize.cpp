// Resampling at another resolution.
#include "ops/resize.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

using nv::ResizeCoordinateTransformation;
constexpr auto kModes = enum_table<nv::InterpolationMode, hone::ResizeMode>({
    {nv::InterpolationMode::kNEAREST, hone::ResizeMode::kNearest},
    {nv::InterpolationMode::kLINEAR, hone::ResizeMode::kLinear},
    {nv::InterpolationMode::kCUBIC, hone::ResizeMode::kCubic},
});
constexpr auto kRoundings = enum_table<nv::ResizeRoundMode, NearestMode>({
    {nv::ResizeRoundMode::kHALF_UP, NearestMode::kRoundPreferCeil},
    {nv::ResizeRoundMode::kHALF_DOWN, NearestMode::kRoundPreferFloor},
    {nv::ResizeRoundMode::kFLOOR, NearestMode::kFloor},
    {nv::ResizeRoundMode::kCEIL, NearestMode::kCeil},
});

// A half-pixel grid whose single element samples 0 is what PyTorch computes; the other grids do so anyway.
CoordinateMode coordinates(ResizeCoordinateTransformation t, nv::ResizeSelector selector) {
  switch (t) {
    case ResizeCoordinateTransformation::kALIGN_CORNERS:
      return CoordinateMode::kAlignCorners;
    case ResizeCoordinateTransformation::kASYMMETRIC:
      return CoordinateMode::kAsymmetric;
    case ResizeCoordinateTransformation::kHALF_PIXEL:
      return selector == nv::ResizeSelector::kUPPER ? CoordinateMode::kPytorchHalfPixel : CoordinateMode::kHalfPixel;
  }
  fail<ModelError>("{} is no ResizeCoordinateTransformation", static_cast<int>(t));
}

class ResizeLayer final : public LayerImpl<nv::IResizeLayer, nv::LayerType::kRESIZE> {
 public:
  ResizeLayer(Network& network, ir::Node* node) : LayerImpl(network, node) {
    const CoordinateMode c = attr<ResizeAttrs>().coordinates;
    if (c == CoordinateMode::kAlignCorners) transformation_ = ResizeCoordinateTransformation::kALIGN_CORNERS;
    if (c == CoordinateMode::kHalfPixel || c == CoordinateMode::kPytorchHalfPixel)
      transformation_ = ResizeCoordinateTransformation::kHALF_PIXEL;
    if (c == CoordinateMode::kPytorchHalfPixel) selector_ = nv::ResizeSelector::kUPPER;
  }
  void setOutputDimensions(nv::Dims const& d) noexcept override {
    change("IResizeLayer::setOutputDimensions", [&](ResizeAttrs& a) {
      a.sizes = ints(d);
      a.scales.clear();
      drop_tensors();
    });
  }
  nv::Dims getOutputDimensions() const noexcept override {
    const auto& a = attr<ResizeAttrs>();
    if (!a.sizes.empty()) return dims(a.sizes);
    return state_.output(0)->getDimensions();
  }
  void setScales(float const* scales, int32_t nbScales) noexcept override {
    change("IResizeLayer::setScales", [&](ResizeAttrs& a) {
      require<ModelError>(scales != nullptr && nbScales > 0 && nbScales <= nv::Dims::MAX_DIMS, "no scales are given");
      a.scales.assign(scales, scales + nbScales);
      a.sizes.clear();
      drop_tensors();
    });
  }
  int32_t getScales(int32_t size, float* scales) const noexcept override {
    const auto& s = attr<ResizeAttrs>().scales;
    if (s.empty()) return -1;
    if (scales != nullptr && size >= static_cast<int32_t>(s.size()))
      for (size_t i = 0; i < s.size(); ++i) scales[i] = static_cast<float>(s[i]);
    return static_cast<int32_t>(s.size());
  }
  void setResizeMode(nv::InterpolationMode mode) noexcept override {
    change("IResizeLayer::setResizeMode", [&](ResizeAttrs& a) { a.mode = kModes.inner(mode, "InterpolationMode"); });
  }
  nv::InterpolationMode getResizeMode() const noexcept override {
    return kModes.outer(attr<ResizeAttrs>().mode).value_or(nv::InterpolationMode::kNEAREST);
  }
  void setCoordinateTransformation(ResizeCoordinateTransformation t) noexcept override {
    change("IResizeLayer::setCoordinateTransformation", [&](ResizeAttrs& a) {
      a.coordinates = coordinates(t, selector_);
      transformation_ = t;
    });
  }
  ResizeCoordinateTransformation getCoordinateTransformation() const noexcept override { return transformation_; }
  void setSelectorForSinglePixel(nv::ResizeSelector selector) noexcept override {
    change("IResizeLayer::setSelectorForSinglePixel", [&](ResizeAttrs& a) {
      a.coordinates = coordinates(transformation_, selector);
      selector_ = selector;
    });
  }
  nv::ResizeSelector getSelectorForSinglePixel() const noexcept override { return selector_; }
  void setNearestRounding(nv::ResizeRoundMode mode) noexcept override {
    change("IResizeLayer::setNearestRounding",
           [&](ResizeAttrs& a) { a.nearest = kRoundings.inner(mode, "ResizeRoundMode"); });
  }
  nv::ResizeRoundMode getNearestRounding() const noexcept override {
    return kRoundings.outer(attr<ResizeAttrs>().nearest).value_or(nv::ResizeRoundMode::kFLOOR);
  }
  void setCubicCoeff(float c) noexcept override {
    change("IResizeLayer::setCubicCoeff", [&](ResizeAttrs& a) { a.cubic_coefficient = c; });
  }
  float getCubicCoeff() const noexcept override { return static_cast<float>(attr<ResizeAttrs>().cubic_coefficient); }
  void setExcludeOutside(bool exclude) noexcept override {
    change("IResizeLayer::setExcludeOutside", [&](ResizeAttrs& a) { a.exclude_outside = exclude; });
  }
  bool getExcludeOutside() const noexcept override { return attr<ResizeAttrs>().exclude_outside; }

  // Input 1 of the layer is the node's sizes (1) or, for floats, its scales (2).
  int32_t getNbInputs() const noexcept override { return getInput(1) != nullptr ? 2 : 1; }
  nv::ITensor* getInput(int32_t index) const noexcept override {
    if (index != 1) return index == 0 ? state_.input(0) : nullptr;
    return state_.input(1) != nullptr ? state_.input(1) : state_.input(2);
  }
  void setInput(int32_t index, nv::ITensor& tensor) noexcept override {
    if (index != 1) return LayerImpl::setInput(index, tensor);
    change("IResizeLayer::setInput", [&](ResizeAttrs& a) {
      ir::Value* v = state_.network().value(tensor);
      state_.network().refresh();
      a.sizes.clear(), a.scales.clear();
      std::vector<ir::Value*> in = {state_.node()->input(0), v};
      if (is_float(v->type())) in = {state_.node()->input(0), nullptr, v};
      state_.network().graph().set_inputs(state_.node(), std::move(in));
    });
  }

 private:
  void drop_tensors() { state_.network().graph().set_inputs(state_.node(), {state_.node()->input(0)}); }
  template <class F>
  void change(const char* call, F&& f) noexcept {
    edit<ResizeAttrs>(call, f);
  }
  ResizeCoordinateTransformation transformation_ = ResizeCoordinateTransformation::kASYMMETRIC;
  nv::ResizeSelector selector_ = nv::ResizeSelector::kFORMULA;
};
}  // namespace

std::unique_ptr<LayerBase> make_resize(Network& network, ir::Node* node) {
  return std::make_unique<ResizeLayer>(network, node);
}

nv::IResizeLayer* Network::addResize(nv::ITensor& input) noexcept {
  return adding<nv::IResizeLayer>(*this, "INetworkDefinition::addResize", [&] {
    ResizeAttrs a;
    a.coordinates = CoordinateMode::kAsymmetric;
    a.nearest = NearestMode::kFloor;
    return add<ResizeLayer>("Resize", kResizeOp, {value(input)}, std::move(a));
  });
}

}  // namespace hone::api
