// ILayer over a node of the network's graph. LayerState is the part that all layers share; a layer's own file derives
// from LayerImpl and adds accessors over the node's attributes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/convert.h"
#include "api/reporter.h"
#include "api/tensor.h"
#include "hone/layer.h"

namespace nvinfer1 {}

namespace hone::api {

namespace nv = nvinfer1;

class Network;

class LayerState {
 public:
  /// `slots`, where given, tells the node's input for each input of the layer (the rest is the same).
  LayerState(Network& network, ir::Node* node, std::vector<int> slots = {});

  Network& network() const { return network_; }
  ir::Node* node() const { return node_; }
  const Reporter& reporter() const;

  const std::string& name() const { return name_; }
  void set_name(char const* name) noexcept;
  std::string metadata;

  int32_t input_count() const noexcept;
  NetworkTensor* input(int32_t index) const noexcept;
  /// Throws ModelError for a tensor of another network or an index that the operator does not have.
  void set_input(int32_t index, nv::ITensor& tensor);
  int32_t output_count() const noexcept { return static_cast<int32_t>(outputs_.size()); }
  NetworkTensor* output(int32_t index) const noexcept;

  void set_precision(nv::DataType type) noexcept;
  void set_output_type(int32_t index, nv::DataType type) noexcept;
  nv::DataType output_type(int32_t index) const noexcept;
  bool output_type_is_set(int32_t index) const noexcept { return output_types_.count(index) != 0; }
  void reset_output_type(int32_t index) noexcept;
  bool set_ranks(int32_t n) noexcept;

  /// The attributes changed: facts behind the node are inferred again when they are asked for.
  void changed();

 private:
  void convert_output(int32_t index, std::optional<DType> type);
  int slot(int32_t index) const {
    return static_cast<size_t>(index) < slots_.size() ? slots_[static_cast<size_t>(index)] : index;
  }
  Network& network_;
  ir::Node* node_;
  std::vector<int> slots_;
  std::string name_;
  std::vector<NetworkTensor*> outputs_;
  std::map<int32_t, DType> output_types_;
};

/// What Network keeps: the interface and its state.
class LayerBase {
 public:
  LayerBase(Network& network, ir::Node* node, std::vector<int> slots = {}) : state_(network, node, std::move(slots)) {}
  virtual ~LayerBase() = default;
  virtual nv::ILayer* layer() noexcept = 0;
  LayerState& state() { return state_; }

 protected:
  LayerState state_;
};

template <class Interface, nv::LayerType kType>
class LayerImpl : public Interface, public LayerBase {
 public:
  using LayerBase::LayerBase;
  nv::ILayer* layer() noexcept override { return this; }

  nv::LayerType getType() const noexcept override { return kType; }
  void setName(char const* name) noexcept override { state_.set_name(name); }
  char const* getName() const noexcept override { return state_.name().c_str(); }
  int32_t getNbInputs() const noexcept override { return state_.input_count(); }
  nv::ITensor* getInput(int32_t index) const noexcept override { return state_.input(index); }
  int32_t getNbOutputs() const noexcept override { return state_.output_count(); }
  nv::ITensor* getOutput(int32_t index) const noexcept override { return state_.output(index); }
  void setInput(int32_t index, nv::ITensor& tensor) noexcept override {
    guarded(state_.reporter(), "ILayer::setInput", [&] { state_.set_input(index, tensor); });
  }
  void setPrecision(nv::DataType type) noexcept override { state_.set_precision(type); }
  nv::DataType getPrecision() const noexcept override {
    const auto& p = state_.node()->precision;
    return p ? data_type(*p) : nv::DataType::kFLOAT;
  }
  bool precisionIsSet() const noexcept override { return state_.node()->precision.has_value(); }
  void resetPrecision() noexcept override { state_.node()->precision.reset(); }
  void setOutputType(int32_t index, nv::DataType type) noexcept override { state_.set_output_type(index, type); }
  nv::DataType getOutputType(int32_t index) const noexcept override { return state_.output_type(index); }
  bool outputTypeIsSet(int32_t index) const noexcept override { return state_.output_type_is_set(index); }
  void resetOutputType(int32_t index) noexcept override { state_.reset_output_type(index); }
  void setMetadata(char const* metadata) noexcept override {
    guarded(state_.reporter(), "ILayer::setMetadata", [&] { state_.metadata = metadata != nullptr ? metadata : ""; });
  }
  char const* getMetadata() const noexcept override { return state_.metadata.c_str(); }
  bool setNbRanks(int32_t n) noexcept override { return state_.set_ranks(n); }
  int32_t getNbRanks() const noexcept override { return 1; }

 protected:
  template <class A>
  const A& attr() const noexcept {
    return state_.node()->template attr<A>();
  }
  /// Changes attributes: f(A&) may throw, then nothing has changed that it did not change before.
  template <class A, class F>
  bool edit(const char* call, F&& f) noexcept {
    return guarded(state_.reporter(), call, false, [&] {
      f(state_.node()->template attr<A>());
      state_.changed();
      return true;
    });
  }
};

}  // namespace hone::api
