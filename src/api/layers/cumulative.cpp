// Running sums.
#include "ops/cumulative.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

void check(nv::CumulativeOperation operation) {
  require<ModelError>(operation == nv::CumulativeOperation::kSUM, "{} is no CumulativeOperation",
                      static_cast<int>(operation));
}

class CumulativeLayer final : public LayerImpl<nv::ICumulativeLayer, nv::LayerType::kCUMULATIVE> {
 public:
  using LayerImpl::LayerImpl;
  bool setOperation(nv::CumulativeOperation operation) noexcept override {
    return edit<CumulativeAttrs>("ICumulativeLayer::setOperation", [&](CumulativeAttrs&) { check(operation); });
  }
  nv::CumulativeOperation getOperation() const noexcept override { return nv::CumulativeOperation::kSUM; }
  void setExclusive(bool v) noexcept override {
    edit<CumulativeAttrs>("ICumulativeLayer::setExclusive", [&](CumulativeAttrs& a) { a.exclusive = v; });
  }
  bool getExclusive() const noexcept override { return attr<CumulativeAttrs>().exclusive; }
  void setReverse(bool v) noexcept override {
    edit<CumulativeAttrs>("ICumulativeLayer::setReverse", [&](CumulativeAttrs& a) { a.reverse = v; });
  }
  bool getReverse() const noexcept override { return attr<CumulativeAttrs>().reverse; }
};
}  // namespace

std::unique_ptr<LayerBase> make_cumulative(Network& network, ir::Node* node) {
  if (node->attr<CumulativeAttrs>().product) return make_generic(network, node);
  return std::make_unique<CumulativeLayer>(network, node);
}

nv::ICumulativeLayer* Network::addCumulative(nv::ITensor& input, nv::ITensor& axis, nv::CumulativeOperation operation,
                                             bool exclusive, bool reverse) noexcept {
  return adding<nv::ICumulativeLayer>(*this, "INetworkDefinition::addCumulative", [&] {
    check(operation);
    CumulativeAttrs a;
    a.exclusive = exclusive, a.reverse = reverse;
    return add<CumulativeLayer>("Cumulative", kCumulativeOp, {value(input), value(axis)}, a);
  });
}

}  // namespace hone::api
