// ICudaEngine: an engine, ready to make contexts that run it.
#pragma once

#include <cstring>

#include "hone/builder_flags.h"
#include "hone/dims.h"
#include "hone/engine_device.h"
#include "hone/engine_inspector.h"
#include "hone/host_memory.h"
#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/runtime_config.h"
#include "hone/types.h"

namespace nvinfer1 {

class IExecutionContext;
class IErrorRecorder;

/// Numbers that an engine can tell.
enum class EngineStat : int32_t {
  kTOTAL_WEIGHTS_SIZE = 0,     ///< Bytes of all weights.
  kSTRIPPED_WEIGHTS_SIZE = 1,  ///< Bytes of weights left out of the plan; -1 when it is not stripped.
};

/// One more than the largest value of EngineStat.
template <>
constexpr int32_t EnumMax<EngineStat>() noexcept {
  return 2;
}

/// A tuned network. Several contexts may run at once in different threads. Made by IRuntime or IBuilder; delete it
/// after its contexts. A tensor is named as in the network; calls with an unknown name log an error.
class ICudaEngine : public INoCopy {
 public:
  /// Shape of an input or output, with -1 where known at run time only; rank -1 for an unknown name.
  virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
  /// Element type.
  virtual DataType getTensorDataType(char const* tensorName) const noexcept = 0;
  /// Number of layers of the engine (not of the network).
  virtual int32_t getNbLayers() const noexcept = 0;
  /// The plan; the caller deletes it. Null on an error.
  virtual IHostMemory* serialize() const noexcept = 0;
  /// Makes a context; the caller deletes it. Null on an error.
  virtual IExecutionContext* createExecutionContext(
      ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC) noexcept = 0;
  /// Where the tensor must be: kHOST for shape tensors.
  virtual TensorLocation getTensorLocation(char const* tensorName) const noexcept = 0;
  /// True for an input that shapes are computed from and for an output computed from shapes.
  virtual bool isShapeInferenceIO(char const* tensorName) const noexcept = 0;
  /// Input, output or neither.
  virtual TensorIOMode getTensorIOMode(char const* tensorName) const noexcept = 0;
  /// The input whose memory this output writes, or null.
  virtual char const* getAliasedInputTensor(char const* tensorName) const noexcept = 0;
  /// Bytes of one element, or -1 when the format has no vectors.
  virtual int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept = 0;
  /// The same in one profile.
  virtual int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// Elements of one vector, or -1 when the format has none.
  virtual int32_t getTensorComponentsPerElement(char const* tensorName) const noexcept = 0;
  /// The same in one profile.
  virtual int32_t getTensorComponentsPerElement(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// Format of an input or output.
  virtual TensorFormat getTensorFormat(char const* tensorName) const noexcept = 0;
  /// The same in one profile.
  virtual TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// Format, vectors and type in words; owned by the engine.
  virtual char const* getTensorFormatDesc(char const* tensorName) const noexcept = 0;
  /// The same in one profile.
  virtual char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// The dimension that is cut into vectors, -1 for none.
  virtual int32_t getTensorVectorizedDim(char const* tensorName) const noexcept = 0;
  /// The same in one profile.
  virtual int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// Name of the network.
  virtual char const* getName() const noexcept = 0;
  /// Number of profiles, at least 1.
  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
  /// A shape that a profile has for an input; rank -1 when there is none.
  virtual Dims getProfileShape(char const* tensorName, int32_t profileIndex,
                               OptProfileSelector select) const noexcept = 0;
  /// Values that a profile has for a shape input of up to 32 bits, or null. Owned by the engine.
  virtual int32_t const* getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                                OptProfileSelector select) const noexcept = 0;
  /// Values that a profile has for a shape input, or null. Owned by the engine.
  virtual int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                                  OptProfileSelector select) const noexcept = 0;
  /// What the engine is restricted to.
  virtual EngineCapability getEngineCapability() const noexcept = 0;
  /// Sets where errors go besides the log; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// Providers of tactics that the build could use.
  virtual TacticSources getTacticSources() const noexcept = 0;
  /// How much the engine keeps about its layers.
  virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;
  /// Makes an inspector; the caller deletes it.
  virtual IEngineInspector* createEngineInspector() const noexcept = 0;
  /// Number of inputs and outputs.
  virtual int32_t getNbIOTensors() const noexcept = 0;
  /// Name of input or output `index`, inputs first; null when out of range. Owned by the engine.
  virtual char const* getIOTensorName(int32_t index) const noexcept = 0;
  /// On what other hardware the engine runs.
  virtual HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept = 0;
  /// Number of streams a run uses besides its own.
  virtual int32_t getNbAuxStreams() const noexcept = 0;
  /// True when the weights can be changed.
  virtual bool isRefittable() const noexcept = 0;
  /// Makes settings for serializeWithConfig(); the caller deletes them.
  virtual ISerializationConfig* createSerializationConfig() noexcept = 0;
  /// The plan according to settings; the caller deletes it. Null on an error.
  virtual IHostMemory* serializeWithConfig(ISerializationConfig& config) const noexcept = 0;
  /// Bytes of activation memory that a context needs at most over all profiles.
  virtual int64_t getDeviceMemorySizeV2() const noexcept = 0;
  /// The same for one profile.
  virtual int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept = 0;
  /// Bytes of weights that can stay in host memory.
  virtual int64_t getStreamableWeightsSize() const noexcept = 0;
  /// Sets how many bytes of weights may be in device memory. Not while contexts exist. True when accepted.
  virtual bool setWeightStreamingBudgetV2(int64_t gpuMemoryBudget) noexcept = 0;
  /// That budget.
  virtual int64_t getWeightStreamingBudgetV2() const noexcept = 0;
  /// A budget that suits the free memory.
  virtual int64_t getWeightStreamingAutomaticBudget() const noexcept = 0;
  /// Bytes of device memory for weights on their way.
  virtual int64_t getWeightStreamingScratchMemorySize() const noexcept = 0;
  /// True when the tensor was marked for debugging.
  virtual bool isDebugTensor(char const* name) const noexcept = 0;
  /// One number about the engine.
  virtual int64_t getEngineStat(EngineStat stat) const noexcept = 0;
  /// Makes settings for a context; the caller deletes them.
  virtual IRuntimeConfig* createRuntimeConfig() noexcept = 0;
  /// Makes a context according to settings; the caller deletes it. Null on an error.
  virtual IExecutionContext* createExecutionContext(IRuntimeConfig* runtimeConfig) noexcept = 0;

