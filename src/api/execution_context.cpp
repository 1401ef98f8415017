// Runs: shapes, addresses, memory, profile and debug listeners.
#include "api/execution_context.h"

#include <algorithm>
#include <cstring>

#include "hone/debug_listener.h"
#include "hone/gpu_allocator.h"
#include "hone/output_allocator.h"
#include "hone/profiler.h"

namespace hone::api {
namespace {
constexpr uint64_t kAlignment = 256;
void must(const runtime::Status& s) {
  if (!s) throw ModelError(s.error);
}
bool known(const Dims& d) {
  return std::all_of(d.begin(), d.end(), [](int64_t x) { return x >= 0; });
}
}  // namespace

ExecutionContext::ExecutionContext(Engine& engine, nv::ExecutionContextAllocationStrategy strategy)
    : engine_(engine),
      inner_(engine.inner()),
      context_(inner_,
               strategy != nv::ExecutionContextAllocationStrategy::kUSER_MANAGED && engine.allocator() == nullptr),
      reporter_(engine.reporter()),
      addresses_(inner_->io_count(), nullptr),
      allocators_(inner_->io_count(), nullptr),
      user_memory_(strategy == nv::ExecutionContextAllocationStrategy::kUSER_MANAGED) {
  config_.setExecutionContextAllocationStrategy(strategy);
  ExecutionContext::setNvtxVerbosity(engine_.getProfilingVerbosity());
}

ExecutionContext::~ExecutionContext() {
  if (!user_memory_ && memory_ != nullptr) engine_.allocator()->deallocate(memory_);
}

nv::ICudaEngine const& ExecutionContext::getEngine() const noexcept { return engine_; }
void ExecutionContext::setName(char const* name) noexcept {
  guarded(reporter_, "IExecutionContext::setName", [&] { name_ = name != nullptr ? name : ""; });
}
char const* ExecutionContext::getName() const noexcept { return name_.c_str(); }
void ExecutionContext::setErrorRecorder(nv::IErrorRecorder* recorder) noexcept { reporter_.set_recorder(recorder); }
nv::IErrorRecorder* ExecutionContext::getErrorRecorder() const noexcept { return reporter_.recorder(); }
nv::IRuntimeConfig* ExecutionContext::getRuntimeConfig() const noexcept { return const_cast<RuntimeConfig*>(&config_); }

// ---- shapes

int32_t ExecutionContext::getOptimizationProfile() const noexcept { return context_.profile(); }
bool ExecutionContext::setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t) noexcept {
  return guarded(reporter_, "IExecutionContext::setOptimizationProfileAsync", false, [&] {
    must(context_.set_profile(profileIndex));
    return true;
  });
}
bool ExecutionContext::setInputShape(char const* tensorName, nv::Dims const& dims) noexcept {
  return guarded(reporter_, "IExecutionContext::setInputShape", false, [&] {
    const size_t i = io(tensorName);
    must(context_.set_input_dims(i, memory_dims(inner_->layout(i), ints(dims))));
    return true;
  });
}
nv::Dims ExecutionContext::getTensorShape(char const* tensorName) const noexcept {
  return guarded(reporter_, "IExecutionContext::getTensorShape", no_dims(), [&] {
    const size_t i = io(tensorName);
    if (!inner_->is_input(i) && !context_.all_dims_set() && !is_const(inner_->io(i).shape)) return no_dims();
    return dims(network_dims(inner_->layout(i), context_.dims(i)));
  });
}
nv::Dims ExecutionContext::getTensorStrides(char const* tensorName) const noexcept {
  nv::Dims d = getTensorShape(tensorName);
  if (d.nbDims < 0) return d;
  // Axes from the innermost in memory to the outermost; where the format has vectors, in these.
  std::vector<int32_t> order;
  for (int32_t i = d.nbDims - 1; i >= 0; --i) order.push_back(i);
  const IoLayout l = engine_.layout(tensorName);
  if (!l.plain()) {
    const LayoutKind k = layout_kind(l.format);
    const auto axis = static_cast<int32_t>(channel_axis(l, static_cast<size_t>(d.nbDims)));
    d.d[axis] = (d.d[axis] + k.group - 1) / k.group;
    if (k.last) {
      std::erase(order, axis);
      order.insert(order.begin(), axis);
    }
  }
  int64_t step = 1;
  for (const int32_t i : order) {
    const int64_t extent = d.d[i];
    d.d[i] = step;
    step = step < 0 || extent < 0 ? -1 : step * extent;
  }
  return d;
}
bool ExecutionContext::allInputDimensionsSpecified() const noexcept { return context_.all_dims_set(); }
bool ExecutionContext::allInputShapesSpecified() const noexcept {
  for (size_t i = 0; i < addresses_.size(); ++i)
    if (engine_.isShapeInferenceIO(inner_->io(i).name.c_str()) && addresses_[i] == nullptr) return false;
  return true;
}
int32_t ExecutionContext::inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept {
  return guarded(reporter_, "IExecutionContext::inferShapes", -1, [&] {
    int32_t missing = 0;
    for (size_t i = 0; i < inner_->plan().graph.inputs.size(); ++i) {
      const char* name = inner_->io(i).name.c_str();
      const bool values = engine_.isShapeInferenceIO(name) && addresses_[i] == nullptr;
      if (known(context_.input_dims(i)) && !values) continue;
      if (tensorNames != nullptr && missing < nbMaxNames) tensorNames[missing] = name;
      ++missing;
    }
    if (missing == 0) must(context_.prepare());
    return missing;
  });
}
int64_t ExecutionContext::getMaxOutputSize(char const* tensorName) const noexcept {
  return guarded(reporter_, "IExecutionContext::getMaxOutputSize", int64_t{-1}, [&] {
    const size_t i = io(tensorName);
    require<ModelError>(!inner_->is_input(i), "'{}' is no output", tensorName);
    return context_.max_bytes(i);
  });
}

