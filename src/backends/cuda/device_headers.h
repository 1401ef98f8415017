// The texts of device/*.cuh, which the build embeds so that an installed library can compile kernels anywhere.
#pragma once

#include <span>

namespace hone::cuda {

struct DeviceHeader {
  const char* name;  // as kernels include it: "half.cuh"
  const char* text;
};
std::span<const DeviceHeader> device_headers();

}  // namespace hone::cuda
