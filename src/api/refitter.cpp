// IRefitter: engines of this version have no weights that can be changed, and the refitter says so.
#include "hone/refitter.h"

#include <cmath>
#include <limits>

#include "api/engine.h"

namespace hone::api {
namespace {

constexpr const char* kReason =
    "engines cannot be refitted yet: none of their weights can be changed; build again with the new weights";

class Refitter final : public nv::IRefitter {
 public:
  explicit Refitter(nv::ILogger* logger) : reporter_(logger), live_(logger) {}

  bool setWeights(char const*, nv::WeightsRole, nv::Weights) noexcept override { return refuse("setWeights"); }
  bool refitCudaEngine() noexcept override { return refuse("refitCudaEngine"); }
  bool refitCudaEngineAsync(cudaStream_t) noexcept override { return refuse("refitCudaEngineAsync"); }
  int32_t getMissing(int32_t, char const**, nv::WeightsRole*) noexcept override { return 0; }
  int32_t getAll(int32_t, char const**, nv::WeightsRole*) noexcept override { return 0; }
  bool setDynamicRange(char const*, float, float) noexcept override { return refuse("setDynamicRange"); }
  float getDynamicRangeMin(char const*) const noexcept override { return std::numeric_limits<float>::quiet_NaN(); }
  float getDynamicRangeMax(char const*) const noexcept override { return std::numeric_limits<float>::quiet_NaN(); }
  int32_t getTensorsWithDynamicRange(int32_t, char const**) const noexcept override { return 0; }
  void setErrorRecorder(nv::IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  nv::IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }
  bool setNamedWeights(char const*, nv::Weights) noexcept override { return refuse("setNamedWeights"); }
  bool setNamedWeights(char const*, nv::Weights, nv::TensorLocation) noexcept override {
    return refuse("setNamedWeights");
  }
  int32_t getMissingWeights(int32_t, char const**) noexcept override { return 0; }
  int32_t getAllWeights(int32_t, char const**) noexcept override { return 0; }
  nv::ILogger* getLogger() const noexcept override { return reporter_.logger(); }
  bool setMaxThreads(int32_t n) noexcept override {
    if (n < 1) return false;
    max_threads_ = n;
    return true;
  }
  int32_t getMaxThreads() const noexcept override { return max_threads_; }
  nv::Weights getNamedWeights(char const*) const noexcept override { return {nv::DataType::kFLOAT, nullptr, 0}; }
  nv::TensorLocation getWeightsLocation(char const*) const noexcept override { return nv::TensorLocation::kHOST; }
  bool unsetNamedWeights(char const*) noexcept override { return false; }
  void setWeightsValidation(bool on) noexcept override { validate_ = on; }
  bool getWeightsValidation() const noexcept override { return validate_; }
  nv::Weights getWeightsPrototype(char const*) const noexcept override { return {nv::DataType::kFLOAT, nullptr, -1}; }

 private:
  bool refuse(const char* call) const noexcept {
    return guarded(reporter_, call, false, []() -> bool { fail<Unsupported>("{}", kReason); });
  }
  Reporter reporter_;
  LiveLogger live_;
  int32_t max_threads_ = 1;
  bool validate_ = true;
};

}  // namespace
}  // namespace hone::api

extern "C" void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t /*version*/) noexcept {
  using hone::api::Reporter;
  auto* log = static_cast<nvinfer1::ILogger*>(logger);
  const Reporter reporter(log);
  return hone::api::guarded(reporter, "createInferRefitter", static_cast<void*>(nullptr), [&]() -> void* {
    hone::require<hone::ModelError>(engine != nullptr, "the engine is null");
    return static_cast<nvinfer1::IRefitter*>(new hone::api::Refitter(log));
  });
}
