// ILogger and ILoggerFinder: where messages of the library go.
#pragma once

#include "hone/macros.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Receives the messages of the library. Implemented by the program; must outlive everything made with it and be safe
/// to call from several threads.
class ILogger : public IVersionedInterface {
 public:
  /// How serious a message is.
  enum class Severity : int32_t {
    kINTERNAL_ERROR = 0,  ///< A bug in the library.
    kERROR = 1,           ///< A call failed.
    kWARNING = 2,         ///< It works, but perhaps not as meant.
    kINFO = 3,            ///< Progress and results.
    kVERBOSE = 4,         ///< Details for debugging.
  };
  /// Takes one message; `msg` is valid during the call only.
  virtual void log(Severity severity, AsciiChar const* msg) = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"ILogger", 1, 0}; }
  ILogger() = default;
  ~ILogger() noexcept override = default;

 protected:
  ILogger(ILogger const&) = default;
  ILogger(ILogger&&) = default;
  ILogger& operator=(ILogger const&) & = default;
  ILogger& operator=(ILogger&&) & = default;
};

/// One more than the largest value of ILogger::Severity.
template <>
constexpr int32_t EnumMax<ILogger::Severity>() noexcept {
  return 5;
}

/// Supplies a logger to code that has none yet, such as the initialiser of a plugin library.
class ILoggerFinder : public IVersionedInterface {
 public:
  /// The logger to use, or null. The caller does not own it.
  virtual ILogger* findLogger() = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"ILoggerFinder", 1, 0}; }

 protected:
  ~ILoggerFinder() noexcept override = default;
};

namespace v_1_0 {
using ILogger = nvinfer1::ILogger;
using ILoggerFinder = nvinfer1::ILoggerFinder;
}  // namespace v_1_0

}  // namespace nvinfer1

/// The logger given to the first builder, runtime or refitter that is still alive, or null.
extern "C" TENSORRTAPI nvinfer1::ILogger* getLogger() noexcept;
