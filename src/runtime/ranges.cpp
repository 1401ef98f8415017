// NVTX is headers alone; it finds the tool through the environment (NVTX_INJECTION64_PATH) when it is first called.
#include "runtime/ranges.h"

#include <fmt/format.h>

#if HONE_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace hone::runtime {

#if HONE_NVTX
namespace {

// Null where no tool is attached.
nvtxDomainHandle_t domain() {
  static const nvtxDomainHandle_t d = nvtxDomainCreateA("Hone");
  return d;
}

std::string range_name(const plan::PlanStep& s, RangeDetail detail) {
  std::string name = s.origins.empty() ? s.name : fmt::format("{}", fmt::join(s.origins, " + "));
  if (detail == RangeDetail::kAll)
    name += fmt::format(" [{}, {}]", s.op->name, s.tactic.empty() ? "reference" : s.tactic);
  return name;
}

}  // namespace

Ranges::Ranges(const Program& program, RangeDetail detail) {
  if (detail == RangeDetail::kNone || domain() == nullptr) return;
  for (const ProgramStep& s : program.steps()) names_.push_back(range_name(*s.step, detail));
}

void Ranges::push(size_t step) const noexcept {
  if (names_.empty()) return;
  nvtxEventAttributes_t e{};
  e.version = NVTX_VERSION;
  e.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  e.messageType = NVTX_MESSAGE_TYPE_ASCII;
  e.message.ascii = names_[step].c_str();
  nvtxDomainRangePushEx(domain(), &e);
}

void Ranges::pop() const noexcept {
  if (!names_.empty()) nvtxDomainRangePop(domain());
}
#else
Ranges::Ranges(const Program&, RangeDetail) {}
void Ranges::push(size_t) const noexcept {}
void Ranges::pop() const noexcept {}
#endif

}  // namespace hone::runtime
