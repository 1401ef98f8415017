// Pooling layers: maximum, average or a blend of both over a moving window.
#include "ops/pooling.h"

#include "api/layers/window.h"

namespace hone::api {
namespace {

constexpr auto kKinds = enum_table<nv::PoolingType, PoolKind>({
    {nv::PoolingType::kMAX, PoolKind::kMax},
    {nv::PoolingType::kAVERAGE, PoolKind::kAverage},
    {nv::PoolingType::kMAX_AVERAGE_BLEND, PoolKind::kMaxAverageBlend},
});

class PoolingLayer final : public LayerImpl<nv::IPoolingLayer, nv::LayerType::kPOOLING> {
 public:
  using LayerImpl::LayerImpl;
  void setPoolingType(nv::PoolingType type) noexcept override {
    change("setPoolingType", [&](PoolingAttrs& a) { a.kind = kKinds.inner(type, "PoolingType"); });
  }
  nv::PoolingType getPoolingType() const noexcept override {
    return kKinds.outer(pool().kind).value_or(nv::PoolingType::kMAX);
  }
  void setBlendFactor(float f) noexcept override {
    change("setBlendFactor", [&](PoolingAttrs& a) { a.blend = f; });
  }
  float getBlendFactor() const noexcept override { return static_cast<float>(pool().blend); }
  void setAverageCountExcludesPadding(bool exclusive) noexcept override {
    change("setAverageCountExcludesPadding", [&](PoolingAttrs& a) { a.count_include_pad = !exclusive; });
  }
  bool getAverageCountExcludesPadding() const noexcept override { return !pool().count_include_pad; }
  void setPrePadding(nv::Dims const& p) noexcept override {
    change("setPrePadding", [&](PoolingAttrs& a) { a.window.pre_pad = window_numbers(p, a.kernel.size(), 0); });
  }
  nv::Dims getPrePadding() const noexcept override { return get(pool().window.pre_pad, 0); }
  void setPostPadding(nv::Dims const& p) noexcept override {
    change("setPostPadding", [&](PoolingAttrs& a) { a.window.post_pad = window_numbers(p, a.kernel.size(), 0); });
  }
  nv::Dims getPostPadding() const noexcept override { return get(pool().window.post_pad, 0); }
  void setPaddingNd(nv::Dims const& p) noexcept override {
    change("setPaddingNd",
           [&](PoolingAttrs& a) { a.window.pre_pad = a.window.post_pad = window_numbers(p, a.kernel.size(), 0); });
  }
  nv::Dims getPaddingNd() const noexcept override {
    return symmetric_padding(state_, pool().window, pool().kernel.size());
  }
  void setPaddingMode(nv::PaddingMode mode) noexcept override {
    change("setPaddingMode", [&](PoolingAttrs& a) {
      a.window.auto_pad = auto_pad(mode);
      a.ceil_mode = mode == nv::PaddingMode::kEXPLICIT_ROUND_UP || mode == nv::PaddingMode::kCAFFE_ROUND_UP;
      mode_ = mode;
    });
  }
  nv::PaddingMode getPaddingMode() const noexcept override {
    if (mode_) return *mode_;
    return pool().ceil_mode ? nv::PaddingMode::kEXPLICIT_ROUND_UP : padding_mode(pool().window.auto_pad);
  }
  void setWindowSizeNd(nv::Dims const& size) noexcept override {
    change("setWindowSizeNd", [&](PoolingAttrs& a) { a.kernel = window_extents(size); });
  }
  nv::Dims getWindowSizeNd() const noexcept override { return dims(pool().kernel); }
  void setStrideNd(nv::Dims const& s) noexcept override {
    change("setStrideNd", [&](PoolingAttrs& a) { a.window.stride = window_numbers(s, a.kernel.size(), 1); });
  }
  nv::Dims getStrideNd() const noexcept override { return get(pool().window.stride, 1); }

 private:
  const PoolingAttrs& pool() const noexcept { return attr<PoolingAttrs>(); }
  nv::Dims get(const std::vector<int64_t>& v, int64_t fill) const noexcept {
    return v.empty() ? filled(pool().kernel.size(), fill) : dims(v);
  }
  template <class F>
  void change(const char* call, F&& f) noexcept {
    edit<PoolingAttrs>(call, f);
  }
  std::optional<nv::PaddingMode> mode_;
};

}  // namespace

std::unique_ptr<LayerBase> make_pooling(Network& network, ir::Node* node) {
  if (!kKinds.outer(node->attr<PoolingAttrs>().kind)) return make_generic(network, node);
  return std::make_unique<PoolingLayer>(network, node);
}

nv::IPoolingLayer* Network::addPoolingNd(nv::ITensor& input, nv::PoolingType type,
                                         nv::Dims const& windowSize) noexcept {
  return adding<nv::IPoolingLayer>(*this, "INetworkDefinition::addPoolingNd", [&] {
    PoolingAttrs a;
    a.kind = kKinds.inner(type, "PoolingType");
    a.kernel = window_extents(windowSize);
    return add<PoolingLayer>("Pooling", kPoolingOp, {value(input)}, std::move(a));
  });
}

}  // namespace hone::api
