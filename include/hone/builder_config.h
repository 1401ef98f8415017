// IBuilderConfig: the settings of a build.
#pragma once

#include "hone/builder_flags.h"
#include "hone/cuda_types.h"
#include "hone/macros.h"
#include "hone/no_copy.h"
#include "hone/optimization_profile.h"
#include "hone/timing_cache.h"
#include "hone/types.h"
#include "hone/verification.h"

namespace nvinfer1 {

class IAlgorithmSelector;
class IInt8Calibrator;
class ILayer;
class IProgressMonitor;

/// The settings of one build. Made by IBuilder::createBuilderConfig(); delete it when done.
class IBuilderConfig : public INoCopy {
 public:
  /// Sets over how many runs the time of a tactic is averaged; 1 at first.
  virtual void setAvgTimingIterations(int32_t avgTiming) noexcept = 0;
  /// Returns over how many runs the time of a tactic is averaged.
  virtual int32_t getAvgTimingIterations() const noexcept = 0;
  /// Sets what the engine is restricted to; only kSTANDARD can be built.
  virtual void setEngineCapability(EngineCapability capability) noexcept = 0;
  /// Returns what the engine is restricted to.
  virtual EngineCapability getEngineCapability() const noexcept = 0;
  /// Sets the calibrator for BuilderFlag::kINT8, or null. Not owned.
  virtual void setInt8Calibrator(IInt8Calibrator* calibrator) noexcept = 0;
  /// The calibrator, or null.
  virtual IInt8Calibrator* getInt8Calibrator() const noexcept = 0;
  /// Replaces all flags.
  virtual void setFlags(BuilderFlags builderFlags) noexcept = 0;
  /// All flags.
  virtual BuilderFlags getFlags() const noexcept = 0;
  /// Clears one flag.
  virtual void clearFlag(BuilderFlag builderFlag) noexcept = 0;
  /// Sets one flag.
  virtual void setFlag(BuilderFlag builderFlag) noexcept = 0;
  /// True when the flag is set.
  virtual bool getFlag(BuilderFlag builderFlag) const noexcept = 0;
  /// Chooses the device of one layer: kGPU is the engine's device (on a machine without a GPU the processor), kCPU (a
  /// Hone extension) the processor, with copies where the data changes sides; layers of different devices are never
  /// fused. kDLA is accepted for the sake of BuilderFlag::kGPU_FALLBACK, with which such layers get the engine's
  /// device; without it the build fails.
  virtual void setDeviceType(ILayer const* layer, DeviceType deviceType) noexcept = 0;
  /// The device of a layer, the default one unless set.
  virtual DeviceType getDeviceType(ILayer const* layer) const noexcept = 0;
  /// True when setDeviceType() was called for the layer.
  virtual bool isDeviceTypeSet(ILayer const* layer) const noexcept = 0;
  /// Takes it back.
  virtual void resetDeviceType(ILayer const* layer) noexcept = 0;
  /// True when NVIDIA's DLA could run the layer: always false, no machine that Hone runs on has one.
  virtual bool canRunOnDLA(ILayer const* layer) const noexcept = 0;
  /// Sets the DLA core for layers on kDLA; kept, without effect (see setDeviceType()).
  virtual void setDLACore(int32_t dlaCore) noexcept = 0;
  /// Returns the DLA core.
  virtual int32_t getDLACore() const noexcept = 0;
  /// Sets the device of layers for which none was chosen. DeviceType::kCPU is a Hone extension.
  virtual void setDefaultDeviceType(DeviceType deviceType) noexcept = 0;
  /// That device; kGPU at first, which means the default device of the machine.
  virtual DeviceType getDefaultDeviceType() const noexcept = 0;
  /// Back to the settings of a new object.
  virtual void reset() noexcept = 0;
  /// Sets the stream on which tactics are measured.
  virtual void setProfileStream(cudaStream_t stream) noexcept = 0;
  /// Returns the stream on which tactics are measured.
  virtual cudaStream_t getProfileStream() const noexcept = 0;
  /// Adds a profile; returns its number, -1 when it is not valid.
  virtual int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept = 0;
  /// Number of profiles.
  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
  /// Sets how much the engine keeps about its layers; kLAYER_NAMES_ONLY at first.
  virtual void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  /// Returns how much the engine keeps about its layers.
  virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;
  /// Sets who may choose among algorithms, or null. Not owned.
  virtual void setAlgorithmSelector(IAlgorithmSelector* selector) noexcept = 0;
  /// The selector, or null.
  virtual IAlgorithmSelector* getAlgorithmSelector() const noexcept = 0;
  /// Sets the shapes used for calibration; false when not valid.
  virtual bool setCalibrationProfile(IOptimizationProfile const* profile) noexcept = 0;
  /// That profile, or null.
  virtual IOptimizationProfile const* getCalibrationProfile() noexcept = 0;
  /// Replaces all quantization flags.
  virtual void setQuantizationFlags(QuantizationFlags flags) noexcept = 0;
  /// All quantization flags.
  virtual QuantizationFlags getQuantizationFlags() const noexcept = 0;
  /// Clears one quantization flag.
  virtual void clearQuantizationFlag(QuantizationFlag flag) noexcept = 0;
  /// Sets one quantization flag.
  virtual void setQuantizationFlag(QuantizationFlag flag) noexcept = 0;
  /// True when the quantization flag is set.
  virtual bool getQuantizationFlag(QuantizationFlag flag) const noexcept = 0;
  /// Sets which providers of tactics may be used; all at first. They concern engines for GPUs: kCUDNN and kCUBLAS_LT
  /// are the tactics of these libraries, kJIT_CONVOLUTIONS is Hone's convolution kernels made for the problem,
  /// kEDGE_MASK_CONVOLUTIONS those that mask the taps outside of the image (they take every problem), kCUBLAS has none.
  /// False for a bit that is no source.
  virtual bool setTacticSources(TacticSources tacticSources) noexcept = 0;
  /// Returns which providers of tactics may be used.
  virtual TacticSources getTacticSources() const noexcept = 0;
  /// Makes a timing cache from saved bytes, or an empty one when `size` is 0; the caller deletes it. Null when the
  /// bytes are damaged.
  virtual ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept = 0;
  /// Uses a timing cache; the build adds to it. A cache of another device is refused unless ignored. True when
  /// accepted.
  virtual bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept = 0;
  /// The timing cache in use, or null.
  virtual ITimingCache const* getTimingCache() const noexcept = 0;
  /// Limits a pool to a number of bytes.
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept = 0;
  /// The limit of a pool in bytes.
  virtual std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept = 0;
  /// Switches a preview feature.
  virtual void setPreviewFeature(PreviewFeature feature, bool enable) noexcept = 0;
  /// True when the feature is on.
  virtual bool getPreviewFeature(PreviewFeature feature) const noexcept = 0;
  /// Sets how much time the build may spend: 0 (least) to 5 (most), 3 at first.
  virtual void setBuilderOptimizationLevel(int32_t level) noexcept = 0;
  /// That level.
  virtual int32_t getBuilderOptimizationLevel() noexcept = 0;
  /// Sets on what other hardware the engine must run.
  virtual void setHardwareCompatibilityLevel(HardwareCompatibilityLevel hardwareCompatibilityLevel) noexcept = 0;
  /// Returns on what other hardware the engine must run.
  virtual HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept = 0;
  /// Sets plugin libraries to put into the plan. The paths are copied.
  virtual void setPluginsToSerialize(char const* const* paths, int32_t nbPaths) noexcept = 0;
  /// Path of plugin library `index`, or null.
  virtual char const* getPluginToSerialize(int32_t index) const noexcept = 0;
  /// Number of these libraries.
  virtual int32_t getNbPluginsToSerialize() const noexcept = 0;
  /// Limits the number of streams a run uses besides its own. True when accepted.
  virtual bool setMaxAuxStreams(int32_t nbStreams) noexcept = 0;
  /// That limit.
  virtual int32_t getMaxAuxStreams() const noexcept = 0;
  /// Sets who follows the build, or null. Not owned.
  virtual void setProgressMonitor(IProgressMonitor* monitor) noexcept = 0;
  /// The monitor, or null.
  virtual IProgressMonitor* getProgressMonitor() const noexcept = 0;
  /// Sets on what platform the engine must run.
  virtual void setRuntimePlatform(RuntimePlatform runtimePlatform) noexcept = 0;
  /// Returns on what platform the engine must run.
  virtual RuntimePlatform getRuntimePlatform() const noexcept = 0;
  /// Sets how many tactics per layer are measured at most; -1 (at first) leaves it to the builder.
  virtual void setMaxNbTactics(int32_t maxNbTactics) noexcept = 0;
  /// Returns how many tactics per layer are measured at most.
  virtual int32_t getMaxNbTactics() const noexcept = 0;
  /// Sets how hard tiling is tried. True when accepted.
  virtual bool setTilingOptimizationLevel(TilingOptimizationLevel level) noexcept = 0;
  /// Returns how hard tiling is tried.
  virtual TilingOptimizationLevel getTilingOptimizationLevel() const noexcept = 0;
  /// Sets how many bytes of cache tiling may count on; -1 (at first) leaves it to the builder. True when accepted.
  virtual bool setL2LimitForTiling(int64_t size) noexcept = 0;
  /// Returns how many bytes of cache tiling may count on.
  virtual int64_t getL2LimitForTiling() const noexcept = 0;
  /// Sets where tuning on another machine would happen; Hone tunes where it builds, so only an empty text is
  /// accepted (true).
  virtual bool setRemoteAutoTuningConfig(char const* config) noexcept = 0;
  /// Returns where tuning on another machine would happen.
  virtual char const* getRemoteAutoTuningConfig() const noexcept = 0;
  /// Sets a named variant of the build; only an empty text is accepted (true).
  virtual bool setBuildRoute(char const* route) noexcept = 0;
  /// Returns a named variant of the build.
  virtual char const* getBuildRoute() const noexcept = 0;
  /// The names that setBuildRoute() accepts; empty.
  virtual char const* getAllBuildRoutes() const noexcept = 0;

