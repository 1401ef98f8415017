// Zeros added around, or elements cut from, the last two dimensions.
#include "api/layers/layers.h"
#include "ops/pad.h"

namespace hone::api {
namespace {

std::vector<int64_t> two(const nv::Dims& d) {
  std::vector<int64_t> v = ints(d, "padding");
  require<ModelError>(v.size() == 2, "padding {} must have two entries", api::str(d));
  return v;
}

class PaddingLayer final : public LayerImpl<nv::IPaddingLayer, nv::LayerType::kPADDING> {
 public:
  using LayerImpl::LayerImpl;
  void setPrePaddingNd(nv::Dims const& d) noexcept override {
    edit<PadAttrs>("IPaddingLayer::setPrePaddingNd", [&](PadAttrs& a) {
      const auto v = two(d);
      a.pads[0] = v[0], a.pads[1] = v[1];
    });
  }
  nv::Dims getPrePaddingNd() const noexcept override { return half(0); }
  void setPostPaddingNd(nv::Dims const& d) noexcept override {
    edit<PadAttrs>("IPaddingLayer::setPostPaddingNd", [&](PadAttrs& a) {
      const auto v = two(d);
      a.pads[2] = v[0], a.pads[3] = v[1];
    });
  }
  nv::Dims getPostPaddingNd() const noexcept override { return half(2); }

 private:
  nv::Dims half(size_t at) const noexcept {
    const auto& p = attr<PadAttrs>().pads;
    return nv::Dims{2, {p[at], p[at + 1]}};
  }
};
}  // namespace

nv::IPaddingLayer* Network::addPaddingNd(nv::ITensor& input, nv::Dims const& prePadding,
                                         nv::Dims const& postPadding) noexcept {
  return adding<nv::IPaddingLayer>(*this, "INetworkDefinition::addPaddingNd", [&] {
    PadAttrs a;
    a.pads = two(prePadding);
    const auto post = two(postPadding);
    a.pads.insert(a.pads.end(), post.begin(), post.end());
    a.axes = {-2, -1};
    return add<PaddingLayer>("Padding", kPadOp, {value(input)}, std::move(a));
  });
}

}  // namespace hone::api
