// What an engine tells about itself.
#include "api/engine.h"

#include <algorithm>
#include <limits>

#include "api/engine_inspector.h"
#include "api/execution_context.h"
#include "api/host_memory.h"

namespace hone::api {
namespace {
const plan::ShapeRange& range_at(const runtime::Engine& e, size_t io, int32_t profile) {
  const auto& all = e.plan().profiles;
  require<ModelError>(profile >= 0 && static_cast<size_t>(profile) < all.size(),
                      "optimization profile {} does not exist: the engine has {}", profile, all.size());
  require<ModelError>(e.is_input(io), "'{}' is no input", e.io(io).name);
  return all[static_cast<size_t>(profile)].at(io);
}
const std::vector<int64_t>& values_at(const plan::ShapeRange& r, nv::OptProfileSelector select) {
  return select == nv::OptProfileSelector::kMIN   ? r.min_values
         : select == nv::OptProfileSelector::kOPT ? r.opt_values
                                                  : r.max_values;
}
}  // namespace

Engine::Engine(std::shared_ptr<const runtime::Engine> engine, const Reporter& reporter, nv::IGpuAllocator* allocator)
    : engine_(std::move(engine)), reporter_(reporter), allocator_(allocator), device_(engine_->device(), reporter) {
  for (size_t i = 0; i < engine_->io_count(); ++i)
    format_descriptions_.push_back(fmt::format("{} {} (format {})", describe(engine_->layout(i)),
                                               name(engine_->io(i).type), engine_->layout(i).format));
}

IoLayout Engine::layout(char const* name) const noexcept {
  const int i = name != nullptr ? engine_->find_io(name) : -1;
  return i < 0 ? IoLayout() : engine_->layout(static_cast<size_t>(i));
}

size_t Engine::io(char const* name) const {
  require<ModelError>(name != nullptr, "the tensor's name is null");
  const int i = engine_->find_io(name);
  require<ModelError>(i >= 0, "the engine has no input or output named '{}'", name);
  return static_cast<size_t>(i);
}

nv::Dims Engine::getTensorShape(char const* tensorName) const noexcept {
  return guarded(reporter_, "ICudaEngine::getTensorShape", no_dims(),
                 [&] { return dims(network_shape(layout(tensorName), engine_->io(io(tensorName)).shape)); });
}
nv::DataType Engine::getTensorDataType(char const* tensorName) const noexcept {
  return guarded(reporter_, "ICudaEngine::getTensorDataType", nv::DataType::kFLOAT,
                 [&] { return data_type(engine_->io(io(tensorName)).type); });
}
int32_t Engine::getNbLayers() const noexcept { return static_cast<int32_t>(engine_->layer_count()); }

nv::IHostMemory* Engine::serialize() const noexcept {
  return guarded(reporter_, "ICudaEngine::serialize", static_cast<nv::IHostMemory*>(nullptr),
                 [&]() -> nv::IHostMemory* { return new HostMemory(plan::write(engine_->plan())); });
}
nv::ISerializationConfig* Engine::createSerializationConfig() noexcept {
  return guarded(reporter_, "ICudaEngine::createSerializationConfig", static_cast<nv::ISerializationConfig*>(nullptr),
                 [&]() -> nv::ISerializationConfig* { return new SerializationConfig(); });
}
nv::IHostMemory* Engine::serializeWithConfig(nv::ISerializationConfig& config) const noexcept {
  return guarded(reporter_, "ICudaEngine::serializeWithConfig", static_cast<nv::IHostMemory*>(nullptr),
                 [&]() -> nv::IHostMemory* {
                   require<Unsupported>(!config.getFlag(nv::SerializationFlag::kEXCLUDE_WEIGHTS) &&
                                            !config.getFlag(nv::SerializationFlag::kINCLUDE_REFIT),
                                        "plans without weights and plans that can be refitted are not supported");
                   return new HostMemory(plan::write(engine_->plan()));
                 });
}

nv::IExecutionContext* Engine::createExecutionContext(nv::ExecutionContextAllocationStrategy strategy) noexcept {
  return guarded(reporter_, "ICudaEngine::createExecutionContext", static_cast<nv::IExecutionContext*>(nullptr),
                 [&]() -> nv::IExecutionContext* { return new ExecutionContext(*this, strategy); });
}
nv::IRuntimeConfig* Engine::createRuntimeConfig() noexcept {
  return guarded(reporter_, "ICudaEngine::createRuntimeConfig", static_cast<nv::IRuntimeConfig*>(nullptr),
                 [&]() -> nv::IRuntimeConfig* { return new RuntimeConfig(); });
}
nv::IExecutionContext* Engine::createExecutionContext(nv::IRuntimeConfig* runtimeConfig) noexcept {
  return createExecutionContext(runtimeConfig != nullptr ? runtimeConfig->getExecutionContextAllocationStrategy()
                                                         : nv::ExecutionContextAllocationStrategy::kSTATIC);
}

bool Engine::isShapeInferenceIO(char const* tensorName) const noexcept {
  return guarded(reporter_, "ICudaEngine::isShapeInferenceIO", false, [&] {
    const size_t i = io(tensorName);
    return engine_->is_input(i) && !range_at(*engine_, i, 0).min_values.empty();
  });
}
nv::TensorLocation Engine::getTensorLocation(char const* tensorName) const noexcept {
  return isShapeInferenceIO(tensorName) ? nv::TensorLocation::kHOST : nv::TensorLocation::kDEVICE;
}
nv::TensorIOMode Engine::getTensorIOMode(char const* tensorName) const noexcept {
  const int i = tensorName != nullptr ? engine_->find_io(tensorName) : -1;
  if (i < 0) return nv::TensorIOMode::kNONE;
  return engine_->is_input(static_cast<size_t>(i)) ? nv::TensorIOMode::kINPUT : nv::TensorIOMode::kOUTPUT;
}
char const* Engine::getAliasedInputTensor(char const*) const noexcept { return nullptr; }

namespace {
// Elements of a vector; 1: the format has none.
int64_t vector_length(const IoLayout& l) { return l.plain() ? 1 : layout_kind(l.format).group; }
}  // namespace

int32_t Engine::getTensorBytesPerComponent(char const* tensorName) const noexcept {
  if (vector_length(layout(tensorName)) == 1) return -1;
  return bits(engine_->io(static_cast<size_t>(engine_->find_io(tensorName))).type) / 8;
}
int32_t Engine::getTensorBytesPerComponent(char const* tensorName, int32_t) const noexcept {
  return getTensorBytesPerComponent(tensorName);
}
int32_t Engine::getTensorComponentsPerElement(char const* tensorName) const noexcept {
  const int64_t n = vector_length(layout(tensorName));
  return n == 1 ? -1 : static_cast<int32_t>(n);
}
int32_t Engine::getTensorComponentsPerElement(char const* tensorName, int32_t) const noexcept {
  return getTensorComponentsPerElement(tensorName);
}
nv::TensorFormat Engine::getTensorFormat(char const* tensorName) const noexcept {
  return static_cast<nv::TensorFormat>(layout(tensorName).format);
}
nv::TensorFormat Engine::getTensorFormat(char const* tensorName, int32_t) const noexcept {
  return getTensorFormat(tensorName);
}
int32_t Engine::getTensorVectorizedDim(char const* tensorName) const noexcept {
  const IoLayout l = layout(tensorName);
  if (vector_length(l) == 1) return -1;
  return static_cast<int32_t>(channel_axis(l, static_cast<size_t>(getTensorShape(tensorName).nbDims)));
}
int32_t Engine::getTensorVectorizedDim(char const* tensorName, int32_t) const noexcept {
  return getTensorVectorizedDim(tensorName);
}
char const* Engine::getTensorFormatDesc(char const* tensorName) const noexcept {
  return guarded(reporter_, "ICudaEngine::getTensorFormatDesc", "",
                 [&] { return format_descriptions_[io(tensorName)].c_str(); });
}
char const* Engine::getTensorFormatDesc(char const* tensorName, int32_t) const noexcept {
  return getTensorFormatDesc(tensorName);
}

char const* Engine::getName() const noexcept { return engine_->plan().engine_name.c_str(); }
int32_t Engine::getNbOptimizationProfiles() const noexcept {
  return static_cast<int32_t>(engine_->plan().profiles.size());
}
nv::Dims Engine::getProfileShape(char const* tensorName, int32_t profileIndex,
                                 nv::OptProfileSelector select) const noexcept {
  return guarded(reporter_, "ICudaEngine::getProfileShape", no_dims(), [&] {
    const plan::ShapeRange& r = range_at(*engine_, io(tensorName), profileIndex);
    return dims(network_dims(layout(tensorName), select == nv::OptProfileSelector::kMIN   ? r.min
                                                 : select == nv::OptProfileSelector::kOPT ? r.opt
                                                                                          : r.max));
  });
}
int64_t const* Engine::getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                                nv::OptProfileSelector select) const noexcept {
  return guarded(reporter_, "ICudaEngine::getProfileTensorValuesV2", static_cast<int64_t const*>(nullptr),
                 [&]() -> int64_t const* {
                   const auto& v = values_at(range_at(*engine_, io(tensorName), profileIndex), select);
                   return v.empty() ? nullptr : v.data();
                 });
}
int32_t const* Engine::getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                              nv::OptProfileSelector select) const noexcept {
  return guarded(
      reporter_, "ICudaEngine::getProfileTensorValues", static_cast<int32_t const*>(nullptr), [&]() -> int32_t const* {
        const auto& v = values_at(range_at(*engine_, io(tensorName), profileIndex), select);
        if (v.empty()) return nullptr;
        auto& narrow = narrow_values_[fmt::format("{}/{}/{}", tensorName, profileIndex, static_cast<int>(select))];
        narrow.clear();
        for (int64_t x : v) narrow.push_back(static_cast<int32_t>(std::clamp<int64_t>(x, INT32_MIN, INT32_MAX)));
        return narrow.data();
      });
}

