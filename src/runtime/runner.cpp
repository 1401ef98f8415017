// The executor.
#include "runtime/runner.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/parallel.h"
#include "ops/host_dims.h"
#include "ops/loop.h"
#include "ops/pointwise.h"
#include "runtime/arena.h"

namespace hone::runtime {

struct Runner::Slot {
  bool resolved = false;  // dims are known
  bool in_arena = false;
  bool dynamic = false;  // storage belongs to `own`, allocated when it is produced
  Dims dims;
  int64_t pitch = 0;
  int64_t alias_offset = 0;  // elements from the root's start
  size_t offset = 0;         // in the arena
  void* pointer = nullptr;
  Tensor own;
};

struct Runner::Step {
  std::unique_ptr<Kernel> kernel;
  bool dynamic = false;  // dims of an input or output are only known while running
  std::vector<const void*> in;
  std::vector<void*> out;
  std::vector<std::unique_ptr<Runner>> bodies;
};

namespace {

struct UnknownSymbol {};

int64_t lookup(const Bindings& b, const std::string& s) {
  auto it = b.find(s);
  if (it == b.end()) throw UnknownSymbol();
  return it->second;
}

std::optional<int64_t> eval(const Dim& d, const Bindings& b) {
  if (d.is_const()) return d.value();
  try {
    return d.eval([&](const std::string& s) { return lookup(b, s); });
  } catch (const UnknownSymbol&) {
    return std::nullopt;
  }
}

bool is_plain_symbol(const Dim& d) { return !d.is_const() && d.str().find_first_of("+*(") == std::string::npos; }

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

// A plan is untrusted: windows must give the output extents that the plan states, or a forged one would run for ages.
void check_window(const Problem& p) {
  const auto ops = {&kPoolingOp, &kConvolutionOp, &kDeconvolutionOp, &kDepthwiseBlockOp, &kScaledConvolutionOp};
  if (std::find(ops.begin(), ops.end(), p.op) == ops.end()) return;
  std::vector<TensorInfo> in;
  for (size_t i = 0; i < p.base_inputs(); ++i)
    in.push_back({p.inputs[i].type, to_shape(p.inputs[i].dims), {}, nullptr});
  const std::unique_ptr<Attributes> attrs = p.attrs->clone();
  InferContext c;
  c.attrs = attrs.get();
  for (size_t i = 0; i < in.size(); ++i) c.inputs.push_back(p.has(i) ? &in[i] : nullptr);
  c.outputs.resize(p.outputs.size());
  infer(*p.op, c);
  for (size_t i = 0; i < p.outputs.size(); ++i)
    require<ModelError>(c.outputs[i].shape == to_shape(p.outputs[i].dims),
                        "output {} would have dims {}, the plan says {}", i, str(c.outputs[i].shape),
                        str(p.outputs[i].dims));
}

std::string step_context(const plan::PlanStep& s) { return fmt::format("in layer '{}' ({})", s.name, s.op->name); }

}  // namespace

Runner::Runner(const Program& program, RunOptions options) : program_(program), options_(options) {
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
  resolve_shapes();
  for (size_t i = 0; i < g.inputs.size(); ++i) {
    Slot& s = slots_[static_cast<size_t>(g.inputs[i])];
    s.dims = input_dims[i];
    s.resolved = true;
  }
  ThreadScope threads(options_.threads);
  workspace_size_ = 0;
  for (size_t i = 0; i < steps_.size(); ++i)
    with_context([&] { make_step(i); }, [&] { return step_context(*program_.steps()[i].step); });
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

std::optional<Problem> Runner::problem(size_t i) const {
  const plan::PlanStep& s = *program_.steps()[i].step;
  Problem p;
  p.op = s.op;
  p.attrs = s.attrs.get();
  if (!s.epilogue.empty()) p.epilogue = {&s.epilogue, s.base_inputs};
  p.threads = options_.threads;
  p.workspace_limit = options_.workspace_limit;
  p.allow_bf16 = options_.allow_bf16;
  p.allow_f16 = options_.allow_f16;
  auto desc = [&](int t) {
    const Slot& x = slots_[static_cast<size_t>(t)];
    const plan::PlanTensor& pt = program_.tensor(t);
    return TensorDesc{pt.type, pt.format, x.dims, x.pitch};
  };
  for (int t : s.inputs) {
    p.present.push_back(t >= 0);
    if (t >= 0 && !slots_[static_cast<size_t>(t)].resolved) return std::nullopt;
    p.inputs.push_back(t >= 0 ? desc(t) : TensorDesc());
    p.constants.push_back(t >= 0 && program_.constant(t).defined() ? &program_.constant(t) : nullptr);
  }
  for (int t : s.outputs) {
    if (!slots_[static_cast<size_t>(t)].resolved) return std::nullopt;
    p.outputs.push_back(desc(t));
  }
  return p;
}

void Runner::make_step(size_t i) {
  const ProgramStep& ps = program_.steps()[i];
  Step& st = steps_[i];
  st.kernel.reset();
  st.dynamic = false;
  st.in.assign(ps.step->inputs.size(), nullptr);
  st.out.assign(ps.step->outputs.size(), nullptr);
  const std::optional<Problem> p = problem(i);
  if (!p) {
    st.dynamic = true;
    for (int t : ps.step->outputs) slots_[static_cast<size_t>(t)].dynamic = true;
    return;
  }
  if (ps.mode == ProgramStep::Mode::kIf || ps.mode == ProgramStep::Mode::kLoop)
    for (int t : ps.step->outputs) slots_[static_cast<size_t>(t)].dynamic = true;
  check_window(*p);
  if (ps.mode == ProgramStep::Mode::kKernel) {
    const Verdict v = ps.tactic->supports(*p);
    if (v) {
      st.kernel = ps.tactic->make(*p, ps.blobs);
      workspace_size_ = std::max(workspace_size_, st.kernel->workspace());
    } else {
      require<Unsupported>(ps.step->op->eval != nullptr && ps.blobs.empty(),
                           "tactic '{}' does not support these shapes: {}", ps.step->tactic, v.reason);
    }
  }
}

void Runner::place_arena() {
  std::vector<Interval> intervals;
  std::vector<size_t> owners;
  const int end = static_cast<int>(steps_.size());
  for (size_t t = 0; t < slots_.size(); ++t) {
    Slot& s = slots_[t];
    const int id = static_cast<int>(t);
    if (program_.root(id) != id || program_.constant(id).defined() || program_.is_input(id) || s.dynamic || !s.resolved)
      continue;
    if (program_.last_use(id) < 0) continue;
    const plan::PlanTensor& pt = program_.tensor(id);
    s.in_arena = true;
    // The host values of shape expressions are written once per shape, so they live throughout.
    intervals.push_back({program_.first_use(id), program_.last_use(id), storage_bytes(pt.type, volume(s.dims)), 0});
    owners.push_back(t);
  }
  if (workspace_size_ > 0) intervals.push_back({0, end, workspace_size_, 0});
  arena_size_ = place(intervals);
  for (size_t k = 0; k < owners.size(); ++k) slots_[owners[k]].offset = intervals[k].offset;
  if (workspace_size_ > 0) workspace_offset_ = intervals.back().offset;
  if (!external_arena_ && own_capacity_ < arena_size_) {
    own_arena_.reset();
    void* p = std::aligned_alloc(64, (arena_size_ + 63) / 64 * 64);
    require<ModelError>(p != nullptr, "out of memory: {} bytes for activations", arena_size_);
    own_arena_ = std::shared_ptr<std::byte>(static_cast<std::byte*>(p), std::free);
    own_capacity_ = arena_size_;
    arena_ = own_arena_.get();
    arena_capacity_ = own_capacity_;
  }
}

std::optional<Dims> Runner::dims(int t) const {
  const Slot& s = slots_[static_cast<size_t>(t)];
  return s.resolved ? std::optional(s.dims) : std::nullopt;
}

void Runner::bind_pointers(std::span<const void* const> inputs, std::span<void* const> outputs) {
  const plan::PlanGraph& g = program_.graph();
  for (size_t t = 0; t < slots_.size(); ++t) {
    Slot& s = slots_[t];
    const Tensor& c = program_.constant(static_cast<int>(t));
    if (c.defined())
      s.pointer = const_cast<void*>(c.raw());
    else
      s.pointer = s.in_arena ? arena_ + s.offset : nullptr;
  }
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

void Runner::run(std::span<const void* const> inputs, std::span<void* const> outputs) {
  require<InternalError>(prepared_, "run before prepare");
  require<ModelError>(arena_size_ <= arena_capacity_, "the context's memory has {} bytes, these shapes need {}",
                      arena_capacity_, arena_size_);
  ThreadScope threads(options_.threads);
  bind_pointers(inputs, outputs);
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (!timer_) {
      run_step(i);
    } else {
      const auto start = std::chrono::steady_clock::now();
      run_step(i);
      timer_(i, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    if (observer_) observe(i);
  }
  const plan::PlanGraph& g = program_.graph();
  for (size_t k = 0; k < g.outputs.size(); ++k) {
    const int t = g.outputs[k];
    const void* from = storage(t);
    if (k >= outputs.size() || outputs[k] == nullptr || outputs[k] == from) continue;
    const Slot& s = slots_[static_cast<size_t>(t)];
    std::memcpy(outputs[k], from, storage_bytes(program_.tensor(t).type, volume(s.dims)));
  }
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
          default:
            return st.dynamic ? run_dynamic(i) : run_reference(i);
        }
      },
      [&] { return step_context(*ps.step); });
}

void Runner::run_kernel(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  Step& st = steps_[i];
  for (size_t k = 0; k < s.inputs.size(); ++k) st.in[k] = s.inputs[k] >= 0 ? storage(s.inputs[k]) : nullptr;
  for (size_t k = 0; k < s.outputs.size(); ++k) st.out[k] = storage(s.outputs[k]);
  Launch l;
  l.inputs = st.in.data();
  l.outputs = st.out.data();
  l.workspace = arena_ != nullptr ? arena_ + workspace_offset_ : nullptr;
  st.kernel->run(l);
}

Tensor Runner::as_tensor(int t) {
  if (t < 0) return Tensor();
  const Slot& s = slots_[static_cast<size_t>(t)];
  require<InternalError>(s.pointer != nullptr || volume(s.dims) == 0, "tensor '{}' has no storage",
                         program_.tensor(t).name);
  return Tensor::view(program_.tensor(t).type, s.dims, s.pointer);
}

void Runner::bind_data_dependent(int t) {
  const plan::PlanTensor& pt = program_.tensor(t);
  const Slot& s = slots_[static_cast<size_t>(t)];
  for (size_t a = 0; a < pt.shape.size(); ++a)
    if (is_plain_symbol(pt.shape[a])) bindings_[pt.shape[a].str()] = s.dims[a];
}

void Runner::give(size_t step, size_t output, Tensor value) {
  const plan::PlanStep& ps = *program_.steps()[step].step;
  const int t = ps.outputs.at(output);
  Slot& s = slots_[static_cast<size_t>(t)];
  const plan::PlanTensor& pt = program_.tensor(t);
  require<InternalError>(value.type() == pt.type && value.dims().size() == pt.shape.size(),
                         "output '{}' is {}{}, expected {}{}", pt.name, name(value.type()), str(value.dims()),
                         name(pt.type), str(pt.shape));
  if (!s.dynamic) {
    require<InternalError>(value.dims() == s.dims, "output '{}' has dims {}, expected {}", pt.name, str(value.dims()),
                           str(s.dims));
    if (value.bytes() > 0) std::memcpy(s.pointer, value.raw(), value.bytes());
    return;
  }
  s.own = std::move(value);
  s.pointer = s.own.raw();
  s.dims = s.own.dims();
  s.resolved = true;
  bind_aliases(t);
  bind_data_dependent(t);
}

void Runner::run_reference(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  std::vector<Tensor> in;
  std::vector<const Tensor*> ptr;
  in.reserve(s.inputs.size());
  for (int t : s.inputs) {
    in.push_back(as_tensor(t));
    ptr.push_back(t >= 0 ? &in.back() : nullptr);
  }
  const auto base = s.epilogue.empty() ? s.inputs.size() : static_cast<size_t>(s.base_inputs);
  std::vector<Tensor> out = evaluate(*s.op, *s.attrs, std::span(ptr).subspan(0, base), s.outputs.size());
  if (!s.epilogue.empty()) {
    std::vector<const Tensor*> operands = {&out[0]};
    operands.insert(operands.end(), ptr.begin() + static_cast<long>(base), ptr.end());
    out[0] = evaluate(s.epilogue, operands)[0];
  }
  for (size_t k = 0; k < out.size(); ++k) give(i, k, std::move(out[k]));
}

// Inputs are known by now; if the outputs' dims follow from them a kernel can run, else the reference finds them.
void Runner::run_dynamic(size_t i) {
  const ProgramStep& ps = program_.steps()[i];
  const plan::PlanStep& s = *ps.step;
  bool known = true;
  for (int t : s.outputs) {
    Slot& x = slots_[static_cast<size_t>(t)];
    x.dims.clear();
    x.resolved = true;
    for (const Dim& d : program_.tensor(t).shape) {
      const auto v = eval(d, bindings_);
      x.resolved = x.resolved && v && *v >= 0;
      x.dims.push_back(v.value_or(-1));
    }
    known = known && x.resolved;
  }
  if (known && ps.tactic != nullptr) {
    const std::optional<Problem> p = problem(i);
    if (p && ps.tactic->supports(*p)) {
      const std::unique_ptr<Kernel> k = ps.tactic->make(*p, ps.blobs);
      const size_t w = k->workspace();
      std::shared_ptr<void> scratch(w > 0 ? std::aligned_alloc(64, (w + 63) / 64 * 64) : nullptr, std::free);
      require<ModelError>(w == 0 || scratch, "out of memory: {} bytes of workspace", w);
      Step& st = steps_[i];
      for (size_t n = 0; n < s.inputs.size(); ++n) st.in[n] = s.inputs[n] >= 0 ? storage(s.inputs[n]) : nullptr;
      for (size_t n = 0; n < s.outputs.size(); ++n) {
        give(i, n, Tensor(program_.tensor(s.outputs[n]).type, slots_[static_cast<size_t>(s.outputs[n])].dims));
        st.out[n] = storage(s.outputs[n]);
      }
      k->run({st.in.data(), st.out.data(), scratch.get(), nullptr});
      return;
    }
  }
  run_reference(i);
}

void Runner::run_host_dims(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  const auto& a = static_cast<const HostDimsAttrs&>(*s.attrs);
  std::vector<int64_t> v;
  for (const Dim& d : a.content) {
    const auto x = eval(d, bindings_);
    require<InternalError>(x.has_value(), "dimension '{}' is not known", d.str());
    v.push_back(*x);
  }
  give(i, 0, Tensor::from(v).reshaped(a.dims).to(a.type));
}

void Runner::run_if(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  const Tensor condition = as_tensor(s.inputs.at(0));
  require<ModelError>(condition.count() == 1, "the condition has {} elements", condition.count());
  Runner& body = *steps_[i].bodies[condition.as_ints()[0] != 0 ? 0 : 1];
  std::vector<Dims> dims;
  std::vector<const void*> in;
  for (size_t k = 1; k < s.inputs.size(); ++k) {
    dims.push_back(slots_[static_cast<size_t>(s.inputs[k])].dims);
    in.push_back(storage(s.inputs[k]));
  }
  body.prepare(dims, bindings_);
  body.run(in, {});
  for (size_t k = 0; k < s.outputs.size(); ++k)
    give(i, k, Tensor::view(program_.tensor(s.outputs[k]).type, body.output_dims(k), body.output(k)).clone());
}

void Runner::run_loop(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  Runner& body = *steps_[i].bodies[0];
  const auto carried = static_cast<size_t>(static_cast<const LoopAttrs&>(*s.attrs).carried);
  require<ModelError>(s.inputs.size() >= 2 + carried && s.outputs.size() >= carried,
                      "loop has {} inputs for {} carried values", s.inputs.size(), carried);
  const int64_t trips = s.inputs[0] >= 0 ? as_tensor(s.inputs[0]).as_ints().at(0) : INT64_MAX;
  bool go = s.inputs[1] < 0 || as_tensor(s.inputs[1]).as_ints().at(0) != 0;
  std::vector<Tensor> state;
  for (size_t k = 0; k < carried; ++k) state.push_back(as_tensor(s.inputs[2 + k]).clone());
  std::vector<std::vector<Tensor>> scans(s.outputs.size() - carried);
  const size_t body_outputs = body.program_.graph().outputs.size();
  require<ModelError>(body_outputs == 1 + s.outputs.size(), "loop body gives {} outputs for {}", body_outputs,
                      s.outputs.size());
  for (int64_t t = 0; t < trips && go; ++t) {
    std::vector<Dims> dims = {{}, {}};
    std::vector<const void*> in = {&t, &go};
    for (const Tensor& x : state) dims.push_back(x.dims()), in.push_back(x.raw());
    for (size_t k = 2 + carried; k < s.inputs.size(); ++k) {
      dims.push_back(slots_[static_cast<size_t>(s.inputs[k])].dims);
      in.push_back(storage(s.inputs[k]));
    }
    body.prepare(dims, bindings_);
    body.run(in, {});
    auto result = [&](size_t k) {
      return Tensor::view(body.program_.tensor(body.program_.graph().outputs[k]).type, body.output_dims(k),
                          body.output(k))
          .clone();
    };
    std::vector<Tensor> next;
    for (size_t k = 0; k < carried; ++k) next.push_back(result(1 + k));
    for (size_t k = 0; k < scans.size(); ++k) scans[k].push_back(result(1 + carried + k));
    go = result(0).as_ints().at(0) != 0;
    state = std::move(next);
  }
  for (size_t k = 0; k < carried; ++k) give(i, k, std::move(state[k]));
  for (size_t k = 0; k < scans.size(); ++k) {
    const plan::PlanTensor& pt = program_.tensor(s.outputs[carried + k]);
    Dims d;
    if (!scans[k].empty())
      d = scans[k][0].dims();
    else
      for (size_t a = 1; a < pt.shape.size(); ++a) d.push_back(eval(pt.shape[a], bindings_).value_or(0));
    d.insert(d.begin(), static_cast<int64_t>(scans[k].size()));
    Tensor all(pt.type, d);
    for (size_t n = 0; n < scans[k].size(); ++n) {
      require<ModelError>(scans[k][n].dims() == scans[k][0].dims(),
                          "the loop collects tensors of different dims {} and {}", str(scans[k][0].dims()),
                          str(scans[k][n].dims()));
      if (scans[k][n].bytes() > 0)
        std::memcpy(static_cast<std::byte*>(all.raw()) + n * scans[k][n].bytes(), scans[k][n].raw(),
                    scans[k][n].bytes());
    }
    give(i, carried + k, std::move(all));
  }
}

void Runner::observe(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  for (size_t k = 0; k < s.outputs.size(); ++k) {
    const int t = s.outputs[k];
    const Slot& x = slots_[static_cast<size_t>(t)];
    const plan::PlanTensor& pt = program_.tensor(t);
    if (x.pointer == nullptr || is_packed(pt.type)) continue;
    // Gather into linear order whatever the format and pitch.
    const auto rank = x.dims.size();
    const size_t width = static_cast<size_t>(bits(pt.type)) / 8;
    std::vector<int64_t> stride(rank, 0);
    if (pt.format == Format::kChannelsLast && rank >= 2) {
      int64_t step = x.pitch > 0 ? x.pitch : x.dims[1];
      stride[1] = 1;
      for (size_t a = rank; a-- > 2;) stride[a] = step, step *= x.dims[a];
      stride[0] = step;
    } else if (rank > 0) {
      int64_t step = 1;
      for (size_t a = rank; a-- > 0;) {
        stride[a] = step;
        step = a + 1 == rank && x.pitch > 0 ? x.pitch : step * x.dims[a];
      }
    }
    Tensor copy(pt.type, x.dims);
    std::vector<int64_t> index(rank, 0);
    const auto* src = static_cast<const std::byte*>(x.pointer);
    auto* dst = static_cast<std::byte*>(copy.raw());
    int64_t at = 0;
    for (int64_t n = 0; n < copy.count(); ++n) {
      std::memcpy(dst + static_cast<size_t>(n) * width, src + at * static_cast<int64_t>(width), width);
      for (size_t a = rank; a-- > 0;) {
        at += stride[a];
        if (++index[a] < x.dims[a]) break;
        at -= stride[a] * x.dims[a];
        index[a] = 0;
      }
    }
    observer_(s, static_cast<int>(k), copy);
  }
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
    case Mode::kIf:
    case Mode::kLoop:
      return "control";
    case Mode::kReference:
      break;
  }
  return "reference";
}

}  // namespace hone::runtime
