// The executor.
#include "runtime/runner.h"

#include <chrono>
#include <cstring>

#include "base/parallel.h"
#include "ops/pointwise.h"
#include "runtime/arena.h"
#include "runtime/checks.h"
#include "runtime/runner_state.h"

namespace hone::runtime {

namespace {

void bind_input(const plan::PlanTensor& t, const Dims& dims, Bindings& b) {
  require<ModelError>(t.shape.size() == dims.size(), "tensor '{}' has rank {}, expected {} {}", t.name, dims.size(),
                      t.shape.size(), str(t.shape));
  for (size_t i = 0; i < dims.size(); ++i) {
    require<ModelError>(dims[i] >= 0, "tensor '{}', axis {}: extent {}", t.name, i, dims[i]);
    if (t.shape[i].is_const()) {
      require<ModelError>(t.shape[i].value() == dims[i], "tensor '{}', axis {}: extent {} given, the engine needs {}",
                          t.name, i, dims[i], t.shape[i].value());
    } else if (is_plain_symbol(t.shape[i])) {
      const auto [it, fresh] = b.emplace(t.shape[i].str(), dims[i]);
      require<ModelError>(fresh || it->second == dims[i],
                          "tensor '{}', axis {}: extent {} given, but '{}' is {} in another input", t.name, i, dims[i],
                          it->first, it->second);
    }
  }
}

std::string step_context(const plan::PlanStep& s) { return fmt::format("in layer '{}' ({})", s.name, s.op->name); }

}  // namespace

Runner::Runner(const Program& program, RunOptions options)
    : program_(program), options_(options), device_(program.device()), ranges_(program, RangeDetail::kNone) {
  slots_.resize(program.graph().tensors.size());
  steps_.resize(program.steps().size());
  for (size_t i = 0; i < steps_.size(); ++i)
    for (const auto& b : program.steps()[i].bodies) steps_[i].bodies.push_back(std::make_unique<Runner>(*b, options));
}

Runner::~Runner() = default;

void Runner::set_arena(void* memory, size_t size) {
  external_arena_ = memory != nullptr;
  arena_ = static_cast<std::byte*>(memory);
  arena_capacity_ = size;
  if (!external_arena_) {
    arena_ = own_arena_.get();
    arena_capacity_ = own_capacity_;
  }
}

void Runner::prepare(std::span<const Dims> input_dims, const Bindings& outer) {
  const plan::PlanGraph& g = program_.graph();
  require<ModelError>(input_dims.size() == g.inputs.size(), "{} inputs given, the engine has {}", input_dims.size(),
                      g.inputs.size());
  if (prepared_ && outer == outer_ &&
      std::equal(input_dims.begin(), input_dims.end(), prepared_for_.begin(), prepared_for_.end()))
    return;
  prepared_ = false;
  outer_ = outer;
  bindings_ = outer;
  prepared_for_.assign(input_dims.begin(), input_dims.end());
  for (size_t i = 0; i < g.inputs.size(); ++i) bind_input(program_.tensor(g.inputs[i]), input_dims[i], bindings_);
  prepared_bindings_ = bindings_;
  resolve_shapes();
  for (size_t i = 0; i < g.inputs.size(); ++i) {
    Slot& s = slots_[static_cast<size_t>(g.inputs[i])];
    s.dims = input_dims[i];
    s.resolved = true;
  }
  ThreadScope threads(options_.threads);
  workspace_size_ = host_workspace_size_ = 0;
  shapes_written_ = false;
  for (size_t i = 0; i < steps_.size(); ++i)
    with_context([&] { make_step(i); }, [&] { return step_context(*program_.steps()[i].step); });
  find_segments();
  place_arena();
  prepared_ = true;
}

void Runner::resolve_shapes() {
  const plan::PlanGraph& g = program_.graph();
  for (size_t t = 0; t < slots_.size(); ++t) {
    Slot& s = slots_[t];
    s = Slot();
    const plan::PlanTensor& pt = g.tensors[t];
    s.resolved = true;
    for (const Dim& d : pt.shape) {
      const std::optional<int64_t> v = eval(d, bindings_);
      s.resolved = s.resolved && v.has_value();
      s.dims.push_back(v.value_or(-1));
      require<ModelError>(!v || *v >= 0, "tensor '{}' would have dims {}", pt.name, str(s.dims));
    }
    s.before = s.dims;
    if (pt.alias_of >= 0) {
      const auto offset = eval(pt.alias_offset, bindings_), pitch = eval(pt.pitch, bindings_);
      s.resolved = s.resolved && offset && pitch;
      s.alias_offset = offset.value_or(0);
      s.pitch = pitch.value_or(0);
    } else {
      s.pitch = eval(pt.pitch, bindings_).value_or(0);
    }
  }
}

// The problem without outputs; nullopt where the dims of an input are not known.
std::optional<Problem> Runner::problem_of_inputs(size_t i) const {
  const plan::PlanStep& s = *program_.steps()[i].step;
  Problem p;
  p.op = s.op;
  p.attrs = s.attrs.get();
  if (!s.epilogue.empty()) p.epilogue = {&s.epilogue, s.base_inputs};
  p.threads = options_.threads;
  p.workspace_limit = options_.workspace_limit;
  p.allow_bf16 = options_.allow_bf16;
  p.allow_f16 = options_.allow_f16;
  p.allow_tf32 = options_.allow_tf32;
  for (int t : s.inputs) {
    p.present.push_back(t >= 0);
    if (t >= 0 && !slots_[static_cast<size_t>(t)].resolved) return std::nullopt;
    p.inputs.push_back(t >= 0 ? desc(t) : TensorDesc());
    p.constants.push_back(t >= 0 && program_.constant(t).defined() ? &program_.constant(t) : nullptr);
  }
  return p;
}

TensorDesc Runner::desc(int t) const {
  const Slot& x = slots_[static_cast<size_t>(t)];
  const plan::PlanTensor& pt = program_.tensor(t);
  return {pt.type, pt.format, x.dims, x.pitch};
}

std::optional<Problem> Runner::problem(size_t i) const {
  std::optional<Problem> p = problem_of_inputs(i);
  for (int t : program_.steps()[i].step->outputs) {
    if (!p || !slots_[static_cast<size_t>(t)].resolved) return std::nullopt;
    p->outputs.push_back(desc(t));
  }
  return p;
}

void Runner::make_step(size_t i) {
  const ProgramStep& ps = program_.steps()[i];
  Step& st = steps_[i];
  st.kernel.reset();
  st.dynamic = false;
  st.slices = {};
  st.in.assign(ps.step->inputs.size(), nullptr);
  st.out.assign(ps.step->outputs.size(), nullptr);
  if (ps.counts) return make_counting(i);
  const std::optional<Problem> p = problem(i);
  if (!p) {
    st.dynamic = true;
    for (int t : ps.step->outputs) slots_[static_cast<size_t>(t)].dynamic = true;
    return;
  }
  if (ps.mode == ProgramStep::Mode::kIf || ps.mode == ProgramStep::Mode::kLoop)
    for (int t : ps.step->outputs) slots_[static_cast<size_t>(t)].dynamic = true;
  if (ps.mode != ProgramStep::Mode::kTransfer) check_problem(*p);
  if (ps.mode == ProgramStep::Mode::kKernel) {
    if (make_slice(i, *p)) return;
    const Verdict v = ps.tactic->supports(*p);
    if (v) {
      check_folds(*ps.step, *ps.tactic, *p);
      st.kernel = ps.tactic->make(*p, ps.blobs);
      size_t& workspace = ps.on_host ? host_workspace_size_ : workspace_size_;
      workspace = std::max(workspace, st.kernel->workspace());
    } else {
      const bool reference = ps.step->op->eval != nullptr && ps.blobs.empty() && (device_ == nullptr || ps.on_host);
      require<Unsupported>(reference, "tactic '{}' does not support these shapes: {}", ps.step->tactic, v.reason);
    }
  }
}

// Places what lies on one side (on a device without memory of its own there is only one) and returns its bytes.
size_t Runner::place_side(bool host, size_t workspace, size_t* workspace_offset) {
  std::vector<Interval> intervals;
  std::vector<size_t> owners;
  const int end = static_cast<int>(steps_.size());
  if (!host) place_segments(intervals);
  for (size_t t = 0; t < slots_.size(); ++t) {
    Slot& s = slots_[t];
    const int id = static_cast<int>(t);
    const plan::PlanTensor& pt = program_.tensor(id);
    if ((device_ != nullptr && pt.host) != host) continue;
    if (program_.root(id) != id || program_.constant(id).defined() || program_.is_input(id) || s.dynamic || !s.resolved)
      continue;
    if (program_.last_use(id) < 0 || program_.is_shape_result(id)) continue;
    s.in_arena = true;
    if (s.segment >= 0) continue;
    const auto [first, last] = needed(id);
    intervals.push_back({first, last, storage_bytes(pt.type, volume(s.dims)), 0});
    owners.push_back(t);
  }
  if (workspace > 0) intervals.push_back({0, end, workspace, 0});
  const size_t size = place(intervals);
  const size_t before = host ? 0 : segments_.size();
  for (size_t k = 0; k < before; ++k) segments_[k].offset = intervals[k].offset;
  for (size_t k = 0; k < owners.size(); ++k) slots_[owners[k]].offset = intervals[before + k].offset;
  if (workspace > 0) *workspace_offset = intervals.back().offset;
  return size;
}

void Runner::place_arena() {
  for (size_t t = 0; t < slots_.size(); ++t) {
    const int id = static_cast<int>(t);
    if (program_.root(id) == id && slots_[t].resolved && !slots_[t].dynamic)
      check_aliases(id, storage_bytes(program_.tensor(id).type, volume(slots_[t].dims)));
  }
  arena_size_ = place_side(false, workspace_size_, &workspace_offset_);
  host_size_ = device_ != nullptr ? place_side(true, host_workspace_size_, &host_workspace_offset_) : 0;
  place_shape_results();
  own_arenas();
}

// Results of the once-per-shape steps outlive runs and whatever the user does with the arena in between.
void Runner::place_shape_results() {
  shape_results_.clear();
  for (size_t t = 0; t < slots_.size(); ++t) {
    const int id = static_cast<int>(t);
    const Slot& s = slots_[t];
    if (!program_.is_shape_result(id) || program_.root(id) != id || s.dynamic || !s.resolved ||
        program_.constant(id).defined() || program_.is_input(id))
      continue;
    const size_t bytes = storage_bytes(program_.tensor(id).type, volume(s.dims));
    shape_results_[t] = allocate(program_.on_host(id) ? nullptr : device_, bytes, "shape tensors");
  }
}

void Runner::own_arenas() {
  auto bytes = [](const std::shared_ptr<void>& p) { return std::static_pointer_cast<std::byte>(p); };
  if (host_capacity_ < host_size_) {
    host_arena_.reset();
    host_arena_ = bytes(allocate(nullptr, host_size_, "host tensors"));
    host_capacity_ = host_size_;
  }
  if (external_arena_ || own_capacity_ >= arena_size_) return;
  own_arena_.reset();
  own_arena_ = bytes(allocate(device_, arena_size_, "activations"));
  own_capacity_ = arena_size_;
  arena_ = own_arena_.get();
  arena_capacity_ = own_capacity_;
}

std::optional<Dims> Runner::dims(int t) const {
  const Slot& s = slots_[static_cast<size_t>(t)];
  return s.resolved ? std::optional(s.dims) : std::nullopt;
}

void Runner::bind_pointers(std::span<const void* const> inputs, std::span<void* const> outputs) {
  const plan::PlanGraph& g = program_.graph();
  for (size_t t = 0; t < slots_.size(); ++t) {
    Slot& s = slots_[t];
    const bool host = device_ != nullptr && program_.tensor(static_cast<int>(t)).host;
    if (program_.constant(static_cast<int>(t)).defined())
      s.pointer = const_cast<void*>(program_.device_constant(static_cast<int>(t)));
    else
      s.pointer = s.in_arena ? (host ? host_arena_.get() : arena_) + place_of(s) : nullptr;
  }
  for (const auto& [t, memory] : shape_results_) slots_[t].pointer = memory.get();
  for (size_t i = 0; i < g.inputs.size(); ++i)
    slots_[static_cast<size_t>(g.inputs[i])].pointer = const_cast<void*>(inputs[i]);
  for (size_t i = 0; i < g.outputs.size(); ++i) {
    const auto t = static_cast<size_t>(g.outputs[i]);
    Slot& s = slots_[t];
    // Written in place where the tensor owns its storage; else copied at the end.
    if (i < outputs.size() && outputs[i] != nullptr && s.in_arena && program_.root(g.outputs[i]) == g.outputs[i])
      s.pointer = outputs[i];
  }
  for (size_t t = 0; t < slots_.size(); ++t)
    if (program_.root(static_cast<int>(t)) == static_cast<int>(t)) bind_aliases(static_cast<int>(t));
  bind_segments();
}

// Pointers of the tensors that lie inside root tensor `root`.
void Runner::bind_aliases(int root) {
  auto* base = static_cast<std::byte*>(slots_[static_cast<size_t>(root)].pointer);
  for (int t : program_.aliases(root)) {
    int64_t elements = 0;  // offsets of a chain of aliases add up
    for (int a = t; a != root; a = program_.tensor(a).alias_of) elements += slots_[static_cast<size_t>(a)].alias_offset;
    slots_[static_cast<size_t>(t)].pointer =
        base != nullptr ? base + elements * bits(program_.tensor(t).type) / 8 : nullptr;
  }
}

void Runner::run(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream) {
  require<InternalError>(prepared_, "run before prepare");
  require<ModelError>(arena_size_ <= arena_capacity_, "the context's memory has {} bytes, these shapes need {}",
                      arena_capacity_, arena_size_);
  ThreadScope threads(options_.threads);
  stream_ = stream;
  bind_pointers(inputs, outputs);
  if (bindings_.size() != prepared_bindings_.size()) bindings_ = prepared_bindings_;  // less what the last run told
  const CachedArena cached(*this);
  time_steps();
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (segment_at_[i] >= 0) {
      Segment& s = segments_[static_cast<size_t>(segment_at_[i])];
      observer_ ? observe_segment(s) : run_segment(s);
      i = s.end - 1;
      continue;
    }
    if (program_.steps()[i].once && shapes_written_ && !steps_[i].dynamic) continue;
    const Ranges::Scope range(ranges_, i);
    if (device_ == nullptr && timer_) {
      const auto start = std::chrono::steady_clock::now();
      run_step(i);
      timer_(i, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    } else {
      if (events_) events_->before(i);
      run_step(i);
      if (events_) events_->after(i);
    }
    if (observer_) observe(i);
  }
  shapes_written_ = true;
  const plan::PlanGraph& g = program_.graph();
  for (size_t k = 0; k < g.outputs.size(); ++k) {
    const int t = g.outputs[k];
    const void* from = storage(t);
    if (k >= outputs.size() || outputs[k] == nullptr || outputs[k] == from) continue;
    const Slot& s = slots_[static_cast<size_t>(t)];
    copy_bytes(outputs[k], from, storage_bytes(program_.tensor(t).type, volume(s.dims)), program_.on_host(t));
  }
  if (device_ != nullptr) {
    const std::string error = device_->take_error();
    require<InternalError>(error.empty(), "the device refused a launch: {}", error);
  }
  if (events_) events_->report(timer_);
}

bool Runner::replayable() const {
  if (!prepared_ || device_ == nullptr || timer_ || observer_) return false;
  for (size_t i = 0; i < steps_.size(); ++i) {
    const ProgramStep& p = program_.steps()[i];
    if ((p.once && !steps_[i].dynamic) || p.mode == ProgramStep::Mode::kView) continue;
    if (p.mode != ProgramStep::Mode::kKernel || p.on_host || steps_[i].dynamic || !steps_[i].kernel) return false;
  }
  return true;
}

void Runner::time_steps() {
  if (device_ == nullptr || !timer_)
    events_.reset();
  else if (!events_)
    events_ = std::make_unique<StepEvents>(*device_, steps_.size());
  if (events_) events_->start(stream_);
}

void* Runner::storage(int t) { return slots_[static_cast<size_t>(t)].pointer; }
const void* Runner::output(size_t i) const {
  return slots_[static_cast<size_t>(program_.graph().outputs.at(i))].pointer;
}
Dims Runner::output_dims(size_t i) const { return slots_[static_cast<size_t>(program_.graph().outputs.at(i))].dims; }

void Runner::run_step(size_t i) {
  using Mode = ProgramStep::Mode;
  const ProgramStep& ps = program_.steps()[i];
  Step& st = steps_[i];
  if (!st.dynamic && st.kernel) return run_kernel(i);
  if (!st.dynamic && ps.mode == Mode::kView) return;
  with_context(
      [&] {
        switch (ps.mode) {
          case Mode::kIf:
            return run_if(i);
          case Mode::kLoop:
            return run_loop(i);
          case Mode::kHostDims:
            return run_host_dims(i);
          case Mode::kTransfer:
            return run_transfer(i);
          default:
            return ps.counts ? run_counting(i) : st.dynamic ? run_dynamic(i) : run_reference(i);
        }
      },
      [&] { return step_context(*ps.step); });
}

// Where step i finds input k: constants are wherever the step runs.
const void* Runner::operand(size_t i, size_t k) {
  const ProgramStep& p = program_.steps()[i];
  const int t = p.step->inputs[k];
  if (t < 0) return nullptr;
  if (p.on_host && program_.constant(t).defined()) return program_.constant(t).raw();
  return storage(t);
}

// For the rare null pointer: operands that are left out, folded or empty have no storage, others must.
void Runner::require_storage(const plan::PlanStep& s, int t, bool folded) const {
  require<ModelError>(t < 0 || folded || volume(slots_[static_cast<size_t>(t)].dims) == 0,
                      "damaged plan: layer '{}' runs before tensor '{}' has storage", s.name,
                      t < 0 ? "" : program_.tensor(t).name);
}

void Runner::launch(size_t i, const Kernel& kernel, void* workspace) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  Step& st = steps_[i];
  for (size_t k = 0; k < s.inputs.size(); ++k) {
    st.in[k] = operand(i, k);
    if (st.in[k] == nullptr) require_storage(s, s.inputs[k], k < 64 && (s.folds >> k & 1) != 0);
  }
  for (size_t k = 0; k < s.outputs.size(); ++k) {
    st.out[k] = storage(s.outputs[k]);
    if (st.out[k] == nullptr) require_storage(s, s.outputs[k], false);
  }
  kernel.run({st.in.data(), st.out.data(), workspace, stream_});
}

