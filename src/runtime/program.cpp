// Binding of plan steps to tactics, and liveness.
#include "runtime/program.h"

#include <algorithm>
#include <cstdlib>

#include "ops/op.h"

namespace hone::runtime {
namespace {

ProgramStep::Mode mode_of(const plan::PlanStep& s) {
  if (s.op == &kIfOp) return ProgramStep::Mode::kIf;
  if (s.op == &kLoopOp) return ProgramStep::Mode::kLoop;
  if (s.op == &kHostDimsOp) return ProgramStep::Mode::kHostDims;
  if (s.tactic == "view") return ProgramStep::Mode::kView;
  return s.tactic.empty() ? ProgramStep::Mode::kReference : ProgramStep::Mode::kKernel;
}

ProgramStep bind_step(const plan::Plan& p, const plan::PlanStep& s, const Backend& backend) {
  ProgramStep r;
  r.step = &s;
  r.mode = mode_of(s);
  if (r.mode == ProgramStep::Mode::kKernel) {
    r.tactic = backend.find_tactic(s.tactic);
    require<ModelError>(r.tactic != nullptr,
                        "layer '{}' needs tactic '{}', which device '{}' of this build does not have", s.name, s.tactic,
                        backend.name());
  }
  require<ModelError>(r.mode != ProgramStep::Mode::kReference || s.op->eval != nullptr,
                      "layer '{}': operator {} cannot be run", s.name, s.op->name);
  const size_t bodies = r.mode == ProgramStep::Mode::kIf ? 2 : r.mode == ProgramStep::Mode::kLoop ? 1 : 0;
  require<ModelError>(s.bodies.size() == bodies, "layer '{}' has {} bodies, needs {}", s.name, s.bodies.size(), bodies);
  for (const auto& b : s.bodies) r.bodies.push_back(std::make_unique<Program>(p, *b, backend));
  for (int b : s.blobs) r.blobs.push_back(p.blobs[static_cast<size_t>(b)]);
  return r;
}

// Zeros that cost no memory until they are read: what stands for constants that tactics have folded into their weights.
std::shared_ptr<const void> zeros(size_t size) {
  void* p = std::calloc(1, size + 64);
  require<ModelError>(p != nullptr, "out of memory: {} bytes", size);
  return {p, std::free};
}

}  // namespace

Program::Program(const plan::Plan& p, const plan::PlanGraph& g, const Backend& backend) : graph_(&g) {
  const size_t n = g.tensors.size();
  roots_.resize(n);
  aliases_.resize(n);
  last_use_.assign(n, -1);
  first_use_.assign(n, -1);
  constants_.resize(n);
  io_.assign(n, 0);
  for (size_t t = 0; t < n; ++t) {
    int r = static_cast<int>(t);
    while (g.tensors[static_cast<size_t>(r)].alias_of >= 0) r = g.tensors[static_cast<size_t>(r)].alias_of;
    roots_[t] = r;
    if (r != static_cast<int>(t)) aliases_[static_cast<size_t>(r)].push_back(static_cast<int>(t));
    const plan::PlanTensor& x = g.tensors[t];
    if (x.constant >= 0) {
      const Blob& b = p.blobs[static_cast<size_t>(x.constant)];
      const Dims dims = to_dims(x.shape);
      require<ModelError>(storage_bytes(x.type, volume(dims)) <= b.size, "constant '{}' is larger than its data",
                          x.name);
      constants_[t] = Tensor::view(x.type, dims, b.data, b.owner);
    }
  }
  for (int i : g.inputs) io_[static_cast<size_t>(i)] |= 1;
  for (int o : g.outputs) io_[static_cast<size_t>(o)] |= 2;
  // Tensors that are only ever folded.
  size_t largest = 0;
  std::vector<size_t> folded;
  for (const plan::PlanStep& s : g.steps)
    for (size_t k = 0; k < s.inputs.size() && k < 64; ++k) {
      const auto t = static_cast<size_t>(s.inputs[k]);
      if (s.inputs[k] < 0 || (s.folds >> k & 1) == 0 || constants_[t].defined() || !is_const(g.tensors[t].shape))
        continue;
      largest = std::max(largest, storage_bytes(g.tensors[t].type, volume(to_dims(g.tensors[t].shape))));
      folded.push_back(t);
    }
  if (!folded.empty()) {
    const std::shared_ptr<const void> nothing = zeros(largest);
    for (size_t t : folded)
      constants_[t] = Tensor::view(g.tensors[t].type, to_dims(g.tensors[t].shape), nothing.get(), nothing);
  }
  auto touch = [&](int t, int step) {
    if (t < 0) return;
    const auto r = static_cast<size_t>(roots_[static_cast<size_t>(t)]);
    if (first_use_[r] < 0) first_use_[r] = step;
    last_use_[r] = step;
  };
  for (size_t i = 0; i < g.steps.size(); ++i) {
    steps_.push_back(bind_step(p, g.steps[i], backend));
    for (int t : g.steps[i].inputs) touch(t, static_cast<int>(i));
    for (int t : g.steps[i].outputs) touch(t, static_cast<int>(i));
  }
  for (int o : g.outputs) touch(o, static_cast<int>(g.steps.size()));
}

}  // namespace hone::runtime
