// The error message of calls that only older releases could fulfil.
#pragma once

#include "hone/logger.h"

namespace hone {
namespace detail {

/// Logs an error through the logger in use, if there is one.
inline void legacyError(char const* message) noexcept {
  if (nvinfer1::ILogger* logger = ::getLogger()) logger->log(nvinfer1::ILogger::Severity::kERROR, message);
}

}  // namespace detail
}  // namespace hone
