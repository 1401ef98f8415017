// IRuntime: loads engines from plans.
#pragma once

#include "hone/engine.h"
#include "hone/error_recorder.h"
#include "hone/legacy_messages.h"
#include "hone/logger.h"
#include "hone/macros.h"
#include "hone/no_copy.h"

namespace nvinfer1 {

class IGpuAllocator;
class IPluginFactory;
class IPluginRegistry;
class IStreamReader;
class IStreamReaderV2;

/// Where the runtime may put libraries it must load, as bit numbers.
enum class TempfileControlFlag : int32_t {
  kALLOW_IN_MEMORY_FILES = 0,  ///< In files that exist in memory only.
  kALLOW_TEMPORARY_FILES = 1,  ///< In files of the temporary folder.
};

/// One more than the largest value of TempfileControlFlag.
template <>
constexpr int32_t EnumMax<TempfileControlFlag>() noexcept {
  return 2;
}

/// A set of TempfileControlFlag: bit i stands for the flag with value i.
using TempfileControlFlags = uint32_t;

/// Loads engines. Made by createInferRuntime(); delete it after its engines. A plan is checked before use: one that
/// is damaged, of another version or for another device gives null, and the reason is logged.
class IRuntime : public INoCopy {
 public:
  /// Sets the DLA core; kept, without effect.
  virtual void setDLACore(int32_t dlaCore) noexcept = 0;
  /// Returns the DLA core.
  virtual int32_t getDLACore() const noexcept = 0;
  /// Number of DLA cores: 0.
  virtual int32_t getNbDLACores() const noexcept = 0;
  /// Sets where device memory comes from; null for the library's own. Not owned.
  virtual void setGpuAllocator(IGpuAllocator* allocator) noexcept = 0;
  /// Sets where errors go besides the log; null for nowhere.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  /// The recorder, or null.
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// Loads a plan from memory, which may be freed afterwards. The caller deletes the engine. Null on an error.
  virtual ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept = 0;
  /// Loads a plan from a stream. The caller deletes the engine. Null on an error.
  virtual ICudaEngine* deserializeCudaEngine(IStreamReader& streamReader) noexcept = 0;
  /// Loads a plan from a stream with random access. The caller deletes the engine. Null on an error.
  virtual ICudaEngine* deserializeCudaEngine(IStreamReaderV2& streamReader) noexcept = 0;
  /// Loads a plan by mapping a file (Hone extension): nothing is copied, and processes share the weights. The file
  /// must not change while the engine lives. Null on an error.
  virtual ICudaEngine* deserializeCudaEngineFromFile(char const* path) noexcept = 0;
  /// The logger given to createInferRuntime().
  virtual ILogger* getLogger() const noexcept = 0;
  /// Limits the threads used for loading; false when not positive.
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  /// That limit.
  virtual int32_t getMaxThreads() const noexcept = 0;
  /// Sets the folder for temporary files; null for the system's. Copied.
  virtual void setTemporaryDirectory(char const* path) noexcept = 0;
  /// Returns the folder for temporary files.
  virtual char const* getTemporaryDirectory() const noexcept = 0;
  /// Sets where libraries may be put.
  virtual void setTempfileControlFlags(TempfileControlFlags flags) noexcept = 0;
  /// Returns where libraries may be put.
  virtual TempfileControlFlags getTempfileControlFlags() const noexcept = 0;
  /// The registry of plugins that this runtime sees.
  virtual IPluginRegistry& getPluginRegistry() noexcept = 0;
  /// Loads the runtime of a version compatible plan from a library. Null on an error.
  virtual IRuntime* loadRuntime(char const* path) noexcept = 0;
  /// Sets whether code inside a plan may be run; false at first.
  virtual void setEngineHostCodeAllowed(bool allowed) noexcept = 0;
  /// Returns whether code inside a plan may be run.
  virtual bool getEngineHostCodeAllowed() const noexcept = 0;

  /// Sets how many threads engines loaded from now on use on the CPU device (Hone extension). 0, at first, means
  /// what the plan says, else all cores.
  virtual void setCpuThreads(int32_t nbThreads) noexcept = 0;
  /// Returns how many threads engines loaded from now on use on the CPU device (Hone extension).
  virtual int32_t getCpuThreads() const noexcept = 0;

  /// Deprecated: plugin factories ended with release 7; null is accepted, anything else is an error.
  TRT_DEPRECATED ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size,
                                                    IPluginFactory* pluginFactory) noexcept {
    if (pluginFactory == nullptr) return deserializeCudaEngine(blob, size);
    hone::detail::legacyError("IRuntime::deserializeCudaEngine: plugin factories are not supported; register creators");
    return nullptr;
  }
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
};

}  // namespace nvinfer1

/// Makes a runtime; use nvinfer1::createInferRuntime(). `version` may be that of any release. Null on an error.
extern "C" TENSORRTAPI void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;

/// The version of Hone that wrote a plan, "0.1.0", from its head alone; null where the bytes are no plan that this
/// library knows. The text lives until the thread asks again (Hone extension).
extern "C" TENSORRTAPI char const* honePlanVersion(void const* plan, std::size_t size) noexcept;
/// The version of the interface that the library implements, as NV_TENSORRT_VERSION.
extern "C" TENSORRTAPI int32_t getInferLibVersion() noexcept;
/// The major part of that version.
extern "C" TENSORRTAPI int32_t getInferLibMajorVersion() noexcept;
/// The minor part of that version.
extern "C" TENSORRTAPI int32_t getInferLibMinorVersion() noexcept;
/// The patch part of that version.
extern "C" TENSORRTAPI int32_t getInferLibPatchVersion() noexcept;
/// The build number of the library.
extern "C" TENSORRTAPI int32_t getInferLibBuildVersion() noexcept;

namespace nvinfer1 {

/// Makes a runtime that reports to `logger`, which must outlive it. The caller deletes it. Null on an error.
inline IRuntime* createInferRuntime(ILogger& logger) noexcept {
  return static_cast<IRuntime*>(createInferRuntime_INTERNAL(&logger, NV_TENSORRT_VERSION));
}

}  // namespace nvinfer1
