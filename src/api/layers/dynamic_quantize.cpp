// Quantization with scales computed from the data, block by block.
#include "ops/dynamic_quantize.h"

#include "api/layers/layers.h"

namespace hone::api {
namespace {

void set_block(DynamicQuantizeAttrs& a, const nv::Dims& shape) {
  const std::vector<int64_t> v = ints(shape);
  int64_t axis = -1;
  for (size_t i = 0; i < v.size(); ++i) {
    if (v[i] == 1) continue;
    require<Unsupported>(axis < 0 && v[i] > 1, "block shape {}: only blocks over one dimension are supported",
                         api::str(shape));
    axis = static_cast<int64_t>(i);
  }
  require<ModelError>(axis >= 0, "block shape {} names no block", api::str(shape));
  a.axis = axis;
  a.block_size = v[static_cast<size_t>(axis)];
}

class DynamicQuantizeLayer final : public LayerImpl<nv::IDynamicQuantizeLayer, nv::LayerType::kDYNAMIC_QUANTIZE> {
 public:
  using LayerImpl::LayerImpl;
  void setToType(nv::DataType type) noexcept override {
    change("setToType", [&](DynamicQuantizeAttrs& a) { a.to = dtype(type); });
  }
  nv::DataType getToType() const noexcept override { return data_type(attr<DynamicQuantizeAttrs>().to); }
  void setScaleType(nv::DataType type) noexcept override {
    change("setScaleType", [&](DynamicQuantizeAttrs& a) { a.scale_type = dtype(type); });
  }
  nv::DataType getScaleType() const noexcept override { return data_type(attr<DynamicQuantizeAttrs>().scale_type); }
  void setBlockShape(nv::Dims const& shape) noexcept override {
    change("setBlockShape", [&](DynamicQuantizeAttrs& a) { set_block(a, shape); });
  }
  nv::Dims getBlockShape() const noexcept override {
    const ir::Value* x = state_.node()->input(0);
    const auto& a = attr<DynamicQuantizeAttrs>();
    nv::Dims d = filled(x != nullptr ? static_cast<size_t>(x->rank()) : 0, 1);
    const int64_t axis = a.axis < 0 ? a.axis + d.nbDims : a.axis;
    if (axis >= 0 && axis < d.nbDims) d.d[axis] = a.block_size;
    return d;
  }
  void setAxis(int32_t axis) noexcept override {
    change("setAxis", [&](DynamicQuantizeAttrs& a) { a.axis = axis; });
  }
  int32_t getAxis() const noexcept override { return static_cast<int32_t>(attr<DynamicQuantizeAttrs>().axis); }
  void setBlockSize(int32_t size) noexcept override {
    change("setBlockSize", [&](DynamicQuantizeAttrs& a) {
      require<ModelError>(size > 0, "the block size is {}", size);
      a.block_size = size;
    });
  }
  int32_t getBlockSize() const noexcept override {
    return static_cast<int32_t>(attr<DynamicQuantizeAttrs>().block_size);
  }

 private:
  template <class F>
  void change(const char* call, F&& f) noexcept {
    edit<DynamicQuantizeAttrs>(call, f);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_dynamic_quantize(Network& network, ir::Node* node) {
  return std::make_unique<DynamicQuantizeLayer>(network, node);
}

nv::IDynamicQuantizeLayer* Network::addDynamicQuantize(nv::ITensor& input, int32_t axis, int32_t blockSize,
                                                       nv::DataType toType, nv::DataType scaleType) noexcept {
  return adding<nv::IDynamicQuantizeLayer>(*this, "INetworkDefinition::addDynamicQuantize", [&] {
    require<ModelError>(blockSize > 0, "the block size is {}", blockSize);
    DynamicQuantizeAttrs a;
    a.axis = axis, a.block_size = blockSize;
    a.to = dtype(toType), a.scale_type = dtype(scaleType);
    return add<DynamicQuantizeLayer>("DynamicQuantize", kDynamicQuantizeOp, {value(input)}, a, 2);
  });
}

nv::IDynamicQuantizeLayer* Network::addDynamicQuantizeV2(nv::ITensor& input, nv::Dims const& blockShape,
                                                         nv::DataType toType, nv::DataType scaleType) noexcept {
  return adding<nv::IDynamicQuantizeLayer>(*this, "INetworkDefinition::addDynamicQuantizeV2", [&] {
    DynamicQuantizeAttrs a;
    set_block(a, blockShape);
    a.to = dtype(toType), a.scale_type = dtype(scaleType);
    return add<DynamicQuantizeLayer>("DynamicQuantize", kDynamicQuantizeOp, {value(input)}, a, 2);
  });
}

}  // namespace hone::api
