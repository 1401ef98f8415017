// Messages, error entries and the translation of exceptions.
#include "api/reporter.h"

#include <algorithm>
#include <list>
#include <new>

#include "base/error.h"

namespace hone::api {
namespace {

std::mutex& live_mutex() {
  static std::mutex m;
  return m;
}
std::list<nvinfer1::ILogger*>& live_loggers() {
  static std::list<nvinfer1::ILogger*> l;
  return l;
}

std::string text(const char* call, const char* what) noexcept {
  try {
    return fmt::format("{}: {}", call, what);
  } catch (...) {
    return {};
  }
}

}  // namespace

Reporter::Reporter(const Reporter& other) noexcept : logger_(other.logger_) { set_recorder(other.recorder_); }

Reporter::~Reporter() { set_recorder(nullptr); }

void Reporter::set_recorder(nvinfer1::IErrorRecorder* recorder) noexcept {
  if (recorder == recorder_) return;
  if (recorder != nullptr) recorder->incRefCount();
  if (recorder_ != nullptr) recorder_->decRefCount();
  recorder_ = recorder;
}

void Reporter::log(Severity severity, const std::string& message) const noexcept {
  if (logger_ == nullptr) return;
  try {
    logger_->log(severity, message.c_str());
  } catch (...) {  // a logger that throws has nobody to tell
  }
}

void Reporter::error(ErrorCode code, const std::string& message) const noexcept {
  log(code == ErrorCode::kINTERNAL_ERROR ? Severity::kINTERNAL_ERROR : Severity::kERROR, message);
  if (recorder_ != nullptr) recorder_->reportError(code, message.c_str());
}

void Reporter::report_exception(const char* call) const noexcept {
  try {
    throw;
  } catch (const Unsupported& e) {
    error(ErrorCode::kUNSUPPORTED_STATE, text(call, e.what()));
  } catch (const ModelError& e) {
    error(ErrorCode::kINVALID_ARGUMENT, text(call, e.what()));
  } catch (const InternalError& e) {
    error(ErrorCode::kINTERNAL_ERROR, text(call, e.what()));
  } catch (const Error& e) {
    error(ErrorCode::kUNSPECIFIED_ERROR, text(call, e.what()));
  } catch (const NoMemory& e) {
    error(ErrorCode::kFAILED_ALLOCATION, text(call, e.what()));
  } catch (const std::bad_alloc&) {
    error(ErrorCode::kFAILED_ALLOCATION, text(call, "out of memory"));
  } catch (const std::exception& e) {
    error(ErrorCode::kINTERNAL_ERROR, text(call, e.what()));
  } catch (...) {
    error(ErrorCode::kINTERNAL_ERROR, text(call, "unknown exception"));
  }
}

LiveLogger::LiveLogger(nvinfer1::ILogger* logger) noexcept : logger_(logger) {
  if (logger == nullptr) return;
  try {
    const std::lock_guard lock(live_mutex());
    live_loggers().push_back(logger);
  } catch (...) {
    logger_ = nullptr;
  }
}

LiveLogger::~LiveLogger() {
  if (logger_ == nullptr) return;
  const std::lock_guard lock(live_mutex());
  auto& l = live_loggers();
  const auto it = std::find(l.begin(), l.end(), logger_);
  if (it != l.end()) l.erase(it);
}

}  // namespace hone::api

extern "C" nvinfer1::ILogger* getLogger() noexcept {
  const std::lock_guard lock(hone::api::live_mutex());
  const auto& l = hone::api::live_loggers();
  return l.empty() ? nullptr : l.front();
}