// ---- addresses

bool ExecutionContext::setTensorAddress(char const* tensorName, void* data) noexcept {
  return guarded(reporter_, "IExecutionContext::setTensorAddress", false, [&] {
    addresses_[io(tensorName)] = data;
    return true;
  });
}
void const* ExecutionContext::getTensorAddress(char const* tensorName) const noexcept {
  return guarded(reporter_, "IExecutionContext::getTensorAddress", static_cast<void const*>(nullptr),
                 [&]() -> void const* { return addresses_[io(tensorName)]; });
}
bool ExecutionContext::setOutputTensorAddress(char const* tensorName, void* data) noexcept {
  return guarded(reporter_, "IExecutionContext::setOutputTensorAddress", false, [&] {
    const size_t i = io(tensorName);
    require<ModelError>(!inner_->is_input(i), "'{}' is no output", tensorName);
    addresses_[i] = data;
    return true;
  });
}
bool ExecutionContext::setInputTensorAddress(char const* tensorName, void const* data) noexcept {
  return guarded(reporter_, "IExecutionContext::setInputTensorAddress", false, [&] {
    const size_t i = io(tensorName);
    require<ModelError>(inner_->is_input(i), "'{}' is no input", tensorName);
    addresses_[i] = const_cast<void*>(data);
    return true;
  });
}
void* ExecutionContext::getOutputTensorAddress(char const* tensorName) const noexcept {
  return guarded(reporter_, "IExecutionContext::getOutputTensorAddress", static_cast<void*>(nullptr), [&]() -> void* {
    const size_t i = io(tensorName);
    require<ModelError>(!inner_->is_input(i), "'{}' is no output", tensorName);
    return addresses_[i];
  });
}
bool ExecutionContext::setOutputAllocator(char const* tensorName, nv::IOutputAllocator* allocator) noexcept {
  return guarded(reporter_, "IExecutionContext::setOutputAllocator", false, [&] {
    const size_t i = io(tensorName);
    require<ModelError>(!inner_->is_input(i), "'{}' is no output", tensorName);
    allocators_[i] = allocator;
    return true;
  });
}
nv::IOutputAllocator* ExecutionContext::getOutputAllocator(char const* tensorName) const noexcept {
  return guarded(reporter_, "IExecutionContext::getOutputAllocator", static_cast<nv::IOutputAllocator*>(nullptr),
                 [&] { return allocators_[io(tensorName)]; });
}

// ---- memory

void ExecutionContext::setDeviceMemoryV2(void* memory, int64_t size) noexcept {
  guarded(reporter_, "IExecutionContext::setDeviceMemoryV2", [&] {
    require<ModelError>(user_memory_, "the context has its own memory; create it with kUSER_MANAGED");
    require<ModelError>(size >= 0 && (reinterpret_cast<uintptr_t>(memory) & 63) == 0,
                        "{} bytes at {}: memory must be aligned to 64 bytes", size, memory);
    memory_ = memory;
    memory_size_ = size;
  });
}
void ExecutionContext::setPersistentCacheLimit(std::size_t size) noexcept {
  guarded(reporter_, "IExecutionContext::setPersistentCacheLimit", [&] {
    context_.set_cache_limit(size);
    cache_limit_ = size;
  });
}
std::size_t ExecutionContext::updateDeviceMemorySizeForShapes() noexcept {
  return guarded(reporter_, "IExecutionContext::updateDeviceMemorySizeForShapes", size_t{0}, [&] {
    prepare();
    return context_.memory_needed();
  });
}
bool ExecutionContext::setTemporaryStorageAllocator(nv::IGpuAllocator* allocator) noexcept {
  temporary_ = allocator;
  return true;
}
nv::IGpuAllocator* ExecutionContext::getTemporaryStorageAllocator() const noexcept { return temporary_; }

