// Finding the GPU, entering its context, and errors of launches by thread.
#include "backends/cuda/gpu.h"

#include <array>
#include <cstdlib>

namespace hone::cuda {
namespace {

// What a block may use, by generation, for kernels that are compiled without a GPU at hand.
struct Generation {
  int capability, multiprocessors, shared_per_block;
  int64_t l2_bytes;
};
constexpr std::array<Generation, 6> kGenerations{{{75, 40, 64 << 10, 4 << 20},
                                                  {80, 108, 163 << 10, 40 << 20},
                                                  {86, 84, 99 << 10, 6 << 20},
                                                  {89, 142, 99 << 10, 72 << 20},
                                                  {90, 132, 227 << 10, 50 << 20},
                                                  {100, 148, 227 << 10, 126 << 20}}};

GpuInHand assumed(const char* text) {
  const int capability = std::atoi(text);
  for (const Generation& g : kGenerations)
    if (g.capability == capability)
      return {{capability / 10, capability % 10, g.multiprocessors, g.shared_per_block, g.l2_bytes, capability >= 90,
               capability >= 90},
              fmt::format("assumed GPU of capability {}", capability)};
  fail<Unsupported>("HONE_CUDA_ARCH={} names no architecture; there are 75, 80, 86, 89, 90 and 100", text);
}

GpuInHand find_gpu() {
  const char* arch = std::getenv("HONE_CUDA_ARCH");
  if (arch != nullptr && *arch != 0) return assumed(arch);
  const DriverApi& d = driver();
  GpuInHand gpu;
  DeviceOrdinal device = 0;
  check(d.device_get(&device, 0), "finding GPU 0");
  std::array<char, 256> name{};
  check(d.device_name(name.data(), name.size() - 1, device), "asking for the GPU's name");
  gpu.name = name.data();
  const auto attribute = [&](int which) {
    int value = 0;
    check(d.device_attribute(&value, which, device), "asking for the GPU's properties");
    return value;
  };
  gpu.info = {attribute(kAttributeMajor), attribute(kAttributeMinor), attribute(kAttributeMultiprocessors),
              attribute(kAttributeSharedPerBlock), attribute(kAttributeL2Bytes)};
  int clusters = 0;  // drivers before clusters do not know the question
  gpu.info.clusters = d.device_attribute(&clusters, kAttributeClusterLaunch, device) == kSuccess && clusters != 0;
  gpu.info.bulk_copies = gpu.info.major >= 9 && d.encode_tiled != nullptr;
  require<Unsupported>(gpu.info.capability() >= 75,
                       "GPU 0 ({}) has compute capability {}.{}; Hone's kernels need 7.5 or later", gpu.name,
                       gpu.info.major, gpu.info.minor);
  check(d.primary_retain(&gpu.context, device), "opening the GPU");
  return gpu;
}

struct LaunchError {
  Result code = kSuccess;
  std::string_view where;
};
thread_local LaunchError launch_error;

}  // namespace

const GpuInHand& gpu_in_hand() {
  static const GpuInHand gpu = find_gpu();
  return gpu;
}

const GpuInfo& gpu() { return gpu_in_hand().info; }

Result try_enter_context() noexcept {
  static const DriverApi& d = driver();
  static const Context context = gpu_in_hand().context;
  Context current = nullptr;
  const Result r = d.context_get(&current);
  return r == kSuccess && current != context ? d.context_set(context) : r;
}

void enter_context() {
  require<Unsupported>(gpu_in_hand().context != nullptr, "HONE_CUDA_ARCH is set: kernels are compiled but cannot run");
  check(try_enter_context(), "entering the GPU's context");
}

std::string architecture_name() {
  const int capability = gpu().capability();
  return fmt::format("sm_{}{}", capability, capability >= 90 ? "a" : "");
}

void note_launch_error(Result r, std::string_view where) noexcept {
  if (launch_error.code == kSuccess) launch_error = {r, where};
}

std::string take_launch_error() noexcept {
  if (launch_error.code == kSuccess) return {};
  const LaunchError e = launch_error;
  launch_error = {};
  return fmt::format("{}: {}", e.where, error_text(e.code));
}

}  // namespace hone::cuda
