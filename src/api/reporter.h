// Where messages of the public interface go: the program's logger and error recorder. Also the guard that turns
// exceptions into TensorRT's manners; no exception passes it.
#pragma once

#include <fmt/format.h>

#include <mutex>
#include <stdexcept>
#include <string>

#include "hone/error_recorder.h"
#include "hone/logger.h"

namespace hone::api {

using nvinfer1::ErrorCode;
using Severity = nvinfer1::ILogger::Severity;

/// Memory that the program's own allocator did not give.
class NoMemory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shared by an object and what it makes. Calls never throw, whatever the logger does; a null logger is allowed.
class Reporter {
 public:
  explicit Reporter(nvinfer1::ILogger* logger) noexcept : logger_(logger) {}
  Reporter(const Reporter& other) noexcept;
  Reporter& operator=(const Reporter&) = delete;
  ~Reporter();

  nvinfer1::ILogger* logger() const noexcept { return logger_; }
  nvinfer1::IErrorRecorder* recorder() const noexcept { return recorder_; }
  /// Counts a reference to the new recorder and drops the one to the old.
  void set_recorder(nvinfer1::IErrorRecorder* recorder) noexcept;

  void log(Severity severity, const std::string& message) const noexcept;
  /// A message of severity kERROR (kINTERNAL_ERROR for bugs) and an entry of the recorder.
  void error(ErrorCode code, const std::string& message) const noexcept;
  template <class... Args>
  void warn(fmt::format_string<Args...> f, Args&&... args) const noexcept {
    formatted(Severity::kWARNING, f, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> f, Args&&... args) const noexcept {
    formatted(Severity::kINFO, f, std::forward<Args>(args)...);
  }
  /// To be called in a catch block: reports the exception in flight as an error of `call`.
  void report_exception(const char* call) const noexcept;

 private:
  template <class... Args>
  void formatted(Severity s, fmt::format_string<Args...> f, Args&&... args) const noexcept {
    try {
      log(s, fmt::format(f, std::forward<Args>(args)...));
    } catch (...) {
    }
  }
  nvinfer1::ILogger* logger_;
  nvinfer1::IErrorRecorder* recorder_ = nullptr;
};

/// Runs f; an exception is reported and gives `failure`.
template <class R, class F>
R guarded(const Reporter& r, const char* call, R failure, F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    r.report_exception(call);
    return failure;
  }
}
template <class F>
void guarded(const Reporter& r, const char* call, F&& f) noexcept {
  try {
    f();
  } catch (...) {
    r.report_exception(call);
  }
}

/// Enters a logger into the list behind ::getLogger() for as long as the object lives.
class LiveLogger {
 public:
  explicit LiveLogger(nvinfer1::ILogger* logger) noexcept;
  ~LiveLogger();
  LiveLogger(const LiveLogger&) = delete;
  LiveLogger& operator=(const LiveLogger&) = delete;

 private:
  nvinfer1::ILogger* logger_;
};

}  // namespace hone::api