  /// Sets how many threads the CPU device uses, for measuring and as the engine's default (Hone extension). 0, at
  /// first, means all cores.
  virtual void setCpuThreads(int32_t nbThreads) noexcept = 0;
  /// Returns how many threads the CPU device uses, for measuring and as the engine's default (Hone extension).
  virtual int32_t getCpuThreads() const noexcept = 0;
  /// Lets the build compare every layer of the engine with a reference (Hone extension); kOFF at first. `tolerance` is
  /// that of the relative L2 error; 0 means 1e-5 for FP32, 1e-3 for TF32, 5e-3 for FP16 and 2e-2 for BF16. False where
  /// the tolerance is negative or the action unknown.
  virtual bool setVerification(VerifyAction action, double tolerance) noexcept = 0;
  /// Returns what a verification does (Hone extension).
  virtual VerifyAction getVerifyAction() const noexcept = 0;
  /// Returns the tolerance of a verification, 0 for those of the precisions (Hone extension).
  virtual double getVerifyTolerance() const noexcept = 0;
  /// Sets who gives the inputs of a verification and hears its results, or null (Hone extension). Not owned.
  virtual void setVerifier(IVerifier* verifier) noexcept = 0;
  /// Returns who gives the inputs of a verification and hears its results, or null (Hone extension).
  virtual IVerifier* getVerifier() const noexcept = 0;

  /// Deprecated: use setMemoryPoolLimit(MemoryPoolType::kWORKSPACE).
  TRT_DEPRECATED void setMaxWorkspaceSize(std::size_t workspaceSize) noexcept {
    setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, workspaceSize);
  }
  /// Deprecated: use getMemoryPoolLimit(MemoryPoolType::kWORKSPACE).
  TRT_DEPRECATED std::size_t getMaxWorkspaceSize() const noexcept {
    return getMemoryPoolLimit(MemoryPoolType::kWORKSPACE);
  }
  /// Deprecated: use setAvgTimingIterations().
  TRT_DEPRECATED void setMinTimingIterations(int32_t minTiming) noexcept { setAvgTimingIterations(minTiming); }
  /// Deprecated: use getAvgTimingIterations().
  TRT_DEPRECATED int32_t getMinTimingIterations() const noexcept { return getAvgTimingIterations(); }
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
};

}  // namespace nvinfer1
