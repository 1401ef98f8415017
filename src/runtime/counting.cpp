// Steps whose kernels find an extent of their outputs: they write into memory for the most that there can be, and the
// host waits for the extent, from which the steps behind take their shapes.
#include "backends/extents.h"
#include "runtime/checks.h"
#include "runtime/runner_state.h"

namespace hone::runtime {

// With outputs of the largest extent; nullopt where the dims of an input are not known.
std::optional<Problem> Runner::largest_problem(size_t i) const {
  std::optional<Problem> p = problem_of_inputs(i);
  if (!p) return p;
  for (int t : program_.steps()[i].step->outputs) {
    p->outputs.push_back(desc(t));
    p->outputs.back().pitch = 0;
  }
  const std::vector<Dims> dims = dims_for_extent(*p, largest_extent(*p));
  for (size_t k = 0; k < dims.size(); ++k) p->outputs[k].dims = dims[k];
  return p;
}

namespace {

std::unique_ptr<Kernel> make_kernel(const ProgramStep& s, const Problem& p) {
  const Verdict v = s.tactic->supports(p);
  require<Unsupported>(bool(v), "tactic '{}' does not support these shapes: {}", s.step->tactic, v.reason);
  check_folds(*s.step, *s.tactic, p);
  return s.tactic->make(p, s.blobs);
}

}  // namespace

// Once per shape where the inputs' dims are known before a run.
void Runner::make_counting(size_t i) {
  const ProgramStep& ps = program_.steps()[i];
  Step& st = steps_[i];
  st.dynamic = true;
  st.out.push_back(nullptr);  // of the extent
  for (int t : ps.step->outputs) slots_[static_cast<size_t>(t)].dynamic = true;
  const std::optional<Problem> p = largest_problem(i);
  if (!p) return;
  st.kernel = make_kernel(ps, *p);
  workspace_size_ = std::max(workspace_size_, st.kernel->workspace());
}

void Runner::run_counting(size_t i) {
  const ProgramStep& ps = program_.steps()[i];
  const std::vector<int>& outputs = ps.step->outputs;
  Step& st = steps_[i];
  const std::optional<Problem> p = largest_problem(i);
  require<InternalError>(p.has_value(), "a shape is not known");
  const std::unique_ptr<Kernel> fresh = st.kernel ? nullptr : make_kernel(ps, *p);
  const Kernel& kernel = st.kernel ? *st.kernel : *fresh;
  const std::shared_ptr<void> scratch =
      fresh ? allocate(device_, kernel.workspace(), "a layer's workspace") : std::shared_ptr<void>();

  st.rooms.resize(outputs.size() + 1);
  for (size_t k = 0; k < st.rooms.size(); ++k) {
    Room& room = st.rooms[k];
    const size_t bytes = k < outputs.size() ? p->outputs[k].bytes() : sizeof(int64_t);
    if (room.memory == nullptr || room.size < bytes) room = {bytes, allocate(device_, bytes, "a layer's results")};
    if (k < outputs.size()) slots_[static_cast<size_t>(outputs[k])].pointer = room.memory.get();
  }
  st.out.back() = st.rooms.back().memory.get();
  launch(i, kernel, fresh ? scratch.get() : arena_ + workspace_offset_);

  int64_t extent = 0;
  device_->download(&extent, st.out.back(), sizeof(extent), stream_);
  const std::string error = device_->take_error();
  require<InternalError>(error.empty(), "the device refused a launch: {}", error);
  const int64_t largest = largest_extent(*p);
  require<InternalError>(extent >= 0 && extent <= largest, "it found {} results of {} at most", extent, largest);
  const std::vector<Dims> dims = dims_for_extent(*p, extent);
  for (size_t k = 0; k < outputs.size(); ++k) give_held(i, k, {dims[k], st.rooms[k].memory});
}

}  // namespace hone::runtime