nv::EngineCapability Engine::getEngineCapability() const noexcept { return nv::EngineCapability::kSTANDARD; }
void Engine::setErrorRecorder(nv::IErrorRecorder* recorder) noexcept { reporter_.set_recorder(recorder); }
nv::IErrorRecorder* Engine::getErrorRecorder() const noexcept { return reporter_.recorder(); }
nv::TacticSources Engine::getTacticSources() const noexcept { return engine_->plan().flags >> plan::kSourcesShift; }
nv::ProfilingVerbosity Engine::getProfilingVerbosity() const noexcept {
  return static_cast<nv::ProfilingVerbosity>(engine_->plan().profiling_verbosity);
}
nv::IEngineInspector* Engine::createEngineInspector() const noexcept {
  return guarded(reporter_, "ICudaEngine::createEngineInspector", static_cast<nv::IEngineInspector*>(nullptr),
                 [&]() -> nv::IEngineInspector* { return new EngineInspector(*this); });
}
int32_t Engine::getNbIOTensors() const noexcept { return static_cast<int32_t>(engine_->io_count()); }
char const* Engine::getIOTensorName(int32_t index) const noexcept {
  if (index < 0 || index >= getNbIOTensors()) return nullptr;
  return engine_->io(static_cast<size_t>(index)).name.c_str();
}
nv::HardwareCompatibilityLevel Engine::getHardwareCompatibilityLevel() const noexcept {
  return nv::HardwareCompatibilityLevel::kNONE;
}
int32_t Engine::getNbAuxStreams() const noexcept { return 0; }
bool Engine::isRefittable() const noexcept { return false; }

