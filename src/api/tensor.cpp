// Tensors of a network under construction.
#include <cmath>
#include <limits>

#include "api/network.h"
#include "ops/cast.h"

namespace hone::api {

namespace {
/// The symbol that an axis has when nobody named it.
std::string default_symbol(const ir::Value& v, int axis) { return symbol_text(v.name()) + "." + std::to_string(axis); }
bool is_plain_symbol(const Dim& d) { return !d.is_const() && d.str().find_first_of("+*(") == std::string::npos; }

// A weakly typed network goes on computing as before when an input that layers read gets another type: a conversion of
// its own is put behind the input.
void keep_type_of_readers(Network& network, ir::Value* input, DType given) {
  ir::Graph& g = network.graph();
  const auto readers = g.uses(input);
  if (readers.empty()) return;
  const bool converted = readers.size() == 1 && readers[0].first->is(kCastOp) && network.is_hidden(readers[0].first);
  const DType taken = converted ? readers[0].first->attr<CastAttrs>().to : input->type();
  require<ModelError>((is_float(given) && is_float(taken)) || (is_integer(given) && is_integer(taken)),
                      "'{}' has readers that take {}; it cannot become {}", input->name(), name(taken), name(given));
  if (converted) return;
  CastAttrs cast;
  cast.to = taken;
  ir::Node* n =
      g.insert(g.nodes().front(), kCastOp, network.unique_node_name(input->name() + "_converted"), {input}, cast);
  network.hide(n);
  for (const auto& [reader, i] : readers) g.set_input(reader, i, n->output());
}
}  // namespace

void NetworkTensor::setName(char const* name) noexcept {
  guarded(network_.reporter(), "ITensor::setName", [&] {
    require<ModelError>(name != nullptr, "the name is null");
    ir::Graph& g = network_.graph();
    // Dims that carry the old name as a symbol follow.
    if (isNetworkInput()) {
      for (size_t i = 0; i < value_->info.shape.size(); ++i) {
        Dim& d = value_->info.shape[i];
        if (!d.is_const() && d.str() == default_symbol(*value_, static_cast<int>(i)))
          d = Dim::symbol(symbol_text(name) + "." + std::to_string(i));
      }
      network_.changed(value_);
    }
    if (g.rename(value_, name) != name)
      network_.reporter().warn("ITensor::setName: another tensor is called '{}', so this one becomes '{}'", name,
                               value_->name());
  });
}

void NetworkTensor::setDimensions(nvinfer1::Dims const& dimensions) noexcept {
  guarded(network_.reporter(), "ITensor::setDimensions", [&] {
    require<ModelError>(isNetworkInput(), "'{}' is no network input; its shape follows from its layer", value_->name());
    const std::vector<int64_t> d = ints(dimensions);
    Shape shape;
    for (size_t i = 0; i < d.size(); ++i) {
      require<ModelError>(d[i] >= -1, "dimension {} of '{}' is {}", i, value_->name(), d[i]);
      const auto named = dimension_names_.find(static_cast<int32_t>(i));
      if (d[i] >= 0)
        shape.emplace_back(d[i]);
      else if (named != dimension_names_.end())
        shape.push_back(Dim::symbol(symbol_text(named->second)));
      else if (i < value_->info.shape.size() && !value_->info.shape[i].is_const())
        shape.push_back(value_->info.shape[i]);  // as an importer called it
      else
        shape.push_back(Dim::symbol(default_symbol(*value_, static_cast<int>(i))));
    }
    value_->info.shape = std::move(shape);
    network_.changed(value_);
  });
}

nvinfer1::Dims NetworkTensor::getDimensions() const noexcept {
  return guarded(network_.reporter(), "ITensor::getDimensions", no_dims(), [&] {
    const std::string problem = network_.problem(value_);
    require<ModelError>(problem.empty(), "the shape of '{}' is not known: {}", value_->name(), problem);
    require<Unsupported>(value_->rank() <= nvinfer1::Dims::MAX_DIMS, "'{}' has rank {}, which Dims does not hold",
                         value_->name(), value_->rank());
    return dims(value_->info.shape);
  });
}

void NetworkTensor::setType(nvinfer1::DataType type) noexcept {
  guarded(network_.reporter(), "ITensor::setType", [&] {
    if (isNetworkInput()) {
      if (!network_.strongly_typed() && dtype(type) != value_->type())
        keep_type_of_readers(network_, value_, dtype(type));
      value_->info.type = dtype(type);
      network_.changed(value_);
      return;
    }
    const ir::Node* producer = value_->producer();
    require<ModelError>(producer != nullptr, "'{}' is not part of the network any more", value_->name());
    for (int32_t i = 0; i < network_.getNbLayers(); ++i) {
      nv::ILayer* layer = network_.getLayer(i);
      for (int32_t k = 0; k < layer->getNbOutputs(); ++k)
        if (layer->getOutput(k) == this) return layer->setOutputType(k, type);
    }
  });
}

nvinfer1::DataType NetworkTensor::getType() const noexcept {
  return guarded(network_.reporter(), "ITensor::getType", nvinfer1::DataType::kFLOAT, [&] {
    network_.refresh();
    return data_type(value_->type());
  });
}

bool NetworkTensor::setDynamicRange(float min, float max) noexcept {
  if (!std::isfinite(min) || !std::isfinite(max) || !(min <= max)) return false;
  range_min_ = min;
  range_max_ = max;
  has_range_ = true;
  return true;
}
float NetworkTensor::getDynamicRangeMin() const noexcept {
  return has_range_ ? range_min_ : std::numeric_limits<float>::quiet_NaN();
}
float NetworkTensor::getDynamicRangeMax() const noexcept {
  return has_range_ ? range_max_ : std::numeric_limits<float>::quiet_NaN();
}

bool NetworkTensor::isNetworkInput() const noexcept {
  const auto& in = value_->graph()->inputs();
  return std::find(in.begin(), in.end(), value_) != in.end();
}
bool NetworkTensor::isNetworkOutput() const noexcept { return value_->graph()->is_output(value_); }

nvinfer1::TensorLocation NetworkTensor::getLocation() const noexcept {
  return isShapeTensor() ? nvinfer1::TensorLocation::kHOST : nvinfer1::TensorLocation::kDEVICE;
}

void NetworkTensor::setAllowedFormats(nvinfer1::TensorFormats formats) noexcept {
  guarded(network_.reporter(), "ITensor::setAllowedFormats", [&] {
    require<ModelError>(formats != 0, "the set of formats of '{}' is empty", value_->name());
    require<ModelError>(formats >> nvinfer1::EnumMax<nvinfer1::TensorFormat>() == 0,
                        "{:#x} has bits that are no TensorFormat ('{}')", formats, value_->name());
    formats_ = formats;
  });
}

bool NetworkTensor::isShapeTensor() const noexcept {
  return guarded(network_.reporter(), "ITensor::isShapeTensor", false, [&] {
    if (!network_.problem(value_).empty()) return false;
    const TensorInfo& t = value_->info;
    return value_->rank() <= 1 && (is_integer(t.type) || t.type == DType::kBool) && known_content(t).has_value();
  });
}

bool NetworkTensor::isExecutionTensor() const noexcept { return !isShapeTensor() || value_->constant() != nullptr; }

void NetworkTensor::setDimensionName(int32_t index, char const* name) noexcept {
  guarded(network_.reporter(), "ITensor::setDimensionName", [&] {
    require<ModelError>(isNetworkInput(), "'{}' is no network input", value_->name());
    require<ModelError>(index >= 0 && index < value_->rank(), "dimension {} of '{}' does not exist: rank {}", index,
                        value_->name(), value_->rank());
    if (name != nullptr)
      dimension_names_[index] = name;
    else
      dimension_names_.erase(index);
    Dim& d = value_->info.shape[static_cast<size_t>(index)];
    if (d.is_const()) return;
    d = Dim::symbol(name != nullptr ? symbol_text(name) : default_symbol(*value_, index));
    network_.changed(value_);
  });
}

char const* NetworkTensor::getDimensionName(int32_t index) const noexcept {
  return guarded(network_.reporter(), "ITensor::getDimensionName", static_cast<char const*>(nullptr),
                 [&]() -> char const* {
                   if (!isNetworkInput() || index < 0 || index >= value_->rank()) return nullptr;
                   const auto it = dimension_names_.find(index);
                   if (it != dimension_names_.end()) return it->second.c_str();
                   const Dim& d = value_->info.shape[static_cast<size_t>(index)];
                   if (!is_plain_symbol(d) || d.str() == default_symbol(*value_, index)) return nullptr;
                   return (dimension_names_[index] = d.str()).c_str();  // named by an importer
                 });
}

}  // namespace hone::api
