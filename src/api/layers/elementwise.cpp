// Element-wise layers: a scalar function of two tensors.
#include "api/layers/layers.h"
#include "ops/map.h"

namespace hone::api {
namespace {

using nv::ElementWiseOperation;
constexpr auto kFunctions = enum_table<ElementWiseOperation, ScalarFn>({
    {ElementWiseOperation::kSUM, ScalarFn::kAdd},
    {ElementWiseOperation::kPROD, ScalarFn::kMul},
    {ElementWiseOperation::kMAX, ScalarFn::kMax},
    {ElementWiseOperation::kMIN, ScalarFn::kMin},
    {ElementWiseOperation::kSUB, ScalarFn::kSub},
    {ElementWiseOperation::kDIV, ScalarFn::kDiv},
    {ElementWiseOperation::kPOW, ScalarFn::kPow},
    {ElementWiseOperation::kFLOOR_DIV, ScalarFn::kFloorDiv},
    {ElementWiseOperation::kAND, ScalarFn::kAnd},
    {ElementWiseOperation::kOR, ScalarFn::kOr},
    {ElementWiseOperation::kXOR, ScalarFn::kXor},
    {ElementWiseOperation::kEQUAL, ScalarFn::kEqual},
    {ElementWiseOperation::kGREATER, ScalarFn::kGreater},
    {ElementWiseOperation::kLESS, ScalarFn::kLess},
});

class ElementWiseLayer final : public LayerImpl<nv::IElementWiseLayer, nv::LayerType::kELEMENTWISE> {
 public:
  using LayerImpl::LayerImpl;
  void setOperation(ElementWiseOperation operation) noexcept override {
    edit<MapAttrs>("IElementWiseLayer::setOperation",
                   [&](MapAttrs& a) { a.fn = kFunctions.inner(operation, "ElementWiseOperation"); });
  }
  ElementWiseOperation getOperation() const noexcept override {
    return kFunctions.outer(attr<MapAttrs>().fn).value_or(ElementWiseOperation::kSUM);
  }
};

}  // namespace

std::unique_ptr<LayerBase> make_elementwise(Network& network, ir::Node* node) {
  if (node->inputs().size() != 2 || !kFunctions.outer(node->attr<MapAttrs>().fn)) return nullptr;
  return std::make_unique<ElementWiseLayer>(network, node);
}

nv::IElementWiseLayer* Network::addElementWise(nv::ITensor& input1, nv::ITensor& input2,
                                               ElementWiseOperation operation) noexcept {
  return adding<nv::IElementWiseLayer>(*this, "INetworkDefinition::addElementWise", [&] {
    MapAttrs a;
    a.fn = kFunctions.inner(operation, "ElementWiseOperation");
    return add<ElementWiseLayer>("ElementWise", kMapOp, {value(input1), value(input2)}, a);
  });
}

}  // namespace hone::api
