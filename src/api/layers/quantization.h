// What quantize and dequantize layers share: axis, blocks and the type.
#pragma once

#include "api/layers/layers.h"

namespace hone::api {

template <class Interface, nv::LayerType kType, class A>
class QuantizationBase : public LayerImpl<Interface, kType> {
 public:
  using Base = LayerImpl<Interface, kType>;
  using Base::Base;
  void setAxis(int32_t axis) noexcept override {
    this->template edit<A>("setAxis", [&](A& a) { a.axis = axis_ = axis; });
  }
  int32_t getAxis() const noexcept override { return axis_; }
  /// One extent other than 1 is the block; several are not supported.
  bool setBlockShape(nv::Dims const& shape) noexcept override {
    return this->template edit<A>("setBlockShape", [&](A& a) {
      const std::vector<int64_t> v = ints(shape);
      int64_t axis = -1;
      for (size_t i = 0; i < v.size(); ++i) {
        require<ModelError>(v[i] >= 1 || v[i] == -1, "block extent {} of {}", v[i], api::str(shape));
        if (v[i] == 1) continue;
        require<Unsupported>(axis < 0, "block shape {}: blocks over more than one dimension", api::str(shape));
        axis = static_cast<int64_t>(i);
      }
      require<Unsupported>(axis >= 0 && v[static_cast<size_t>(axis)] > 0, "block shape {} names no block",
                           api::str(shape));
      a.axis = axis;
      a.block_size = v[static_cast<size_t>(axis)];
      block_ = shape;
    });
  }
  nv::Dims getBlockShape() const noexcept override { return block_; }
  void setToType(nv::DataType type) noexcept override {
    this->template edit<A>("setToType", [&](A& a) { a.to = dtype(type); });
  }
  nv::DataType getToType() const noexcept override { return data_type(this->template attr<A>().to); }
  void setOutputType(int32_t index, nv::DataType type) noexcept override {
    if (index == 0) setToType(type);
  }

 private:
  int32_t axis_ = -1;
  nv::Dims block_ = no_dims();
};

}  // namespace hone::api
