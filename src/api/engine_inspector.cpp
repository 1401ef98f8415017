// Layers of an engine as text, as much as the profiling verbosity of the build kept.
#include "api/engine_inspector.h"

#include <nlohmann/json.hpp>

#include "api/execution_context.h"

namespace hone::api {
namespace {
using Format = nv::LayerInformationFormat;
}

bool EngineInspector::setExecutionContext(nv::IExecutionContext const* context) noexcept {
  return guarded(reporter_, "IEngineInspector::setExecutionContext", false, [&] {
    if (context != nullptr) {
      const auto* own = dynamic_cast<const ExecutionContext*>(context);
      require<ModelError>(own != nullptr && own->engine() == engine_, "the context belongs to another engine");
    }
    context_ = context;
    return true;
  });
}

std::string EngineInspector::layer(size_t i, Format format) const {
  const auto verbosity = static_cast<nv::ProfilingVerbosity>(engine_->plan().profiling_verbosity);
  if (verbosity == nv::ProfilingVerbosity::kNONE) return format == Format::kJSON ? "\"\"" : "";
  if (verbosity == nv::ProfilingVerbosity::kLAYER_NAMES_ONLY) {
    const std::string name = engine_->layer_name(i);
    return format == Format::kJSON ? nlohmann::json(name).dump() : name;
  }
  return format == Format::kJSON ? engine_->layer_json(i) : engine_->layer_line(i);
}

std::string EngineInspector::shapes() const {
  nlohmann::json j = nlohmann::json::object();
  for (size_t i = 0; i < engine_->io_count(); ++i) {
    const std::string& name = engine_->io(i).name;
    j[name] = api::str(context_->getTensorShape(name.c_str()));
  }
  return j.dump();
}

char const* EngineInspector::getLayerInformation(int32_t layerIndex, Format format) const noexcept {
  return guarded(reporter_, "IEngineInspector::getLayerInformation", static_cast<char const*>(nullptr), [&] {
    require<ModelError>(layerIndex >= 0 && static_cast<size_t>(layerIndex) < engine_->layer_count(),
                        "layer {} does not exist: the engine has {}", layerIndex, engine_->layer_count());
    text_ = layer(static_cast<size_t>(layerIndex), format);
    return text_.c_str();
  });
}

char const* EngineInspector::getEngineInformation(Format format) const noexcept {
  return guarded(reporter_, "IEngineInspector::getEngineInformation", static_cast<char const*>(nullptr), [&] {
    const bool json = format == Format::kJSON;
    std::string s = json ? "{\"Layers\": [" : "Layers:\n";
    for (size_t i = 0; i < engine_->layer_count(); ++i)
      s += (json ? (i != 0 ? ",\n" : "\n") : "") + layer(i, format) + (json ? "" : "\n");
    s += json ? "\n],\n\"Bindings\": [" : "\nBindings:\n";
    for (size_t i = 0; i < engine_->io_count(); ++i) {
      const std::string& name = engine_->io(i).name;
      s += json ? (i != 0 ? ", " : "") + nlohmann::json(name).dump() : name + "\n";
    }
    if (json) s += "]";
    if (context_ != nullptr) s += json ? ",\n\"Shapes\": " + shapes() : "\nShapes: " + shapes() + "\n";
    text_ = json ? s + "}" : s;
    return text_.c_str();
  });
}

}  // namespace hone::api
