// A condition that must hold.
#include "ops/assertion.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
class AssertionLayer final : public LayerImpl<nv::IAssertionLayer, nv::LayerType::kASSERTION> {
 public:
  using LayerImpl::LayerImpl;
  void setMessage(char const* message) noexcept override {
    edit<AssertionAttrs>("IAssertionLayer::setMessage",
                         [&](AssertionAttrs& a) { a.message = message != nullptr ? message : ""; });
  }
  char const* getMessage() const noexcept override { return attr<AssertionAttrs>().message.c_str(); }
};
}  // namespace

std::unique_ptr<LayerBase> make_assertion(Network& network, ir::Node* node) {
  return std::make_unique<AssertionLayer>(network, node);
}

nv::IAssertionLayer* Network::addAssertion(nv::ITensor& condition, char const* message) noexcept {
  return adding<nv::IAssertionLayer>(*this, "INetworkDefinition::addAssertion", [&] {
    AssertionAttrs a;
    a.message = message != nullptr ? message : "";
    return add<AssertionLayer>("Assertion", kAssertionOp, {value(condition)}, std::move(a));
  });
}

}  // namespace hone::api
