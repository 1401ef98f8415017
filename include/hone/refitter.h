// IRefitter: new weights for an engine that was built for it.
#pragma once

#include "hone/cuda_types.h"
#include "hone/error_recorder.h"
#include "hone/logger.h"
#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/types.h"

namespace nvinfer1 {

class ICudaEngine;

/// Replaces weights of an engine built with BuilderFlag::kREFIT. Made by createInferRefitter(); delete it when
/// done.
class IRefitter : public INoCopy {
 public:
  /// Gives new weights of a layer; count and type must be those of the engine. Not copied before the refit. True
  /// when accepted.
  virtual bool setWeights(char const* layerName, WeightsRole role, Weights weights) noexcept = 0;
  /// Replaces the weights in the engine. False, and nothing changed, when weights are missing.
  virtual bool refitCudaEngine() noexcept = 0;
  /// Number of weights still needed; copies up to `size` layer names and roles. Either array may be null.
  virtual int32_t getMissing(int32_t size, char const** layerNames, WeightsRole* roles) noexcept = 0;
  /// Number of weights that can be given; copies up to `size` layer names and roles.
  virtual int32_t getAll(int32_t size, char const** layerNames, WeightsRole* roles) noexcept = 0;
  /// Replaces the range of a tensor. True when accepted.
  virtual bool setDynamicRange(char const* tensorName, float min, float max) noexcept = 0;
  /// Smallest value of a tensor's range, NaN when there is none.
  virtual float getDynamicRangeMin(char const* tensorName) const noexcept = 0;
  /// Largest value of a tensor's range, NaN when there is none.
  virtual float getDynamicRangeMax(char const* tensorName) const noexcept = 0;
  /// Number of tensors with a range; copies up to `size` names.
  virtual int32_t getTensorsWithDynamicRange(int32_t size, char const** tensorNames) const noexcept = 0;
  /// Sets where errors go besides the log; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// Gives new weights by name, in host memory. True when accepted.
  virtual bool setNamedWeights(char const* name, Weights weights) noexcept = 0;
  /// Number of named weights still needed; copies up to `size` names.
  virtual int32_t getMissingWeights(int32_t size, char const** weightsNames) noexcept = 0;
  /// Number of named weights that can be given; copies up to `size` names.
  virtual int32_t getAllWeights(int32_t size, char const** weightsNames) noexcept = 0;
  /// The logger given to createInferRefitter().
  virtual ILogger* getLogger() const noexcept = 0;
  /// Limits the threads of a refit; false when not positive.
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  /// That limit.
  virtual int32_t getMaxThreads() const noexcept = 0;
  /// Gives new weights by name, in host or device memory. True when accepted.
  virtual bool setNamedWeights(char const* name, Weights weights, TensorLocation location) noexcept = 0;
  /// Weights given by name; empty when none were.
  virtual Weights getNamedWeights(char const* weightsName) const noexcept = 0;
  /// Where weights given by name are.
  virtual TensorLocation getWeightsLocation(char const* weightsName) const noexcept = 0;
  /// Takes weights back. True when there were any.
  virtual bool unsetNamedWeights(char const* weightsName) noexcept = 0;
  /// Switches the check of new weights for values that do not fit; on at first.
  virtual void setWeightsValidation(bool weightsValidation) noexcept = 0;
  /// True when the check is on.
  virtual bool getWeightsValidation() const noexcept = 0;
  /// Like refitCudaEngine(), in stream order. The weights must stay until it has finished.
  virtual bool refitCudaEngineAsync(cudaStream_t stream) noexcept = 0;
  /// Type and count that named weights must have, without values; count -1 for an unknown name.
  virtual Weights getWeightsPrototype(char const* weightsName) const noexcept = 0;
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
};

}  // namespace nvinfer1

/// Makes a refitter; use nvinfer1::createInferRefitter(). Null on an error.
extern "C" TENSORRTAPI void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept;

namespace nvinfer1 {

/// Makes a refitter of an engine; engine and logger must outlive it. The caller deletes it. Null on an error.
inline IRefitter* createInferRefitter(ICudaEngine& engine, ILogger& logger) noexcept {
  return static_cast<IRefitter*>(createInferRefitter_INTERNAL(&engine, &logger, NV_TENSORRT_VERSION));
}

}  // namespace nvinfer1