  /// The device that the engine runs on (Hone extension); lives as long as the engine.
  virtual IEngineDevice& getEngineDevice() const noexcept = 0;

  /// Deprecated: use getDeviceMemorySizeV2().
  TRT_DEPRECATED std::size_t getDeviceMemorySize() const noexcept {
    return static_cast<std::size_t>(getDeviceMemorySizeV2());
  }
  /// Deprecated: use getDeviceMemorySizeForProfileV2().
  TRT_DEPRECATED std::size_t getDeviceMemorySizeForProfile(int32_t profileIndex) const noexcept {
    return static_cast<std::size_t>(getDeviceMemorySizeForProfileV2(profileIndex));
  }
  /// Deprecated: use createExecutionContext() with kUSER_MANAGED.
  TRT_DEPRECATED IExecutionContext* createExecutionContextWithoutDeviceMemory() noexcept {
    return createExecutionContext(ExecutionContextAllocationStrategy::kUSER_MANAGED);
  }
  /// Deprecated: use setWeightStreamingBudgetV2(). -1 here turns streaming off, 0 chooses automatically.
  TRT_DEPRECATED bool setWeightStreamingBudget(int64_t gpuMemoryBudget) noexcept {
    if (gpuMemoryBudget < 0) return setWeightStreamingBudgetV2(getStreamableWeightsSize());
    return setWeightStreamingBudgetV2(gpuMemoryBudget == 0 ? getWeightStreamingAutomaticBudget() : gpuMemoryBudget);
  }
  /// Deprecated: use getWeightStreamingBudgetV2().
  TRT_DEPRECATED int64_t getWeightStreamingBudget() const noexcept { return getWeightStreamingBudgetV2(); }
  /// Deprecated: any budget is accepted, so this is 0.
  TRT_DEPRECATED int64_t getMinimumWeightStreamingBudget() const noexcept { return 0; }
  /// Deprecated: always false; the batch is an ordinary dimension.
  TRT_DEPRECATED bool hasImplicitBatchDimension() const noexcept { return false; }
  /// Deprecated: the batch is an ordinary dimension; always 1.
  TRT_DEPRECATED int32_t getMaxBatchSize() const noexcept { return 1; }
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }

  // Bindings, the numbers that releases 5 to 8 gave to inputs and outputs: binding b is tensor b % n of profile b / n,
  // with n the number of inputs and outputs. Names do not carry the profile.

  /// Deprecated: use getNbIOTensors().
  TRT_DEPRECATED int32_t getNbBindings() const noexcept { return getNbIOTensors() * getNbOptimizationProfiles(); }
  /// Deprecated: use names. The number of the tensor in profile 0, -1 for an unknown name.
  TRT_DEPRECATED int32_t getBindingIndex(char const* name) const noexcept {
    for (int32_t i = 0; name != nullptr && i < getNbIOTensors(); ++i) {
      if (std::strcmp(getIOTensorName(i), name) == 0) return i;
    }
    return -1;
  }
  /// Deprecated (without the attribute, because the calls below use it): use getIOTensorName(). Null when out of range.
  char const* getBindingName(int32_t bindingIndex) const noexcept {
    if (bindingIndex < 0 || bindingIndex >= getNbIOTensors() * getNbOptimizationProfiles()) return nullptr;
    return getIOTensorName(bindingIndex % getNbIOTensors());
  }
  /// Deprecated: use getTensorIOMode().
  TRT_DEPRECATED bool bindingIsInput(int32_t bindingIndex) const noexcept {
    return getTensorIOMode(getBindingName(bindingIndex)) == TensorIOMode::kINPUT;
  }
  /// Deprecated: use getTensorShape().
  TRT_DEPRECATED Dims getBindingDimensions(int32_t bindingIndex) const noexcept {
    return getTensorShape(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorDataType().
  TRT_DEPRECATED DataType getBindingDataType(int32_t bindingIndex) const noexcept {
    return getTensorDataType(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorLocation().
  TRT_DEPRECATED TensorLocation getLocation(int32_t bindingIndex) const noexcept {
    return getTensorLocation(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorBytesPerComponent().
  TRT_DEPRECATED int32_t getBindingBytesPerComponent(int32_t bindingIndex) const noexcept {
    return getTensorBytesPerComponent(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorComponentsPerElement().
  TRT_DEPRECATED int32_t getBindingComponentsPerElement(int32_t bindingIndex) const noexcept {
    return getTensorComponentsPerElement(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorFormat().
  TRT_DEPRECATED TensorFormat getBindingFormat(int32_t bindingIndex) const noexcept {
    return getTensorFormat(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorFormatDesc().
  TRT_DEPRECATED char const* getBindingFormatDesc(int32_t bindingIndex) const noexcept {
    return getTensorFormatDesc(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorVectorizedDim().
  TRT_DEPRECATED int32_t getBindingVectorizedDim(int32_t bindingIndex) const noexcept {
    return getTensorVectorizedDim(getBindingName(bindingIndex));
  }
  /// Deprecated: use getProfileShape().
  TRT_DEPRECATED Dims getProfileDimensions(int32_t bindingIndex, int32_t profileIndex,
                                           OptProfileSelector select) const noexcept {
    return getProfileShape(getBindingName(bindingIndex), profileIndex, select);
  }
  /// Deprecated: use getProfileTensorValues().
  TRT_DEPRECATED int32_t const* getProfileShapeValues(int32_t profileIndex, int32_t inputIndex,
                                                      OptProfileSelector select) const noexcept {
    return getProfileTensorValues(getBindingName(inputIndex), profileIndex, select);
  }
  /// Deprecated: use isShapeInferenceIO().
  TRT_DEPRECATED bool isShapeBinding(int32_t bindingIndex) const noexcept {
    return isShapeInferenceIO(getBindingName(bindingIndex));
  }
  /// Deprecated: use getTensorLocation(). True when the device reads or writes the tensor.
  TRT_DEPRECATED bool isExecutionBinding(int32_t bindingIndex) const noexcept {
    return getTensorLocation(getBindingName(bindingIndex)) == TensorLocation::kDEVICE;
  }
};

}  // namespace nvinfer1
