// A sum of products in Einstein's notation.
#include "ops/einsum.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

std::string checked(char const* equation, size_t inputs) {
  require<ModelError>(equation != nullptr, "the equation is null");
  const std::string e = equation;
  const std::string left = e.substr(0, e.find("->"));
  const auto operands = static_cast<size_t>(std::count(left.begin(), left.end(), ',')) + 1;
  require<ModelError>(operands == inputs, "'{}' has {} operands for {} inputs", e, operands, inputs);
  return e;
}

class EinsumLayer final : public LayerImpl<nv::IEinsumLayer, nv::LayerType::kEINSUM> {
 public:
  using LayerImpl::LayerImpl;
  bool setEquation(char const* equation) noexcept override {
    return edit<EinsumAttrs>("IEinsumLayer::setEquation",
                             [&](EinsumAttrs& a) { a.equation = checked(equation, state_.node()->inputs().size()); });
  }
  char const* getEquation() const noexcept override { return attr<EinsumAttrs>().equation.c_str(); }
};
}  // namespace

std::unique_ptr<LayerBase> make_einsum(Network& network, ir::Node* node) {
  return std::make_unique<EinsumLayer>(network, node);
}

nv::IEinsumLayer* Network::addEinsum(nv::ITensor* const* inputs, int32_t nbInputs, char const* equation) noexcept {
  return adding<nv::IEinsumLayer>(*this, "INetworkDefinition::addEinsum", [&] {
    std::vector<ir::Value*> v = values_of(*this, inputs, nbInputs);
    EinsumAttrs a;
    a.equation = checked(equation, v.size());
    return add<EinsumLayer>("Einsum", kEinsumOp, std::move(v), std::move(a));
  });
}

}  // namespace hone::api
