// Where tactics come from: libraries of NVIDIA's and kernels of our own, which a build may leave out one by one.
#pragma once

#include <cstdint>

#include "backends/backend.h"

namespace hone::tune {

/// Bit numbers are those of nvinfer1::TacticSource.
enum class Source : uint8_t { kEdgeMaskConvolutions = 0, kJitConvolutions = 1, kCudnn = 2, kCublas = 3, kCublasLt = 4 };
inline constexpr uint32_t kAllSources = 31;

/// Yes, or the source that was left out and would have this tactic. Tactics of the CPU device have no source, and
/// neither have those of a GPU that no library and no convolution is behind: they are always there.
Verdict allowed(const Tactic& t, uint32_t sources);

}  // namespace hone::tune
