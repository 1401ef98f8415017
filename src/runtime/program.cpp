// Binding of plan steps to tactics, and liveness.
#include "runtime/program.h"

#include <algorithm>
#include <cstdlib>

#include "ops/op.h"
#include "ops/transfer.h"

namespace hone::runtime {
namespace {

using Mode = ProgramStep::Mode;

Mode mode_of(const plan::PlanStep& s) {
  if (s.op == &kIfOp) return Mode::kIf;
  if (s.op == &kLoopOp) return Mode::kLoop;
  if (s.op == &kHostDimsOp) return Mode::kHostDims;
  if (s.op == &kTransferOp) return Mode::kTransfer;
  if (s.tactic == "view") return Mode::kView;
  return s.tactic.empty() ? Mode::kReference : Mode::kKernel;
}

// Layers of a device's plan that were placed on the host name a tactic of the CPU device.
const Tactic* find_tactic(const plan::PlanStep& s, const Backend& backend, bool* on_host) {
  const Tactic* t = backend.find_tactic(s.tactic);
  if (t == nullptr && backend.device() != nullptr && (t = cpu_backend().find_tactic(s.tactic)) != nullptr)
    *on_host = true;
  require<ModelError>(t != nullptr, "layer '{}' needs tactic '{}', which device '{}' of this build does not have",
                      s.name, s.tactic, backend.name());
  const auto known = (*on_host ? cpu_backend() : backend).tactics(*s.op);
  require<ModelError>(std::find(known.begin(), known.end(), t) != known.end(),
                      "damaged plan: tactic '{}' of layer '{}' does not run operator {}", s.tactic, s.name, s.op->name);
  return t;
}

// What a body takes and gives has the types that the layer around it says.
void check_body(const plan::PlanGraph& g, const plan::PlanStep& s) {
  const size_t skipped_in = s.op == &kIfOp ? 1 : 2, skipped_out = s.op == &kIfOp ? 0 : 1;
  auto type = [](const plan::PlanGraph& x, int t) { return x.tensors[static_cast<size_t>(t)].type; };
  for (const auto& b : s.bodies) {
    const size_t given = s.inputs.size() - std::min(skipped_in, s.inputs.size());
    bool fits = b->outputs.size() == s.outputs.size() + skipped_out &&
                b->inputs.size() == given + (s.op == &kIfOp ? 0 : skipped_in);
    for (size_t k = 0; fits && k < s.outputs.size(); ++k)
      fits = type(*b, b->outputs[k + skipped_out]) == type(g, s.outputs[k]);
    for (size_t k = 0; fits && k < given; ++k) {
      const int outer = s.inputs[k + skipped_in];
      fits = outer >= 0 && type(*b, b->inputs[b->inputs.size() - given + k]) == type(g, outer);
    }
    require<ModelError>(fits, "damaged plan: a body of layer '{}' does not fit its inputs and outputs", s.name);
  }
}

ProgramStep bind_step(const plan::Plan& p, const plan::PlanGraph& g, const plan::PlanStep& s, const Backend& backend,
                      DeviceBlobs& blobs) {
  ProgramStep r;
  r.step = &s;
  r.mode = mode_of(s);
  r.on_host = backend.device() != nullptr && (r.mode == Mode::kReference || r.mode == Mode::kHostDims);
  if (r.mode == Mode::kKernel) r.tactic = find_tactic(s, backend, &r.on_host);
  r.counts = r.tactic != nullptr && backend.device() != nullptr && !r.on_host && s.op->has(kDataDependent);
  require<ModelError>(r.mode != Mode::kReference || s.op->eval != nullptr, "layer '{}': operator {} cannot be run",
                      s.name, s.op->name);
  const size_t bodies = r.mode == Mode::kIf ? 2 : r.mode == Mode::kLoop ? 1 : 0;
  require<ModelError>(s.bodies.size() == bodies, "layer '{}' has {} bodies, needs {}", s.name, s.bodies.size(), bodies);
  for (const auto& b : s.bodies) r.bodies.push_back(std::make_unique<Program>(p, *b, backend, blobs));
  check_body(g, s);
  for (int b : s.blobs) r.blobs.push_back(r.on_host ? p.blobs[static_cast<size_t>(b)] : blobs.get(b));
  return r;
}

// Zeros that cost no memory until they are read: what stands for constants that tactics have folded into their weights.
std::shared_ptr<const void> zeros(size_t size) {
  void* p = std::calloc(1, size + 64);
  require<ModelError>(p != nullptr, "out of memory: {} bytes", size);
  return {p, std::free};
}

}  // namespace

DeviceBlobs::DeviceBlobs(const plan::Plan& p, const Device* device) : plan_(p), device_(device) {
  if (device_ != nullptr) resident_.resize(p.blobs.size());
}

const Blob& DeviceBlobs::get(int blob) {
  const Blob& source = plan_.blobs[static_cast<size_t>(blob)];
  if (device_ == nullptr) return source;
  Blob& r = resident_[static_cast<size_t>(blob)];
  if (r.owner != nullptr || source.size == 0) return r;
  void* p = device_->allocate(source.size);
  r.owner = std::shared_ptr<const void>(p, [d = device_](const void* q) { d->release(const_cast<void*>(q)); });
  device_->upload(p, source.data, source.size, nullptr);
  r.data = static_cast<const std::byte*>(p);
  r.size = source.size;
  bytes_ += source.size;
  return r;
}

Program::Program(const plan::Plan& p, const plan::PlanGraph& g, const Backend& backend, DeviceBlobs& blobs)
    : graph_(&g), device_(backend.device()) {
  const size_t n = g.tensors.size();
  roots_.resize(n);
  aliases_.resize(n);
  last_use_.assign(n, -1);
  first_use_.assign(n, -1);
  constants_.resize(n);
  device_constants_.assign(n, nullptr);
  io_.assign(n, 0);
  shape_results_.assign(n, 0);
  for (size_t t = 0; t < n; ++t) {
    int r = static_cast<int>(t);
    while (tensor(r).alias_of >= 0) r = tensor(r).alias_of;
    roots_[t] = r;
    if (r != static_cast<int>(t)) aliases_[static_cast<size_t>(r)].push_back(static_cast<int>(t));
  }
  for (int i : g.inputs) io_[static_cast<size_t>(i)] |= 1;
  for (int o : g.outputs) io_[static_cast<size_t>(o)] |= 2;
  bind_constants(p);
  bind_folded();
  for (const plan::PlanStep& s : g.steps) steps_.push_back(bind_step(p, g, s, backend, blobs));
  place_constants(blobs);
  find_lifetimes();
  if (device_ != nullptr) {
    find_shape_steps();
    check_sides();
  }
}

void Program::bind_constants(const plan::Plan& p) {
  for (size_t t = 0; t < constants_.size(); ++t) {
    const plan::PlanTensor& x = graph_->tensors[t];
    if (x.constant < 0) continue;
    const Blob& b = p.blobs[static_cast<size_t>(x.constant)];
    const Dims dims = to_dims(x.shape);
    require<ModelError>(storage_bytes(x.type, volume(dims)) <= b.size, "constant '{}' is larger than its data", x.name);
    constants_[t] = Tensor::view(x.type, dims, b.data, b.owner);
  }
}

// Tensors that are only ever folded.
void Program::bind_folded() {
  size_t largest = 0;
  std::vector<size_t> folded;
  for (const plan::PlanStep& s : graph_->steps)
    for (size_t k = 0; k < s.inputs.size() && k < 64; ++k) {
      const auto t = static_cast<size_t>(s.inputs[k]);
      if (s.inputs[k] < 0 || (s.folds >> k & 1) == 0 || constants_[t].defined() || !is_const(graph_->tensors[t].shape))
        continue;
      largest = std::max(largest, storage_bytes(graph_->tensors[t].type, volume(to_dims(graph_->tensors[t].shape))));
      folded.push_back(t);
    }
  if (folded.empty()) return;
  const std::shared_ptr<const void> nothing = zeros(largest);
  for (size_t t : folded)
    constants_[t] = Tensor::view(graph_->tensors[t].type, to_dims(graph_->tensors[t].shape), nothing.get(), nothing);
}

void Program::place_constants(DeviceBlobs& blobs) {
  auto place = [&](int t) {
    const plan::PlanTensor& x = tensor(t);
    const void*& at = device_constants_[static_cast<size_t>(t)];
    if (device_ == nullptr)
      at = constants_[static_cast<size_t>(t)].raw();
    else if (x.constant >= 0 && at == nullptr)
      at = blobs.get(x.constant).data;
  };
  for (const ProgramStep& s : steps_)
    for (size_t k = 0; k < s.step->inputs.size(); ++k) {
      const int t = s.step->inputs[k];
      const bool folded = k < 64 && (s.step->folds >> k & 1) != 0;
      if (t >= 0 && constants_[static_cast<size_t>(t)].defined() && !s.on_host && !folded) place(t);
    }
  for (int t : graph_->outputs)
    if (constants_[static_cast<size_t>(t)].defined()) place(t);
}

void Program::find_lifetimes() {
  auto touch = [&](int t, int step) {
    if (t < 0) return;
    const auto r = static_cast<size_t>(roots_[static_cast<size_t>(t)]);
    if (first_use_[r] < 0) first_use_[r] = step;
    last_use_[r] = step;
  };
  for (size_t i = 0; i < steps_.size(); ++i) {
    for (int t : steps_[i].step->inputs) touch(t, static_cast<int>(i));
    for (int t : steps_[i].step->outputs) touch(t, static_cast<int>(i));
  }
  for (int o : graph_->outputs) touch(o, static_cast<int>(steps_.size()));
}

// Host dims, what the host computes from them alone, and their copies on the device.
void Program::find_shape_steps() {
  auto known = [&](int t) {
    return t < 0 || constant(t).defined() || shape_results_[static_cast<size_t>(root(t))] != 0;
  };
  for (ProgramStep& s : steps_) {
    const bool candidate =
        s.mode == Mode::kTransfer || s.mode == Mode::kView || (s.on_host && !s.step->op->has(kSideEffect));
    if (!candidate || !std::all_of(s.step->inputs.begin(), s.step->inputs.end(), known)) continue;
    s.once = true;
    for (int t : s.step->outputs) shape_results_[static_cast<size_t>(root(t))] = 1;
  }
}

void Program::check_sides() const {
  auto side = [&](const plan::PlanStep& s, int t, bool host) {
    require<ModelError>(t < 0 || constant(t).defined() || tensor(t).host == host,
                        "damaged plan: layer '{}' runs on the {}, but tensor '{}' is not there", s.name,
                        host ? "host" : "device", t < 0 ? "" : tensor(t).name);
  };
  for (size_t t = 0; t < graph_->tensors.size(); ++t)
    require<ModelError>(tensor(root(static_cast<int>(t))).host == graph_->tensors[t].host,
                        "damaged plan: tensor '{}' is a view into memory of another device", graph_->tensors[t].name);
  for (const ProgramStep& p : steps_) {
    const plan::PlanStep& s = *p.step;
    switch (p.mode) {
      case Mode::kView:
        break;
      case Mode::kTransfer: {
        const bool to_host = static_cast<const TransferAttrs&>(*s.attrs).to_host;
        side(s, s.inputs.at(0), !to_host);
        side(s, s.outputs.at(0), to_host);
        break;
      }
      case Mode::kIf:
      case Mode::kLoop: {
        const size_t controls = p.mode == Mode::kIf ? 1 : 2;
        for (size_t k = 0; k < s.inputs.size(); ++k) side(s, s.inputs[k], k < controls);
        for (int t : s.outputs) side(s, t, false);
        for (const auto& b : p.bodies) b->check_body(p.mode == Mode::kLoop);
        break;
      }
      default:
        for (int t : s.inputs) side(s, t, p.on_host);
        for (int t : s.outputs) side(s, t, p.on_host);
    }
  }
}

// A loop's iteration number and condition are the host's business; whatever else a body takes and gives is on the
// device.
void Program::check_body(bool loop) const {
  auto want = [&](int t, bool host) {
    require<ModelError>(constant(t).defined() || tensor(t).host == host,
                        "damaged plan: tensor '{}' of a body must be on the {}", tensor(t).name,
                        host ? "host" : "device");
  };
  for (size_t k = 0; k < graph_->inputs.size(); ++k) want(graph_->inputs[k], loop && k < 2);
  for (size_t k = 0; k < graph_->outputs.size(); ++k) want(graph_->outputs[k], loop && k == 0);
}

}  // namespace hone::runtime
