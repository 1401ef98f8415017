// The one device of the host stand-in, number 0: the processor and memory of this machine.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>

#include "host_cudart/state.h"

namespace {

using hone::host_cudart::note;

std::atomic<unsigned int> device_flags{cudaDeviceScheduleAuto};

size_t system_bytes(int name) noexcept {
  long const pages = sysconf(name);
  long const page = sysconf(_SC_PAGESIZE);
  return pages < 0 || page < 0 ? 0 : static_cast<size_t>(pages) * static_cast<size_t>(page);
}

int level2_cache_bytes() noexcept {
#ifdef _SC_LEVEL2_CACHE_SIZE
  return static_cast<int>(std::clamp<long>(sysconf(_SC_LEVEL2_CACHE_SIZE), 0, std::numeric_limits<int>::max()));
#else
  return 0;
#endif
}

/// The highest clock of the first core in kHz, 0 when the system does not tell.
int clock_khz() noexcept {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "r"), &std::fclose);
  int khz = 0;
  return file != nullptr && std::fscanf(file.get(), "%d", &khz) == 1 && khz > 0 ? khz : 0;
}

int hardware_threads() noexcept { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

template <class T>
cudaError_t give(T* to, T value) noexcept {
  if (to == nullptr) return note(cudaErrorInvalidValue);
  *to = value;
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) { return give(count, 1); }

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp* prop, int device) {
  if (prop == nullptr) return note(cudaErrorInvalidValue);
  if (device != 0) return note(cudaErrorInvalidDevice);
  *prop = cudaDeviceProp{};
  std::strncpy(prop->name, "Hone host device", sizeof(prop->name) - 1);
  prop->totalGlobalMem = system_bytes(_SC_PHYS_PAGES);
  prop->memPitch = static_cast<size_t>(std::numeric_limits<int>::max());
  prop->warpSize = prop->maxThreadsPerBlock = prop->maxThreadsPerMultiProcessor = 1;
  std::fill_n(prop->maxThreadsDim, 3, 1);
  std::fill_n(prop->maxGridSize, 3, 1);
  prop->clockRate = clock_khz();
  prop->l2CacheSize = level2_cache_bytes();
  prop->multiProcessorCount = hardware_threads();
  prop->integrated = prop->canMapHostMemory = prop->unifiedAddressing = 1;
  prop->managedMemory = prop->concurrentManagedAccess = 1;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, enum cudaDeviceAttr attribute, int device) {
  if (value == nullptr) return note(cudaErrorInvalidValue);
  if (device != 0) return note(cudaErrorInvalidDevice);
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
    case cudaDevAttrWarpSize:
    case cudaDevAttrIntegrated:
    case cudaDevAttrCanMapHostMemory:
    case cudaDevAttrUnifiedAddressing:
    case cudaDevAttrManagedMemory:
    case cudaDevAttrMemoryPoolsSupported:
      return give(value, 1);
    case cudaDevAttrMaxSharedMemoryPerBlock:
    case cudaDevAttrConcurrentKernels:
    case cudaDevAttrMemoryClockRate:
    case cudaDevAttrGlobalMemoryBusWidth:
    case cudaDevAttrComputeCapabilityMajor:
    case cudaDevAttrComputeCapabilityMinor:
      return give(value, 0);
    case cudaDevAttrClockRate:
      return give(value, clock_khz());
    case cudaDevAttrMultiProcessorCount:
      return give(value, hardware_threads());
    case cudaDevAttrL2CacheSize:
      return give(value, level2_cache_bytes());
  }
  return note(cudaErrorInvalidValue);
}

cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : note(cudaErrorInvalidDevice); }

cudaError_t cudaGetDevice(int* device) { return give(device, 0); }

cudaError_t cudaSetDeviceFlags(unsigned int flags) {
  if ((flags & ~static_cast<unsigned int>(cudaDeviceMask)) != 0) return note(cudaErrorInvalidValue);
  device_flags = flags;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceFlags(unsigned int* flags) { return give(flags, device_flags.load()); }

cudaError_t cudaDeviceSynchronize() {
  hone::host_cudart::wait_for_all_streams();
  return cudaSuccess;
}

cudaError_t cudaDeviceReset() { return cudaDeviceSynchronize(); }

cudaError_t cudaDeviceGetStreamPriorityRange(int* leastPriority, int* greatestPriority) {
  if (leastPriority != nullptr) *leastPriority = 0;
  if (greatestPriority != nullptr) *greatestPriority = 0;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* driverVersion) { return give(driverVersion, CUDART_VERSION); }

cudaError_t cudaRuntimeGetVersion(int* runtimeVersion) { return give(runtimeVersion, CUDART_VERSION); }

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  if (free == nullptr || total == nullptr) return note(cudaErrorInvalidValue);
  *free = system_bytes(_SC_AVPHYS_PAGES);
  *total = system_bytes(_SC_PHYS_PAGES);
  return cudaSuccess;
}

}  // extern "C"
