// The K largest or smallest elements along a dimension.
#include "ops/topk.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

bool largest(nv::TopKOperation operation) {
  require<ModelError>(operation == nv::TopKOperation::kMAX || operation == nv::TopKOperation::kMIN,
                      "{} is no TopKOperation", static_cast<int>(operation));
  return operation == nv::TopKOperation::kMAX;
}
DType index_type(nv::DataType type) {
  require<ModelError>(type == nv::DataType::kINT32 || type == nv::DataType::kINT64,
                      "indices are kINT32 or kINT64, not {}", name(dtype(type)));
  return dtype(type);
}

class TopKLayer final : public LayerImpl<nv::ITopKLayer, nv::LayerType::kTOPK> {
 public:
  using LayerImpl::LayerImpl;
  void setOperation(nv::TopKOperation operation) noexcept override {
    edit<TopKAttrs>("ITopKLayer::setOperation", [&](TopKAttrs& a) { a.largest = largest(operation); });
  }
  nv::TopKOperation getOperation() const noexcept override {
    return attr<TopKAttrs>().largest ? nv::TopKOperation::kMAX : nv::TopKOperation::kMIN;
  }
  void setK(int32_t k) noexcept override {
    edit<TopKAttrs>("ITopKLayer::setK", [&](TopKAttrs& a) {
      require<ModelError>(k >= 0, "K is {}", k);
      a.k = k;
    });
  }
  int32_t getK() const noexcept override { return static_cast<int32_t>(attr<TopKAttrs>().k); }
  void setReduceAxes(uint32_t mask) noexcept override {
    edit<TopKAttrs>("ITopKLayer::setReduceAxes", [&](TopKAttrs& a) { a.axis = axis_of_mask(mask); });
  }
  uint32_t getReduceAxes() const noexcept override {
    const ir::Value* x = state_.node()->input(0);
    return mask_of_axes({attr<TopKAttrs>().axis}, x != nullptr ? std::optional(x->rank()) : std::nullopt);
  }
  bool setIndicesType(nv::DataType type) noexcept override {
    return edit<TopKAttrs>("ITopKLayer::setIndicesType", [&](TopKAttrs& a) { a.index_type = index_type(type); });
  }
  nv::DataType getIndicesType() const noexcept override { return data_type(attr<TopKAttrs>().index_type); }
};
}  // namespace

std::unique_ptr<LayerBase> make_topk(Network& network, ir::Node* node) {
  return std::make_unique<TopKLayer>(network, node);
}

nv::ITopKLayer* Network::addTopK(nv::ITensor& input, nv::TopKOperation operation, int32_t k, uint32_t reduceAxes,
                                 nv::DataType indicesType) noexcept {
  return adding<nv::ITopKLayer>(*this, "INetworkDefinition::addTopK", [&] {
    TopKAttrs a;
    require<ModelError>(k >= 0, "K is {}", k);
    a.k = k;
    a.axis = axis_of_mask(reduceAxes);
    a.largest = largest(operation);
    a.index_type = index_type(indicesType);
    return add<TopKLayer>("TopK", kTopKOp, {value(input)}, a);
  });
}

}  // namespace hone::api