void ExecutionContext::provide_memory() {
  const size_t needed = context_.memory_needed();
  if (user_memory_) {
    require<ModelError>(needed == 0 || (memory_ != nullptr && static_cast<size_t>(memory_size_) >= needed),
                        "the run needs {} bytes of device memory, setDeviceMemory gave {}", needed,
                        memory_ != nullptr ? memory_size_ : 0);
  } else if (nv::IGpuAllocator* a = engine_.allocator(); a == nullptr) {
    return;
  } else if (static_cast<size_t>(memory_size_) < needed) {
    if (memory_ != nullptr) a->deallocate(memory_);
    memory_size_ = 0;
    memory_ = a->allocate(needed, kAlignment, 0);
    if (memory_ == nullptr) throw NoMemory(fmt::format("the allocator did not give the {} bytes of a context", needed));
    memory_size_ = static_cast<int64_t>(needed);
  }
  if (needed != 0) context_.set_memory(memory_, static_cast<size_t>(memory_size_));
}

// ---- running

void ExecutionContext::prepare() const {
  for (size_t i = 0; i < inner_->plan().graph.inputs.size(); ++i)
    require<ModelError>(known(context_.input_dims(i)), "the shape of input '{}' {} is not set", inner_->io(i).name,
                        hone::str(inner_->io(i).shape));
  must(context_.prepare());
}

void ExecutionContext::provide_outputs(cudaStream_t stream) {
  for (size_t i = 0; i < addresses_.size(); ++i) {
    const plan::PlanTensor& t = inner_->io(i);
    void* p = addresses_[i];
    // Extents that only a run tells are those of the last one here, whatever the next one will give.
    const int64_t most = inner_->is_input(i) ? static_cast<int64_t>(storage_bytes(t.type, volume(context_.dims(i))))
                                             : context_.max_bytes(i);
    const bool fixed = most >= 0;
    const size_t bytes = fixed ? static_cast<size_t>(most) : 0;
    if (!inner_->is_input(i) && allocators_[i] != nullptr) {
      p = nullptr;  // of a size that only the run tells: delivered afterwards
      if (fixed) p = allocators_[i]->reallocateOutputAsync(t.name.c_str(), addresses_[i], bytes, kAlignment, stream);
      require<ModelError>(!fixed || p != nullptr || bytes == 0, "the output allocator gave no memory for '{}'", t.name);
    } else {
      require<ModelError>(p != nullptr || (fixed && bytes == 0), "{} '{}' has no address",
                          inner_->is_input(i) ? "input" : "output", t.name);
    }
    context_.set_address(i, p);
  }
}

void ExecutionContext::deliver_outputs(cudaStream_t stream) {
  for (size_t i = 0; i < addresses_.size(); ++i) {
    nv::IOutputAllocator* a = allocators_[i];
    if (inner_->is_input(i) || a == nullptr) continue;
    const plan::PlanTensor& t = inner_->io(i);
    const Dims d = context_.dims(i);
    const nv::Dims shape = dims(network_dims(inner_->layout(i), d));
    if (context_.address(i) == nullptr) {
      const size_t bytes = storage_bytes(t.type, volume(d));
      void* p = a->reallocateOutputAsync(t.name.c_str(), addresses_[i], bytes, kAlignment, stream);
      require<ModelError>(p != nullptr || bytes == 0, "the output allocator gave no memory for '{}'", t.name);
      if (const Device* device = inner_->device(); bytes > 0 && device != nullptr)
        device->copy(p, context_.result(i), bytes, stream);
      else if (bytes > 0)
        std::memcpy(p, context_.result(i), bytes);
    }
    a->notifyShape(t.name.c_str(), shape);
  }
}

void ExecutionContext::run(cudaStream_t stream) {
  prepare();
  provide_memory();
  provide_outputs(stream);
  stream_ = stream;
  debug_failed_ = false;
  times_.clear();
  if (profiler_ != nullptr)
    context_.runner().set_step_timer([this](size_t step, double us) { times_.push_back({step, us}); });
  else
    context_.runner().set_step_timer(nullptr);
  must(context_.execute(stream));
  require<ModelError>(!debug_failed_, "a debug listener reported a failure");
  // On the CPU device the run is over by now.
  if (input_consumed_ != nullptr && inner_->device() != nullptr) inner_->device()->record(input_consumed_, stream);
  deliver_outputs(stream);
}

bool ExecutionContext::execute(const char* call, cudaStream_t stream, bool emit, bool wait) noexcept {
  return guarded(reporter_, call, false, [&] {
    run(stream);
    if (wait && inner_->device() != nullptr) inner_->device()->synchronize(stream);
    if (emit) emit_profile();
    return true;
  });
}

