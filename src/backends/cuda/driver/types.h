// The driver's and NVRTC's types and numbers as Hone declares them itself, so that nothing of NVIDIA is needed to
// build. A test compares them with the toolkit's headers where those are installed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone::cuda {

using Result = int;                        // CUresult and nvrtcResult
using DeviceOrdinal = int;                 // CUdevice
using DevicePointer = unsigned long long;  // CUdeviceptr
using Context = struct ContextHandle*;
using Module = struct ModuleHandle*;
using Function = struct FunctionHandle*;
using Stream = struct StreamHandle*;
using Event = struct EventHandle*;
using Graph = struct GraphHandle*;
using GraphExec = struct GraphExecHandle*;
using Program = struct ProgramHandle*;

/// Mirrors CUaccessPolicyWindow: what kernels touch of these bytes, in the caches.
struct AccessWindow {
  void* base;
  size_t bytes;
  float hit_ratio;
  int hit, miss;
};

/// Mirrors CUlaunchAttributeValue, which streams have too.
union AttributeValue {
  char bytes[64];
  int number;
  AccessWindow window;
};

/// Mirrors CUlaunchAttribute.
struct LaunchAttribute {
  int id = 0;
  char padding[4] = {};
  AttributeValue value;
};

/// Mirrors CUlaunchConfig.
struct LaunchConfig {
  unsigned grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes;
  Stream stream;
  LaunchAttribute* attributes;
  unsigned attribute_count;
};

#define HONE_CUDA_CONSTANT(name, theirs, value) inline constexpr int name = value;
#include "backends/cuda/driver/constants.def"
#undef HONE_CUDA_CONSTANT

}  // namespace hone::cuda
