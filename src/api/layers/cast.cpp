// Cast layers: a change of element type.
#include "ops/cast.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {
class CastLayer final : public LayerImpl<nv::ICastLayer, nv::LayerType::kCAST> {
 public:
  using LayerImpl::LayerImpl;
  void setToType(nv::DataType type) noexcept override {
    edit<CastAttrs>("ICastLayer::setToType", [&](CastAttrs& a) { a.to = dtype(type); });
  }
  nv::DataType getToType() const noexcept override { return data_type(attr<CastAttrs>().to); }
  void setOutputType(int32_t index, nv::DataType type) noexcept override {
    if (index == 0) setToType(type);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_cast(Network& network, ir::Node* node) {
  return std::make_unique<CastLayer>(network, node);
}

nv::ICastLayer* Network::addCast(nv::ITensor& input, nv::DataType toType) noexcept {
  return adding<nv::ICastLayer>(*this, "INetworkDefinition::addCast", [&] {
    CastAttrs a;
    a.to = dtype(toType);
    return add<CastLayer>("Cast", kCastOp, {value(input)}, a);
  });
}

}  // namespace hone::api