bool ExecutionContext::executeV2(void* const* bindings) noexcept {
  if (bindings == nullptr) {
    reporter_.error(ErrorCode::kINVALID_ARGUMENT, "IExecutionContext::executeV2: bindings are null");
    return false;
  }
  for (size_t i = 0; i < addresses_.size(); ++i) addresses_[i] = bindings[i];
  return execute("IExecutionContext::executeV2", nullptr, true, true);
}
bool ExecutionContext::enqueueV3(cudaStream_t stream) noexcept {
  return execute("IExecutionContext::enqueueV3", stream, emits_profile_, debug_sync_);
}

void ExecutionContext::emit_profile() const {
  if (profiler_ == nullptr) return;
  for (const LayerTime& t : times_)
    profiler_->reportLayerTime(inner_->layer_name(t.step).c_str(), static_cast<float>(t.microseconds / 1000));
}
bool ExecutionContext::reportToProfiler() const noexcept {
  return guarded(reporter_, "IExecutionContext::reportToProfiler", false, [&] {
    require<ModelError>(profiler_ != nullptr && !times_.empty(), "no profiler is set or nothing ran since");
    emit_profile();
    return true;
  });
}

// ---- debug tensors

void ExecutionContext::update_observer() {
  if (listener_ == nullptr || (debug_on_.empty() && !debug_unfused_)) return context_.runner().set_observer(nullptr);
  context_.runner().set_observer([this](const plan::PlanStep& step, int output, const Tensor& value) {
    const std::string& name =
        inner_->plan().graph.tensors[static_cast<size_t>(step.outputs[static_cast<size_t>(output)])].name;
    if (!debug_unfused_ && debug_on_.count(name) == 0) return;
    if (!listener_->processDebugTensor(value.raw(), nv::TensorLocation::kDEVICE, data_type(value.type()),
                                       dims(value.dims()), name.c_str(), stream_))
      debug_failed_ = true;
  });
}
bool ExecutionContext::setDebugListener(nv::IDebugListener* listener) noexcept {
  return guarded(reporter_, "IExecutionContext::setDebugListener", false, [&] {
    listener_ = listener;
    update_observer();
    return true;
  });
}
nv::IDebugListener* ExecutionContext::getDebugListener() noexcept { return listener_; }
bool ExecutionContext::setTensorDebugState(char const* name, bool flag) noexcept {
  return guarded(reporter_, "IExecutionContext::setTensorDebugState", false, [&] {
    require<ModelError>(engine_.isDebugTensor(name), "the engine has no tensor '{}'", name != nullptr ? name : "");
    if (flag)
      debug_on_.insert(name);
    else
      debug_on_.erase(name);
    update_observer();
    return true;
  });
}
bool ExecutionContext::getDebugState(char const* name) const noexcept {
  return name != nullptr && debug_on_.find(name) != debug_on_.end();
}
bool ExecutionContext::setAllTensorsDebugState(bool flag) noexcept { return setUnfusedTensorsDebugState(flag); }
bool ExecutionContext::setUnfusedTensorsDebugState(bool flag) noexcept {
  return guarded(reporter_, "IExecutionContext::setUnfusedTensorsDebugState", false, [&] {
    debug_unfused_ = flag;
    update_observer();
    return true;
  });
}
bool ExecutionContext::getUnfusedTensorsDebugState() const noexcept { return debug_unfused_; }

// ---- what belongs to GPUs

bool ExecutionContext::setInputConsumedEvent(cudaEvent_t event) noexcept {
  input_consumed_ = event;
  return true;
}
cudaEvent_t ExecutionContext::getInputConsumedEvent() const noexcept { return input_consumed_; }
void ExecutionContext::setGraphReplay(bool allowed) noexcept {
  replay_ = allowed;
  context_.allow_replay(allowed);
}
bool ExecutionContext::setNvtxVerbosity(nv::ProfilingVerbosity verbosity) noexcept {
  return guarded(reporter_, "IExecutionContext::setNvtxVerbosity", false, [&] {
    using V = nv::ProfilingVerbosity;
    context_.runner().set_ranges(verbosity == V::kNONE       ? runtime::RangeDetail::kNone
                                 : verbosity == V::kDETAILED ? runtime::RangeDetail::kAll
                                                             : runtime::RangeDetail::kNames);
    nvtx_ = verbosity;
    return true;
  });
}
nv::ProfilingVerbosity ExecutionContext::getNvtxVerbosity() const noexcept { return nvtx_; }
void ExecutionContext::setAuxStreams(cudaStream_t*, int32_t) noexcept {}
bool ExecutionContext::setCommunicator(void*) noexcept {
  return guarded(reporter_, "IExecutionContext::setCommunicator", false,
                 [&]() -> bool { fail<Unsupported>("runs on several devices are not supported"); });
}

}  // namespace hone::api
