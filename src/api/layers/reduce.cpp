// Reductions over a set of dimensions.
#include "ops/reduce.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

constexpr auto kKinds = enum_table<nv::ReduceOperation, ReduceKind>({
    {nv::ReduceOperation::kSUM, ReduceKind::kSum},
    {nv::ReduceOperation::kPROD, ReduceKind::kProd},
    {nv::ReduceOperation::kMAX, ReduceKind::kMax},
    {nv::ReduceOperation::kMIN, ReduceKind::kMin},
    {nv::ReduceOperation::kAVG, ReduceKind::kAvg},
});

class ReduceLayer final : public LayerImpl<nv::IReduceLayer, nv::LayerType::kREDUCE> {
 public:
  using LayerImpl::LayerImpl;
  void setOperation(nv::ReduceOperation operation) noexcept override {
    edit<ReduceAttrs>("IReduceLayer::setOperation",
                      [&](ReduceAttrs& a) { a.kind = kKinds.inner(operation, "ReduceOperation"); });
  }
  nv::ReduceOperation getOperation() const noexcept override {
    return kKinds.outer(attr<ReduceAttrs>().kind).value_or(nv::ReduceOperation::kSUM);
  }
  void setReduceAxes(uint32_t mask) noexcept override {
    edit<ReduceAttrs>("IReduceLayer::setReduceAxes", [&](ReduceAttrs& a) { a.axes = axes_of_mask(mask); });
  }
  uint32_t getReduceAxes() const noexcept override {
    const ir::Value* x = state_.node()->input(0);
    return mask_of_axes(attr<ReduceAttrs>().axes, x != nullptr ? std::optional(x->rank()) : std::nullopt);
  }
  void setKeepDimensions(bool keep) noexcept override {
    edit<ReduceAttrs>("IReduceLayer::setKeepDimensions", [&](ReduceAttrs& a) { a.keep_dims = keep; });
  }
  bool getKeepDimensions() const noexcept override { return attr<ReduceAttrs>().keep_dims; }
};
}  // namespace

std::unique_ptr<LayerBase> make_reduce(Network& network, ir::Node* node) {
  if (!kKinds.outer(node->attr<ReduceAttrs>().kind) || node->inputs().size() > 1) return make_generic(network, node);
  return std::make_unique<ReduceLayer>(network, node);
}

nv::IReduceLayer* Network::addReduce(nv::ITensor& input, nv::ReduceOperation operation, uint32_t reduceAxes,
                                     bool keepDimensions) noexcept {
  return adding<nv::IReduceLayer>(*this, "INetworkDefinition::addReduce", [&] {
    ReduceAttrs a;
    a.kind = kKinds.inner(operation, "ReduceOperation");
    a.axes = axes_of_mask(reduceAxes);
    require<ModelError>(!a.axes.empty(), "the mask of axes to reduce is empty");
    a.keep_dims = keepDimensions;
    return add<ReduceLayer>("Reduce", kReduceOp, {value(input)}, std::move(a));
  });
}

}  // namespace hone::api
