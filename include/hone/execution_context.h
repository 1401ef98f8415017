// IExecutionContext: one run after another of an engine, with its shapes, addresses and memory.
#pragma once

#include "hone/cuda_types.h"
#include "hone/engine.h"
#include "hone/legacy_messages.h"
#include "hone/output_allocator.h"

namespace nvinfer1 {

class IDebugListener;
class IGpuAllocator;
class IProfiler;

/// State of running an engine. Use by one thread at a time; several contexts may run at once. Made by
/// ICudaEngine::createExecutionContext(); delete it before the engine. Set shapes of inputs, then addresses, then
/// run.
class IExecutionContext : public INoCopy {
 public:
  /// Makes a run wait after each layer.
  virtual void setDebugSync(bool sync) noexcept = 0;
  /// True when runs wait after each layer.
  virtual bool getDebugSync() const noexcept = 0;
  /// Sets who receives layer times, or null. Not owned.
  virtual void setProfiler(IProfiler* profiler) noexcept = 0;
  /// The profiler, or null.
  virtual IProfiler* getProfiler() const noexcept = 0;
  /// The engine.
  virtual ICudaEngine const& getEngine() const noexcept = 0;
  /// Sets the name of the context. Copied.
  virtual void setName(char const* name) noexcept = 0;
  /// Returns the name of the context.
  virtual char const* getName() const noexcept = 0;
  /// Gives the activation memory of a kUSER_MANAGED context: at least as large as the engine asks, aligned to 256
  /// bytes. Must stay while runs use it.
  virtual void setDeviceMemoryV2(void* memory, int64_t size) noexcept = 0;
  /// Distance of neighbours in each dimension, in elements (vectors for formats with vectors).
  virtual Dims getTensorStrides(char const* tensorName) const noexcept = 0;
  /// Number of the profile in use, -1 when none is.
  virtual int32_t getOptimizationProfile() const noexcept = 0;
  /// Sets the shape of an input; false, with the allowed range in the log, when the profile does not allow it.
  virtual bool setInputShape(char const* tensorName, Dims const& dims) noexcept = 0;
  /// Shape of an input or output for the inputs' shapes set so far; -1 for dimensions that depend on data, rank -1
  /// for an unknown name or missing input shapes.
  virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
  /// True when the shapes of all inputs are known.
  virtual bool allInputDimensionsSpecified() const noexcept = 0;
  /// True when the values of all shape inputs are known.
  virtual bool allInputShapesSpecified() const noexcept = 0;
  /// Sets where errors go besides the log; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// Runs and waits. One address per input and output, in the order of getIOTensorName(). True on success.
  virtual bool executeV2(void* const* bindings) noexcept = 0;
  /// Chooses a profile; profile 0 is chosen at first. Not while another context uses it, unless they may share.
  /// True on success.
  virtual bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept = 0;
  /// Makes enqueueV3() report layer times itself; true at first. Otherwise reportToProfiler() does.
  virtual void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept = 0;
  /// True when enqueueV3() reports layer times.
  virtual bool getEnqueueEmitsProfile() const noexcept = 0;
  /// Reports the layer times of the last run, waiting for it. True on success.
  virtual bool reportToProfiler() const noexcept = 0;
  /// Sets the memory of an input or output, in its TensorLocation, aligned to 256 bytes on a GPU and to the element
  /// on the CPU device. True when accepted.
  virtual bool setTensorAddress(char const* tensorName, void* data) noexcept = 0;
  /// The memory of an input or output, or null.
  virtual void const* getTensorAddress(char const* tensorName) const noexcept = 0;
  /// Sets the memory of an output. True when accepted.
  virtual bool setOutputTensorAddress(char const* tensorName, void* data) noexcept = 0;
  /// Sets the memory of an input, which is only read. True when accepted.
  virtual bool setInputTensorAddress(char const* tensorName, void const* data) noexcept = 0;
  /// The memory of an output, or null.
  virtual void* getOutputTensorAddress(char const* tensorName) const noexcept = 0;
  /// Computes the shapes of outputs. Returns 0 on success, -1 on an error, else the number of inputs whose shape or
  /// value is missing, and copies up to `nbMaxNames` of their names.
  virtual int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept = 0;
  /// Bytes of activation memory needed for the shapes set now; 0 on an error.
  virtual std::size_t updateDeviceMemorySizeForShapes() noexcept = 0;
  /// Sets an event that is recorded when inputs may be overwritten; null for none. True on success.
  virtual bool setInputConsumedEvent(cudaEvent_t event) noexcept = 0;
  /// That event, or null.
  virtual cudaEvent_t getInputConsumedEvent() const noexcept = 0;
  /// Sets who provides the memory of an output, or null. Not owned. True on success.
  virtual bool setOutputAllocator(char const* tensorName, IOutputAllocator* outputAllocator) noexcept = 0;
  /// The allocator of an output, or null.
  virtual IOutputAllocator* getOutputAllocator(char const* tensorName) const noexcept = 0;
  /// Bytes that an output can need at most with the shapes set now; -1 when unknown.
  virtual int64_t getMaxOutputSize(char const* tensorName) const noexcept = 0;
  /// Sets where memory for a single run comes from; null for the engine's allocator. True on success.
  virtual bool setTemporaryStorageAllocator(IGpuAllocator* allocator) noexcept = 0;
  /// That allocator, or null.
  virtual IGpuAllocator* getTemporaryStorageAllocator() const noexcept = 0;
  /// Runs on a stream with the addresses set. Inputs, outputs and addresses must stay until the run has finished.
  /// On the CPU device the run has finished on return. True on success.
  virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
  /// Sets how many bytes of a GPU's last cache may be kept for activations while a run goes on; 0 at first. An error
  /// where the GPU has fewer; no effect on the CPU device.
  virtual void setPersistentCacheLimit(std::size_t size) noexcept = 0;
  /// Returns how many bytes of cache may be kept for activations.
  virtual std::size_t getPersistentCacheLimit() const noexcept = 0;
  /// Sets how much is told to NVTX, at most what the engine keeps. True on success.
  virtual bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  /// Returns how much is told to NVTX, at most what the engine keeps.
  virtual ProfilingVerbosity getNvtxVerbosity() const noexcept = 0;
  /// Gives the streams a run may use besides its own.
  virtual void setAuxStreams(cudaStream_t* auxStreams, int32_t nbStreams) noexcept = 0;
  /// Sets who receives debug tensors, or null. Not owned. True on success.
  virtual bool setDebugListener(IDebugListener* listener) noexcept = 0;
  /// The listener, or null.
  virtual IDebugListener* getDebugListener() noexcept = 0;
  /// Switches one debug tensor; off at first. True on success.
  virtual bool setTensorDebugState(char const* name, bool flag) noexcept = 0;
  /// True when this debug tensor is on.
  virtual bool getDebugState(char const* name) const noexcept = 0;
  /// Switches all marked debug tensors. True on success.
  virtual bool setAllTensorsDebugState(bool flag) noexcept = 0;
  /// Switches tensors that are debug tensors because they survived fusion. True on success.
  virtual bool setUnfusedTensorsDebugState(bool flag) noexcept = 0;
  /// True when these are on.
  virtual bool getUnfusedTensorsDebugState() const noexcept = 0;
  /// The settings the context was made with; owned by the context.
  virtual IRuntimeConfig* getRuntimeConfig() const noexcept = 0;
  /// Sets the communicator of collective layers. True when accepted.
  virtual bool setCommunicator(void* communicator) noexcept = 0;