int64_t Engine::getDeviceMemorySizeV2() const noexcept {
  return guarded(reporter_, "ICudaEngine::getDeviceMemorySizeV2", int64_t{0},
                 [&] { return static_cast<int64_t>(engine_->device_memory()); });
}
int64_t Engine::getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept {
  return guarded(reporter_, "ICudaEngine::getDeviceMemorySizeForProfileV2", int64_t{0}, [&] {
    require<ModelError>(profileIndex >= 0 && profileIndex < getNbOptimizationProfiles(),
                        "optimization profile {} does not exist", profileIndex);
    return static_cast<int64_t>(engine_->device_memory(profileIndex));
  });
}

int64_t Engine::getStreamableWeightsSize() const noexcept { return 0; }
bool Engine::setWeightStreamingBudgetV2(int64_t) noexcept {
  return guarded(reporter_, "ICudaEngine::setWeightStreamingBudgetV2", false,
                 [&]() -> bool { fail<Unsupported>("weights are not streamed: all of them are in memory"); });
}
int64_t Engine::getWeightStreamingBudgetV2() const noexcept { return 0; }
int64_t Engine::getWeightStreamingAutomaticBudget() const noexcept { return 0; }
int64_t Engine::getWeightStreamingScratchMemorySize() const noexcept { return 0; }

bool Engine::isDebugTensor(char const* tensorName) const noexcept {
  if (tensorName == nullptr) return false;
  const plan::PlanGraph& g = engine_->plan().graph;
  for (const plan::PlanStep& s : g.steps)
    for (int t : s.outputs)
      if (g.tensors[static_cast<size_t>(t)].name == tensorName) return true;
  return false;
}
int64_t Engine::getEngineStat(nv::EngineStat stat) const noexcept {
  return stat == nv::EngineStat::kTOTAL_WEIGHTS_SIZE ? static_cast<int64_t>(engine_->weights_bytes()) : -1;
}

}  // namespace hone::api
