// Regular parts of a tensor.
#include "ops/slice.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

constexpr auto kModes = enum_table<nv::SampleMode, hone::SampleMode>({
    {nv::SampleMode::kSTRICT_BOUNDS, hone::SampleMode::kStrict},
    {nv::SampleMode::kWRAP, hone::SampleMode::kWrap},
    {nv::SampleMode::kCLAMP, hone::SampleMode::kClamp},
    {nv::SampleMode::kFILL, hone::SampleMode::kFill},
    {nv::SampleMode::kREFLECT, hone::SampleMode::kReflect},
});

class SliceLayer final : public LayerImpl<nv::ISliceLayer, nv::LayerType::kSLICE> {
 public:
  using LayerImpl::LayerImpl;
  void setStart(nv::Dims const& d) noexcept override { set("ISliceLayer::setStart", 1, &SliceAttrs::start, d); }
  nv::Dims getStart() const noexcept override { return get(1, attr<SliceAttrs>().start); }
  void setSize(nv::Dims const& d) noexcept override { set("ISliceLayer::setSize", 2, &SliceAttrs::size, d); }
  nv::Dims getSize() const noexcept override { return get(2, attr<SliceAttrs>().size); }
  void setStride(nv::Dims const& d) noexcept override { set("ISliceLayer::setStride", 3, &SliceAttrs::stride, d); }
  nv::Dims getStride() const noexcept override { return get(3, attr<SliceAttrs>().stride); }
  void setAxes(nv::Dims const& d) noexcept override { set("ISliceLayer::setAxes", 5, &SliceAttrs::axes, d); }
  nv::Dims getAxes() const noexcept override { return get(5, attr<SliceAttrs>().axes); }
  void setMode(nv::SampleMode mode) noexcept override {
    edit<SliceAttrs>("ISliceLayer::setMode", [&](SliceAttrs& a) { a.mode = kModes.inner(mode, "SampleMode"); });
  }
  nv::SampleMode getMode() const noexcept override {
    return kModes.outer(attr<SliceAttrs>().mode).value_or(nv::SampleMode::kSTRICT_BOUNDS);
  }

 private:
  // A value set as dims ends the use of the tensor that stood for it.
  void set(const char* call, size_t input, std::vector<int64_t> SliceAttrs::*field, const nv::Dims& d) noexcept {
    edit<SliceAttrs>(call, [&](SliceAttrs& a) {
      a.*field = ints(d);
      std::vector<ir::Value*> in = state_.node()->inputs();
      if (in.size() <= input || in[input] == nullptr) return;
      in[input] = nullptr;
      state_.network().graph().set_inputs(state_.node(), std::move(in));
    });
  }
  nv::Dims get(size_t input, const std::vector<int64_t>& v) const noexcept {
    return state_.node()->input(input) != nullptr ? no_dims() : dims(v);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_slice(Network& network, ir::Node* node) {
  if (node->attr<SliceAttrs>().ends) return make_generic(network, node);
  return std::make_unique<SliceLayer>(network, node);
}

nv::ISliceLayer* Network::addSlice(nv::ITensor& input, nv::Dims const& start, nv::Dims const& size,
                                   nv::Dims const& stride) noexcept {
  return adding<nv::ISliceLayer>(*this, "INetworkDefinition::addSlice", [&] {
    SliceAttrs a;
    a.start = ints(start, "start"), a.size = ints(size, "size"), a.stride = ints(stride, "stride");
    require<ModelError>(a.start.size() == a.size.size() && a.size.size() == a.stride.size(),
                        "start {}, size {} and stride {} differ in rank", api::str(start), api::str(size),
                        api::str(stride));
    return add<SliceLayer>("Slice", kSliceOp, {value(input)}, std::move(a));
  });
}

}  // namespace hone::api
