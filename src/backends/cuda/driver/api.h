// The tables of functions through which Hone calls NVIDIA's driver and run-time compiler. Each is loaded once; where it
// is missing, too old or without a GPU, the reason is kept as text.
#pragma once

#include <string>

#include "backends/cuda/driver/types.h"

namespace hone::cuda {

/// The oldest driver that has all of driver.def: CUDA 11.4.
inline constexpr int kOldestDriver = 11040;

struct DriverApi {
#define HONE_CUDA_FUNCTION(name, symbol, ...) Result (*name)(__VA_ARGS__) = nullptr;
#define HONE_CUDA_OPTIONAL HONE_CUDA_FUNCTION
#include "backends/cuda/driver/driver.def"
#undef HONE_CUDA_OPTIONAL
#undef HONE_CUDA_FUNCTION
  int version = 0;  // 13000: CUDA 13.0
};

struct NvrtcApi {
#define HONE_NVRTC_FUNCTION(name, symbol, ...) Result (*name)(__VA_ARGS__) = nullptr;
#include "backends/cuda/driver/nvrtc.def"
#undef HONE_NVRTC_FUNCTION
  int major = 0, minor = 0;
  int newest_architecture = 0;  // 90: the newest GPU for which it makes machine code
  bool supports(int architecture) const;
  std::string supported;  // " 75 80 86 ... "
};

/// Loads from the libraries that the environment names now; false with the reason. For driver() and nvrtc(), and tests.
bool load_driver(DriverApi* api, std::string* why_not);
bool load_nvrtc(NvrtcApi* api, std::string* why_not);

/// The process's driver with at least one GPU; null with the reason.
const DriverApi* find_driver(std::string* why_not);
const NvrtcApi* find_nvrtc(std::string* why_not);
/// The same, where its absence was ruled out before; throws Unsupported.
const DriverApi& driver();
const NvrtcApi& nvrtc();

/// "CUDA_ERROR_OUT_OF_MEMORY: out of memory".
std::string error_text(Result r);
/// Throws ModelError when memory is out and InternalError otherwise, saying what was tried.
void check(Result r, const char* what);

}  // namespace hone::cuda
