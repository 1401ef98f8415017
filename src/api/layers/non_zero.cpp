// Coordinates of the elements that are not zero.
#include "ops/non_zero.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

DType index_type(nv::DataType type) {
  require<ModelError>(type == nv::DataType::kINT32 || type == nv::DataType::kINT64,
                      "indices are kINT32 or kINT64, not {}", name(dtype(type)));
  return dtype(type);
}

class NonZeroLayer final : public LayerImpl<nv::INonZeroLayer, nv::LayerType::kNON_ZERO> {
 public:
  using LayerImpl::LayerImpl;
  bool setIndicesType(nv::DataType type) noexcept override {
    return edit<NonZeroAttrs>("INonZeroLayer::setIndicesType",
                              [&](NonZeroAttrs& a) { a.index_type = index_type(type); });
  }
  nv::DataType getIndicesType() const noexcept override { return data_type(attr<NonZeroAttrs>().index_type); }
};
}  // namespace

std::unique_ptr<LayerBase> make_non_zero(Network& network, ir::Node* node) {
  return std::make_unique<NonZeroLayer>(network, node);
}

nv::INonZeroLayer* Network::addNonZero(nv::ITensor& input, nv::DataType indicesType) noexcept {
  return adding<nv::INonZeroLayer>(*this, "INetworkDefinition::addNonZero", [&] {
    NonZeroAttrs a;
    a.index_type = index_type(indicesType);
    return add<NonZeroLayer>("NonZero", kNonZeroOp, {value(input)}, a);
  });
}

}  // namespace hone::api
