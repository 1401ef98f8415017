// IErrorRecorder and ErrorCode: a store of errors that the program may provide.
#pragma once

#include <cstddef>

#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// Kinds of error that reach an IErrorRecorder.
enum class ErrorCode : int32_t {
  kSUCCESS = 0,                ///< No error.
  kUNSPECIFIED_ERROR = 1,      ///< An error of no other kind.
  kINTERNAL_ERROR = 2,         ///< A bug in the library.
  kINVALID_ARGUMENT = 3,       ///< An argument is out of range or null.
  kINVALID_CONFIG = 4,         ///< The settings contradict each other or the network.
  kFAILED_ALLOCATION = 5,      ///< Memory could not be had.
  kFAILED_INITIALIZATION = 6,  ///< A component or device could not be started.
  kFAILED_EXECUTION = 7,       ///< A run was refused or stopped by an error.
  kFAILED_COMPUTATION = 8,     ///< A run finished with an error, for example an assertion layer that failed.
  kINVALID_STATE = 9,          ///< The call came at the wrong time.
  kUNSUPPORTED_STATE = 10,     ///< The request is valid but this build or machine cannot do it.
};

/// One more than the largest value of ErrorCode.
template <>
constexpr int32_t EnumMax<ErrorCode>() noexcept {
  return 11;
}

/// Collects errors. Implemented by the program; calls may come from several threads. Objects share a recorder and count
/// their references to it.
class IErrorRecorder : public IVersionedInterface {
 public:
  using ErrorDesc = char const*;                   ///< Text of an error.
  using RefCount = int32_t;                        ///< A count of references.
  static constexpr size_t kMAX_DESC_LENGTH{127U};  ///< Longest text that must be kept, without the final zero.

  /// Number of errors held.
  virtual int32_t getNbErrors() const noexcept = 0;
  /// Code of error `errorIdx`, 0 being the oldest.
  virtual ErrorCode getErrorCode(int32_t errorIdx) const noexcept = 0;
  /// Text of error `errorIdx`; owned by the recorder, valid until clear().
  virtual ErrorDesc getErrorDesc(int32_t errorIdx) const noexcept = 0;
  /// True when errors were dropped because there was no room.
  virtual bool hasOverflowed() const noexcept = 0;
  /// Forgets all errors.
  virtual void clear() noexcept = 0;
  /// Adds an error; true when the error is fatal to the caller.
  virtual bool reportError(ErrorCode val, ErrorDesc desc) noexcept = 0;
  /// Adds a reference and returns the new count.
  virtual RefCount incRefCount() noexcept = 0;
  /// Drops a reference and returns the new count.
  virtual RefCount decRefCount() noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IErrorRecorder", 1, 0}; }
  IErrorRecorder() = default;
  ~IErrorRecorder() noexcept override = default;

 protected:
  IErrorRecorder(IErrorRecorder const&) = default;
  IErrorRecorder(IErrorRecorder&&) = default;
  IErrorRecorder& operator=(IErrorRecorder const&) & = default;
  IErrorRecorder& operator=(IErrorRecorder&&) & = default;
};

namespace v_1_0 {
using IErrorRecorder = nvinfer1::IErrorRecorder;
}

}  // namespace nvinfer1
