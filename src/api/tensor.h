// ITensor over a value of the network's graph.
#pragma once

#include <map>
#include <string>

#include "hone/tensor.h"
#include "ir/graph.h"

namespace hone::api {

class Network;

class NetworkTensor final : public nvinfer1::ITensor {
 public:
  NetworkTensor(Network& network, ir::Value* value) : network_(network), value_(value) {}
  Network& network() const { return network_; }
  ir::Value* value() const { return value_; }
  /// Makes the object stand for another value (a conversion behind the layer's own output).
  void rebind(ir::Value* value) { value_ = value; }

  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override { return value_->name().c_str(); }
  void setDimensions(nvinfer1::Dims const& dimensions) noexcept override;
  nvinfer1::Dims getDimensions() const noexcept override;
  void setType(nvinfer1::DataType type) noexcept override;
  nvinfer1::DataType getType() const noexcept override;
  bool setDynamicRange(float min, float max) noexcept override;
  bool dynamicRangeIsSet() const noexcept override { return has_range_; }
  void resetDynamicRange() noexcept override { has_range_ = false; }
  float getDynamicRangeMin() const noexcept override;
  float getDynamicRangeMax() const noexcept override;
  bool isNetworkInput() const noexcept override;
  bool isNetworkOutput() const noexcept override;
  nvinfer1::TensorLocation getLocation() const noexcept override;
  void setAllowedFormats(nvinfer1::TensorFormats formats) noexcept override;
  nvinfer1::TensorFormats getAllowedFormats() const noexcept override { return formats_; }
  bool isShapeTensor() const noexcept override;
  bool isExecutionTensor() const noexcept override;
  void setDimensionName(int32_t index, char const* name) noexcept override;
  char const* getDimensionName(int32_t index) const noexcept override;

 private:
  Network& network_;
  ir::Value* value_;
  bool has_range_ = false;
  float range_min_ = 0, range_max_ = 0;
  nvinfer1::TensorFormats formats_ = (1U << nvinfer1::EnumMax<nvinfer1::TensorFormat>()) - 1;
  mutable std::map<int32_t, std::string> dimension_names_;
};

}  // namespace hone::api
