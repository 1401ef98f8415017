// Non-maximum suppression. The layer's scores lie as [N, boxes, classes], the operator's as [N, classes, boxes]: a
// transpose stands between them, hidden behind the layer.
#include "ops/nms.h"

#include "api/layers/layers.h"
#include "ops/transpose.h"

namespace hone::api {
namespace {

DType index_type(nv::DataType type) {
  require<ModelError>(type == nv::DataType::kINT32 || type == nv::DataType::kINT64,
                      "indices are kINT32 or kINT64, not {}", name(dtype(type)));
  return dtype(type);
}

class NmsLayer final : public LayerImpl<nv::INMSLayer, nv::LayerType::kNMS> {
 public:
  using LayerImpl::LayerImpl;
  void setBoundingBoxFormat(nv::BoundingBoxFormat format) noexcept override {
    edit<NmsAttrs>("INMSLayer::setBoundingBoxFormat", [&](NmsAttrs& a) {
      require<ModelError>(
          format == nv::BoundingBoxFormat::kCORNER_PAIRS || format == nv::BoundingBoxFormat::kCENTER_SIZES,
          "{} is no BoundingBoxFormat", static_cast<int>(format));
      a.center_boxes = format == nv::BoundingBoxFormat::kCENTER_SIZES;
    });
  }
  nv::BoundingBoxFormat getBoundingBoxFormat() const noexcept override {
    return attr<NmsAttrs>().center_boxes ? nv::BoundingBoxFormat::kCENTER_SIZES : nv::BoundingBoxFormat::kCORNER_PAIRS;
  }
  void setTopKBoxLimit(int32_t limit) noexcept override {
    edit<NmsAttrs>("INMSLayer::setTopKBoxLimit", [&](NmsAttrs& a) {
      require<ModelError>(limit > 0, "the limit of boxes is {}", limit);
      a.limit = limit;
    });
  }
  int32_t getTopKBoxLimit() const noexcept override { return static_cast<int32_t>(attr<NmsAttrs>().limit); }
  bool setIndicesType(nv::DataType type) noexcept override {
    return edit<NmsAttrs>("INMSLayer::setIndicesType", [&](NmsAttrs& a) { a.index_type = index_type(type); });
  }
  nv::DataType getIndicesType() const noexcept override { return data_type(attr<NmsAttrs>().index_type); }

  nv::ITensor* getInput(int32_t index) const noexcept override {
    if (index != 1) return LayerImpl::getInput(index);
    return state_.network().tensor(transpose()->input(0));
  }
  void setInput(int32_t index, nv::ITensor& tensor) noexcept override {
    if (index != 1) {
      LayerImpl::setInput(index, tensor);
      if (index == 0) update_rank();
      return;
    }
    guarded(state_.reporter(), "INMSLayer::setInput", [&] {
      state_.network().graph().set_input(transpose(), 0, state_.network().value(tensor));
      state_.network().changed(transpose());
    });
  }
  void update_rank() noexcept {
    edit<NmsAttrs>("INMSLayer", [&](NmsAttrs& a) {
      state_.network().refresh();
      a.boxes_per_class = state_.node()->input(0)->rank() == 4;
    });
  }

 private:
  ir::Node* transpose() const noexcept { return state_.node()->input(1)->producer(); }
};

}  // namespace

nv::INMSLayer* Network::addNMS(nv::ITensor& boxes, nv::ITensor& scores, nv::ITensor& maxOutputBoxesPerClass,
                               nv::DataType indicesType) noexcept {
  return adding<nv::INMSLayer>(*this, "INetworkDefinition::addNMS", [&] {
    NmsAttrs a;
    a.index_type = index_type(indicesType);
    TransposeAttrs t;
    t.perm = {0, 2, 1};
    ir::Value* max = value(maxOutputBoxesPerClass);
    ir::Node* by_class = graph_->add_unchecked(kTransposeOp, unique_node_name("nms scores by class"), {value(scores)},
                                               std::make_unique<TransposeAttrs>(t), 1);
    hide(by_class);
    changed(by_class);
    auto* layer = add<NmsLayer>("NMS", kNmsOp, {value(boxes), by_class->output(), max}, a, 2);
    layer->update_rank();
    return layer;
  });
}

}  // namespace hone::api