  /// Deprecated: use setDeviceMemoryV2(). The size is taken to be what the engine asks for.
  TRT_DEPRECATED void setDeviceMemory(void* memory) noexcept {
    setDeviceMemoryV2(memory, getEngine().getDeviceMemorySizeV2());
  }
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
  /// Allows runs to be replayed as CUDA graphs, which they are at first; has no effect on the CPU device (Hone
  /// extension).
  virtual void setGraphReplay(bool allowed) noexcept = 0;
  /// True when runs may be replayed as CUDA graphs (Hone extension).
  virtual bool getGraphReplay() const noexcept = 0;

  /// Deprecated: use setOptimizationProfileAsync().
  TRT_DEPRECATED bool setOptimizationProfile(int32_t profileIndex) noexcept {
    return setOptimizationProfileAsync(profileIndex, nullptr);
  }
  /// Deprecated: use setTensorAddress() and enqueueV3(). Bindings of the profile in use are read.
  TRT_DEPRECATED bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t* inputConsumed) noexcept {
    ICudaEngine const& engine = getEngine();
    int32_t const nb = engine.getNbIOTensors();
    int32_t const profile = getOptimizationProfile();
    if (bindings == nullptr || profile < 0) {
      hone::detail::legacyError("IExecutionContext::enqueueV2: bindings are null or no profile is chosen");
      return false;
    }
    for (int32_t i = 0; i < nb; ++i) {
      if (!setTensorAddress(engine.getIOTensorName(i), bindings[profile * nb + i])) return false;
    }
    return setInputConsumedEvent(inputConsumed != nullptr ? *inputConsumed : nullptr) && enqueueV3(stream);
  }
  /// Deprecated: engines have no implicit batch, so this logs an error and returns false; use executeV2().
  TRT_DEPRECATED bool execute(int32_t /*batchSize*/, void* const* /*bindings*/) noexcept {
    hone::detail::legacyError("IExecutionContext::execute needs an engine with implicit batch; use executeV2");
    return false;
  }
  /// Deprecated: engines have no implicit batch, so this logs an error and returns false; use enqueueV3().
  TRT_DEPRECATED bool enqueue(int32_t /*batchSize*/, void* const* /*bindings*/, cudaStream_t /*stream*/,
                              cudaEvent_t* /*inputConsumed*/) noexcept {
    hone::detail::legacyError("IExecutionContext::enqueue needs an engine with implicit batch; use enqueueV3");
    return false;
  }
  /// Deprecated: use setInputShape().
  TRT_DEPRECATED bool setBindingDimensions(int32_t bindingIndex, Dims dimensions) noexcept {
    return setInputShape(getEngine().getBindingName(bindingIndex), dimensions);
  }
  /// Deprecated: use getTensorShape().
  TRT_DEPRECATED Dims getBindingDimensions(int32_t bindingIndex) const noexcept {
    return getTensorShape(getEngine().getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorStrides().
  TRT_DEPRECATED Dims getStrides(int32_t bindingIndex) const noexcept {
    return getTensorStrides(getEngine().getBindingName(bindingIndex));
  }
  /// Deprecated: use setTensorAddress(). The values are not copied: they must stay until the run has finished.
  TRT_DEPRECATED bool setInputShapeBinding(int32_t bindingIndex, int32_t const* data) noexcept {
    return setInputTensorAddress(getEngine().getBindingName(bindingIndex), data);
  }
  /// Deprecated: read the memory given with setTensorAddress(). Copies the kINT32 values of a shape input or output.
  TRT_DEPRECATED bool getShapeBinding(int32_t bindingIndex, int32_t* data) const noexcept {
    char const* name = getEngine().getBindingName(bindingIndex);
    if (name == nullptr || !getEngine().isShapeInferenceIO(name)) return false;
    auto const* values = static_cast<int32_t const*>(getTensorAddress(name));
    if (values == nullptr || data == nullptr || getEngine().getTensorDataType(name) != DataType::kINT32) return false;
    Dims const shape = getTensorShape(name);
    if (shape.nbDims < 0 || shape.nbDims > 1) return false;
    int64_t const count = shape.nbDims == 0 ? 1 : shape.d[0];
    for (int64_t i = 0; i < count; ++i) data[i] = values[i];
    return true;
  }
};

}  // namespace nvinfer1
