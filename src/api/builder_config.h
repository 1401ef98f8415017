// IBuilderConfig: a record of settings. What cannot be honoured is refused when it is set, or by the build.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/optimization_profile.h"
#include "api/timing_cache.h"
#include "hone/builder_config.h"

namespace hone::api {

class BuilderConfig final : public nv::IBuilderConfig {
 public:
  explicit BuilderConfig(const Reporter& reporter) : reporter_(reporter) {}
  const std::vector<const OptimizationProfile*>& profiles() const { return s_.profiles; }
  const std::map<const nv::ILayer*, nv::DeviceType>& devices() const { return s_.devices; }
  /// The cache a build uses: the program's, or one of this object's own; null where caching is off.
  tune::TimingCache* cache_for_build();

  void setAvgTimingIterations(int32_t avgTiming) noexcept override;
  int32_t getAvgTimingIterations() const noexcept override;
  void setEngineCapability(nv::EngineCapability capability) noexcept override;
  nv::EngineCapability getEngineCapability() const noexcept override;
  void setInt8Calibrator(nv::IInt8Calibrator* calibrator) noexcept override { s_.calibrator = calibrator; }
  nv::IInt8Calibrator* getInt8Calibrator() const noexcept override { return s_.calibrator; }
  void setFlags(nv::BuilderFlags builderFlags) noexcept override;
  nv::BuilderFlags getFlags() const noexcept override;
  void clearFlag(nv::BuilderFlag builderFlag) noexcept override;
  void setFlag(nv::BuilderFlag builderFlag) noexcept override;
  bool getFlag(nv::BuilderFlag builderFlag) const noexcept override;
  void setDeviceType(nv::ILayer const* layer, nv::DeviceType deviceType) noexcept override;
  nv::DeviceType getDeviceType(nv::ILayer const* layer) const noexcept override;
  bool isDeviceTypeSet(nv::ILayer const* layer) const noexcept override;
  void resetDeviceType(nv::ILayer const* layer) noexcept override;
  bool canRunOnDLA(nv::ILayer const* layer) const noexcept override;
  void setDLACore(int32_t dlaCore) noexcept override { s_.dla_core = dlaCore; }
  int32_t getDLACore() const noexcept override { return s_.dla_core; }
  void setDefaultDeviceType(nv::DeviceType deviceType) noexcept override;
  nv::DeviceType getDefaultDeviceType() const noexcept override;
  void reset() noexcept override;
  void setProfileStream(cudaStream_t stream) noexcept override { s_.stream = stream; }
  cudaStream_t getProfileStream() const noexcept override { return s_.stream; }
  int32_t addOptimizationProfile(nv::IOptimizationProfile const* profile) noexcept override;
  int32_t getNbOptimizationProfiles() const noexcept override;
  void setProfilingVerbosity(nv::ProfilingVerbosity verbosity) noexcept override { s_.verbosity = verbosity; }
  nv::ProfilingVerbosity getProfilingVerbosity() const noexcept override { return s_.verbosity; }
  void setAlgorithmSelector(nv::IAlgorithmSelector* selector) noexcept override { s_.selector = selector; }
  nv::IAlgorithmSelector* getAlgorithmSelector() const noexcept override { return s_.selector; }
  bool setCalibrationProfile(nv::IOptimizationProfile const* profile) noexcept override;
  nv::IOptimizationProfile const* getCalibrationProfile() noexcept override;
  void setQuantizationFlags(nv::QuantizationFlags flags) noexcept override { s_.quantization = flags; }
  nv::QuantizationFlags getQuantizationFlags() const noexcept override { return s_.quantization; }
  void clearQuantizationFlag(nv::QuantizationFlag flag) noexcept override;
  void setQuantizationFlag(nv::QuantizationFlag flag) noexcept override;
  bool getQuantizationFlag(nv::QuantizationFlag flag) const noexcept override;
  bool setTacticSources(nv::TacticSources tacticSources) noexcept override;
  nv::TacticSources getTacticSources() const noexcept override;
  nv::ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept override;
  bool setTimingCache(nv::ITimingCache const& cache, bool ignoreMismatch) noexcept override;
  nv::ITimingCache const* getTimingCache() const noexcept override;
  void setMemoryPoolLimit(nv::MemoryPoolType pool, std::size_t poolSize) noexcept override;
  std::size_t getMemoryPoolLimit(nv::MemoryPoolType pool) const noexcept override;
  void setPreviewFeature(nv::PreviewFeature feature, bool enable) noexcept override;
  bool getPreviewFeature(nv::PreviewFeature feature) const noexcept override;
  void setBuilderOptimizationLevel(int32_t level) noexcept override;
  int32_t getBuilderOptimizationLevel() noexcept override;
  void setHardwareCompatibilityLevel(nv::HardwareCompatibilityLevel hardwareCompatibilityLevel) noexcept override {
    s_.hardware = hardwareCompatibilityLevel;
  }
  nv::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override { return s_.hardware; }
  void setPluginsToSerialize(char const* const* paths, int32_t nbPaths) noexcept override;
  char const* getPluginToSerialize(int32_t index) const noexcept override;
  int32_t getNbPluginsToSerialize() const noexcept override;
  bool setMaxAuxStreams(int32_t nbStreams) noexcept override;
  int32_t getMaxAuxStreams() const noexcept override;
  void setProgressMonitor(nv::IProgressMonitor* monitor) noexcept override { s_.monitor = monitor; }
  nv::IProgressMonitor* getProgressMonitor() const noexcept override { return s_.monitor; }
  void setRuntimePlatform(nv::RuntimePlatform runtimePlatform) noexcept override { s_.platform = runtimePlatform; }
  nv::RuntimePlatform getRuntimePlatform() const noexcept override { return s_.platform; }
  void setMaxNbTactics(int32_t maxNbTactics) noexcept override;
  int32_t getMaxNbTactics() const noexcept override;
  bool setTilingOptimizationLevel(nv::TilingOptimizationLevel level) noexcept override;
  nv::TilingOptimizationLevel getTilingOptimizationLevel() const noexcept override;
  bool setL2LimitForTiling(int64_t size) noexcept override;
  int64_t getL2LimitForTiling() const noexcept override;
  bool setRemoteAutoTuningConfig(char const* config) noexcept override;
  char const* getRemoteAutoTuningConfig() const noexcept override;
  bool setBuildRoute(char const* route) noexcept override;
  char const* getBuildRoute() const noexcept override;
  char const* getAllBuildRoutes() const noexcept override;
  void setCpuThreads(int32_t nbThreads) noexcept override;
  int32_t getCpuThreads() const noexcept override;
  bool setVerification(nv::VerifyAction action, double tolerance) noexcept override;
  nv::VerifyAction getVerifyAction() const noexcept override { return s_.verify; }
  double getVerifyTolerance() const noexcept override { return s_.verify_tolerance; }
  void setVerifier(nv::IVerifier* verifier) noexcept override { s_.verifier = verifier; }
  nv::IVerifier* getVerifier() const noexcept override { return s_.verifier; }

