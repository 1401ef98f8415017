// Errors of the host stand-in: one last error per thread, with the names and numbers of CUDA.
#include "host_cudart/state.h"

namespace hone::host_cudart {
namespace {

struct ErrorText {
  cudaError_t error;
  const char* name;
  const char* text;
};

#define HONE_ERROR(name, text) \
  { name, #name, text }
constexpr ErrorText kTexts[] = {
    HONE_ERROR(cudaSuccess, "no error"),
    HONE_ERROR(cudaErrorInvalidValue, "invalid argument"),
    HONE_ERROR(cudaErrorMemoryAllocation, "out of memory"),
    HONE_ERROR(cudaErrorInitializationError, "initialization error"),
    HONE_ERROR(cudaErrorCudartUnloading, "the process is ending"),
    HONE_ERROR(cudaErrorInvalidConfiguration, "invalid launch configuration"),
    HONE_ERROR(cudaErrorInvalidPitchValue, "pitch smaller than a row"),
    HONE_ERROR(cudaErrorInvalidDevicePointer, "not an address of device memory"),
    HONE_ERROR(cudaErrorInvalidMemcpyDirection, "invalid direction of a copy"),
    HONE_ERROR(cudaErrorInsufficientDriver, "driver too old"),
    HONE_ERROR(cudaErrorNoDevice, "no device"),
    HONE_ERROR(cudaErrorInvalidDevice, "no device of this number"),
    HONE_ERROR(cudaErrorInvalidResourceHandle, "invalid stream or event"),
    HONE_ERROR(cudaErrorNotReady, "not ready"),
    HONE_ERROR(cudaErrorIllegalAddress, "illegal address"),
    HONE_ERROR(cudaErrorHostMemoryAlreadyRegistered, "host memory already registered"),
    HONE_ERROR(cudaErrorHostMemoryNotRegistered, "host memory not registered"),
    HONE_ERROR(cudaErrorLaunchFailure, "launch failed"),
    HONE_ERROR(cudaErrorNotPermitted, "not permitted"),
    HONE_ERROR(cudaErrorNotSupported, "not supported by the host device"),
    HONE_ERROR(cudaErrorStreamCaptureUnsupported, "not permitted while capturing"),
    HONE_ERROR(cudaErrorUnknown, "unknown error"),
};
#undef HONE_ERROR

}  // namespace

cudaError_t& last_error() noexcept {
  static thread_local cudaError_t error = cudaSuccess;
  return error;
}

cudaError_t note(cudaError_t error) noexcept {
  if (error != cudaSuccess && error != cudaErrorNotReady) last_error() = error;
  return error;
}

}  // namespace hone::host_cudart

using hone::host_cudart::kTexts;

extern "C" {

cudaError_t cudaGetLastError() {
  cudaError_t const error = hone::host_cudart::last_error();
  hone::host_cudart::last_error() = cudaSuccess;
  return error;
}

cudaError_t cudaPeekAtLastError() { return hone::host_cudart::last_error(); }

const char* cudaGetErrorName(cudaError_t error) {
  for (auto const& t : kTexts) {
    if (t.error == error) return t.name;
  }
  return "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  for (auto const& t : kTexts) {
    if (t.error == error) return t.text;
  }
  return "unrecognized error code";
}

}  // extern "C"
