// The GPU in hand: its facts and its primary context, found once per process. Setting HONE_CUDA_ARCH (80, 90 ...) gives
// the facts of such a GPU where there is none, to generate and compile kernels for it.
#pragma once

#include <string>

#include "backends/cuda/driver/api.h"
#include "backends/cuda/recipe.h"

namespace hone::cuda {

struct GpuInHand {
  GpuInfo info;
  std::string name;
  Context context = nullptr;  // null under HONE_CUDA_ARCH
};

/// Throws Unsupported with the reason where there is no GPU.
const GpuInHand& gpu_in_hand();
/// Makes the primary context the calling thread's.
void enter_context();
Result try_enter_context() noexcept;
/// "sm_90a": what NVRTC is asked for. From capability 9.0 on with the features that only that generation has.
std::string architecture_name();

/// The first failure of a launch on this thread, for Device::take_error(); `where` lives forever.
void note_launch_error(Result r, std::string_view where) noexcept;
std::string take_launch_error() noexcept;

}  // namespace hone::cuda