 private:
  struct Settings {
    int32_t avg_timing = 1;
    nv::IInt8Calibrator* calibrator = nullptr;
    nv::BuilderFlags flags = 1U << static_cast<uint32_t>(nv::BuilderFlag::kTF32);
    std::map<const nv::ILayer*, nv::DeviceType> devices;
    nv::DeviceType default_device = nv::DeviceType::kGPU;
    int32_t dla_core = 0;
    cudaStream_t stream = nullptr;
    std::vector<const OptimizationProfile*> profiles;
    nv::ProfilingVerbosity verbosity = nv::ProfilingVerbosity::kLAYER_NAMES_ONLY;
    nv::IAlgorithmSelector* selector = nullptr;
    const nv::IOptimizationProfile* calibration_profile = nullptr;
    nv::QuantizationFlags quantization = 0;
    nv::TacticSources sources = (1U << nv::EnumMax<nv::TacticSource>()) - 1;
    std::map<nv::MemoryPoolType, size_t> pools;
    std::set<nv::PreviewFeature> preview;
    int32_t level = 3;
    nv::HardwareCompatibilityLevel hardware = nv::HardwareCompatibilityLevel::kNONE;
    std::vector<std::string> plugins;
    int32_t aux_streams = 0;
    nv::IProgressMonitor* monitor = nullptr;
    nv::RuntimePlatform platform = nv::RuntimePlatform::kSAME_AS_BUILD;
    int32_t max_tactics = -1;
    nv::TilingOptimizationLevel tiling = nv::TilingOptimizationLevel::kNONE;
    int64_t l2_limit = -1;
    int32_t threads = 0;
    nv::VerifyAction verify = nv::VerifyAction::kOFF;
    double verify_tolerance = 0;
    nv::IVerifier* verifier = nullptr;
    const TimingCache* cache = nullptr;
  };
  bool refuse(const char* call, const std::string& why) const noexcept;
  Reporter reporter_;
  Settings s_;
  std::unique_ptr<TimingCache> own_cache_;
};

}  // namespace hone::api
