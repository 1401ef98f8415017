// The CUDA device: its table of tactics and its fingerprint.
#include "backends/cuda/backend.h"

#include <map>

#include "backends/cuda/compiler.h"
#include "backends/cuda/device.h"
#include "backends/cuda/gpu.h"
#include "backends/cuda/libraries/choices.h"
#include "backends/cuda/modules.h"
#include "backends/cuda/sources_version.h"
#include "backends/cuda_loader.h"

namespace hone::cuda {

#define HONE_TACTIC(Operator, function) const Tactic& function();
#include "backends/cuda/tactics.def"
#undef HONE_TACTIC

namespace {

class CudaBackend final : public Backend {
 public:
  CudaBackend() {
#define HONE_TACTIC(Operator, function) by_op_[&k##Operator##Op].push_back(&cuda::function());
#include "backends/cuda/tactics.def"
#undef HONE_TACTIC
    for (const auto& [op, list] : by_op_)
      for (const Tactic* t : list) by_name_[t->name()] = t;
    const GpuInHand& g = gpu_in_hand();
    fingerprint_ = fmt::format("{} sm_{} {} SMs", g.name, g.info.capability(), g.info.multiprocessors);
  }
  std::string_view name() const override { return "cuda"; }
  std::string fingerprint() const override { return fingerprint_; }
  std::string kernels_version() const override {
    return fmt::format("{} NVRTC {}", HONE_SOURCES_VERSION, compiler_version());
  }
  std::span<const Tactic* const> tactics(const Op& op) const override {
    auto it = by_op_.find(&op);
    return it == by_op_.end() ? std::span<const Tactic* const>() : it->second;
  }
  const Tactic* find_tactic(std::string_view name) const override {
    auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second;
  }
  const Device* device() const override { return &cuda_device(); }
  void provide_code(const CodeImage& image) const override {
    is_choice(image) ? provide_choice(image) : provide_machine_code(image);
  }

 private:
  std::map<const Op*, std::vector<const Tactic*>> by_op_;
  std::map<std::string_view, const Tactic*> by_name_;
  std::string fingerprint_;
};

}  // namespace

const Backend& backend() {
  static const CudaBackend b;
  return b;
}

}  // namespace hone::cuda

// Nothing may be thrown at the loader: the reason goes out as text.
extern "C" __attribute__((visibility("default"))) const hone::Backend* hone_cuda_backend(char* why_not, size_t size) {
  try {
    return &hone::cuda::backend();
  } catch (const std::exception& e) {
    const std::string text = e.what();
    if (size > 0) why_not[text.copy(why_not, size - 1)] = 0;
    return nullptr;
  }
}