void Runner::run_kernel(size_t i) {
  const bool host = program_.steps()[i].on_host;
  std::byte* arena = host ? host_arena_.get() : arena_;
  launch(i, *steps_[i].kernel,
         arena != nullptr ? arena + (host ? host_workspace_offset_ : workspace_offset_) : nullptr);
}

void Runner::bind_data_dependent(int t) {
  const plan::PlanTensor& pt = program_.tensor(t);
  const Slot& s = slots_[static_cast<size_t>(t)];
  for (size_t a = 0; a < pt.shape.size(); ++a)
    if (is_plain_symbol(pt.shape[a])) bindings_[pt.shape[a].str()] = s.dims[a];
}

void Runner::collect_code(std::vector<CodeImage>* images) const {
  for (size_t i = 0; i < steps_.size(); ++i)
    if (steps_[i].kernel && !program_.steps()[i].on_host) steps_[i].kernel->collect_code(images);
}

std::string Runner::tactic_in_use(size_t i) const {
  using Mode = ProgramStep::Mode;
  switch (program_.steps()[i].mode) {
    case Mode::kKernel:
      return steps_[i].kernel || steps_[i].dynamic ? program_.steps()[i].step->tactic : "reference";
    case Mode::kView:
      return "view";
    case Mode::kHostDims:
      return "host";
    case Mode::kTransfer:
      return "transfer";
    case Mode::kIf:
    case Mode::kLoop:
      return "control";
    case Mode::kReference:
      break;
  }
  return "reference";
}

}  // namespace hone::runtime
