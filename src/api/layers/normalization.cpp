// Layer, group and instance normalization.
#include "ops/normalization.h"

#include "api/layers/layers.h"
#include "ops/expand.h"
#include "ops/reshape.h"

namespace hone::api {
namespace {

ReshapeAttrs reshape(Dims shape) {
  ReshapeAttrs a;
  a.shape = std::move(shape);
  return a;
}

class NormalizationLayer final : public LayerImpl<nv::INormalizationLayer, nv::LayerType::kNORMALIZATION> {
 public:
  using LayerImpl::LayerImpl;
  void start(bool v2) { v2_ = v2; }
  void setEpsilon(float e) noexcept override {
    edit<NormalizationAttrs>("INormalizationLayer::setEpsilon", [&](NormalizationAttrs& a) { a.epsilon = e; });
  }
  float getEpsilon() const noexcept override { return static_cast<float>(attr<NormalizationAttrs>().epsilon); }
  void setAxes(uint32_t mask) noexcept override {
    edit<NormalizationAttrs>("INormalizationLayer::setAxes",
                             [&](NormalizationAttrs& a) { a.axes = axes_of_mask(mask); });
  }
  uint32_t getAxes() const noexcept override {
    const ir::Value* x = state_.node()->input(0);
    return mask_of_axes(attr<NormalizationAttrs>().axes, x != nullptr ? std::optional(x->rank()) : std::nullopt);
  }
  void setNbGroups(int64_t n) noexcept override {
    edit<NormalizationAttrs>("INormalizationLayer::setNbGroups", [&](NormalizationAttrs& a) {
      require<ModelError>(n >= 1 && n < (int64_t{1} << 31), "the number of groups is {}", n);
      a.groups = n;
      if (!v2_ && n > 1) per_channel(n);
    });
  }
  int64_t getNbGroups() const noexcept override { return attr<NormalizationAttrs>().groups; }
  void setComputePrecision(nv::DataType type) noexcept override {
    guarded(state_.reporter(), "INormalizationLayer::setComputePrecision", [&] {
      require<Unsupported>(type == nv::DataType::kFLOAT || type == nv::DataType::kHALF,
                           "mean and variance are computed in kFLOAT, {} is not offered", name(dtype(type)));
      precision_ = type;
    });
  }
  nv::DataType getComputePrecision() const noexcept override { return precision_; }
  bool isV2() const noexcept override { return v2_; }
  nv::ITensor* getInput(int32_t index) const noexcept override {
    if (index >= 1 && index <= 2 && grouped_[index - 1] != nullptr) return state_.network().tensor(grouped_[index - 1]);
    return LayerImpl::getInput(index);
  }
  void setInput(int32_t index, nv::ITensor& tensor) noexcept override {
    if (index >= 1 && index <= 2) grouped_[index - 1] = nullptr;
    LayerImpl::setInput(index, tensor);
    if (!v2_ && attr<NormalizationAttrs>().groups > 1) setNbGroups(attr<NormalizationAttrs>().groups);
  }

 private:
  // Scale and bias of the first edition have one element per group, [1,G,1..]; the operator takes one per channel:
  // [1,G,1..] -> [G,1] -> [G,C/G] -> [1,C,1..].
  void per_channel(int64_t groups) {
    Network& n = state_.network();
    n.refresh();
    const ir::Value* x = state_.node()->input(0);
    const int64_t channels = x->rank() > 1 ? x->shape()[1].value_or(0) : 0;
    require<ModelError>(channels > 0 && channels % groups == 0, "layer '{}': {} channels do not split into {} groups",
                        state_.name(), channels, groups);
    for (size_t i = 1; i <= 2; ++i) {
      ir::Value* v = grouped_[i - 1] != nullptr ? grouped_[i - 1] : state_.node()->input(i);
      if (v == nullptr) continue;
      Dims full(static_cast<size_t>(x->rank()), 1);
      full[1] = channels;
      grouped_[i - 1] = v;
      v = helper(kReshapeOp, v, reshape({groups, 1}));
      ExpandAttrs e;
      e.shape = {groups, channels / groups};
      v = helper(kExpandOp, v, e);
      v = helper(kReshapeOp, v, reshape(full));
      n.graph().set_input(state_.node(), static_cast<int>(i), v);
    }
  }
  template <class A>
  ir::Value* helper(const Op& operation, ir::Value* v, A attrs) {
    Network& n = state_.network();
    ir::Node* node = n.graph().add_unchecked(operation, n.unique_node_name(state_.name() + " [per channel]"), {v},
                                             std::make_unique<A>(std::move(attrs)), 1);
    n.hide(node);
    n.changed(node);
    return node->output();
  }
  bool v2_ = true;
  nv::DataType precision_ = nv::DataType::kFLOAT;
  ir::Value* grouped_[2] = {nullptr, nullptr};
};
}  // namespace

std::unique_ptr<LayerBase> make_normalization(Network& network, ir::Node* node) {
  if (node->attr<NormalizationAttrs>().rms) return make_generic(network, node);
  return std::make_unique<NormalizationLayer>(network, node);
}

namespace {
NormalizationAttrs attributes(uint32_t mask) {
  NormalizationAttrs a;
  a.axes = axes_of_mask(mask);
  require<ModelError>(!a.axes.empty(), "the mask of axes is empty");
  return a;
}
}  // namespace

nv::INormalizationLayer* Network::addNormalization(nv::ITensor& input, nv::ITensor& scale, nv::ITensor& bias,
                                                   uint32_t axesMask) noexcept {
  return adding<nv::INormalizationLayer>(*this, "INetworkDefinition::addNormalization", [&] {
    auto* layer = add<NormalizationLayer>("Normalization", kNormalizationOp, {value(input), value(scale), value(bias)},
                                          attributes(axesMask));
    layer->start(false);
    return layer;
  });
}

nv::INormalizationLayer* Network::addNormalizationV2(nv::ITensor& input, nv::ITensor& scale, nv::ITensor& bias,
                                                     uint32_t axesMask) noexcept {
  return adding<nv::INormalizationLayer>(*this, "INetworkDefinition::addNormalizationV2", [&] {
    return add<NormalizationLayer>("Normalization", kNormalizationOp, {value(input), value(scale), value(bias)},
                                   attributes(axesMask));
  });
}

}  // namespace hone::api
