// The CPU device: its table of tactics and its fingerprint.
#include "backends/backend.h"

#include <dnnl.h>

#include <fstream>
#include <map>

#include "backends/cpu/brain_support.h"
#include "backends/cpu/simd/isa.h"
#include "backends/cpu/sources_version.h"
#include "base/parallel.h"

namespace hone {

namespace cpu {
#define HONE_TACTIC(Operator, function) const Tactic& function();
#include "backends/cpu/tactics.def"
#undef HONE_TACTIC
}  // namespace cpu

namespace {

std::string processor() {
  std::ifstream f("/proc/cpuinfo");
  for (std::string line; std::getline(f, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "x86-64";
}

class CpuBackend : public Backend {
 public:
  CpuBackend() {
    require<Unsupported>(cpu::isa() != cpu::Isa::kNone,
                         "this processor lacks AVX2 and FMA, which the CPU device needs (processor: {})", processor());
#define HONE_TACTIC(Operator, function) by_op_[&k##Operator##Op].push_back(&cpu::function());
#include "backends/cpu/tactics.def"
#undef HONE_TACTIC
    for (const auto& [op, list] : by_op_)
      for (const Tactic* t : list) by_name_[t->name()] = t;
    fingerprint_ = fmt::format("{} {} {} cores", processor(), cpu::isa_name(cpu::isa()), available_cores());
  }
  std::string_view name() const override { return "cpu"; }
  std::string fingerprint() const override { return fingerprint_; }
  std::string kernels_version() const override {
    const dnnl_version_t* v = dnnl_version();
    return fmt::format("{} {} oneDNN {}.{}.{}", HONE_SOURCES_VERSION, __VERSION__, v->major, v->minor, v->patch);
  }
  std::span<const Tactic* const> tactics(const Op& op) const override {
    auto it = by_op_.find(&op);
    return it == by_op_.end() ? std::span<const Tactic* const>() : it->second;
  }
  BrainStorage brain_storage() const override {
    switch (cpu::brain_wish()) {
      case cpu::BrainWish::kAlways:
        return BrainStorage::kAlways;
      case cpu::BrainWish::kMeasure:
        return cpu::brain_support() == cpu::BrainSupport::kUnits ? BrainStorage::kIfFaster : BrainStorage::kNever;
      case cpu::BrainWish::kNone:
        break;
    }
    return BrainStorage::kNever;
  }
  const Tactic* find_tactic(std::string_view name) const override {
    auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second;
  }

 private:
  std::map<const Op*, std::vector<const Tactic*>> by_op_;
  std::map<std::string_view, const Tactic*> by_name_;
  std::string fingerprint_;
};

}  // namespace

const Backend& cpu_backend() {
  static const CpuBackend backend;
  return backend;
}

}  // namespace hone
