// Steps that work on whole values instead of launching a prepared kernel: reference evaluations, layers whose dims only
// the run tells, host dims, and copies between host and device.
#include <cstdlib>

#include "base/memory.h"
#include "ops/host_dims.h"
#include "ops/pointwise.h"
#include "ops/transfer.h"
#include "runtime/checks.h"
#include "runtime/runner_state.h"

namespace hone::runtime {
namespace {

struct UnknownSymbol {};

int64_t lookup(const Bindings& b, const std::string& s) {
  auto it = b.find(s);
  if (it == b.end()) throw UnknownSymbol();
  return it->second;
}

}  // namespace

std::optional<int64_t> eval(const Dim& d, const Bindings& b) {
  if (d.is_const()) return d.value();
  try {
    return d.eval([&](const std::string& s) { return lookup(b, s); });
  } catch (const UnknownSymbol&) {
    return std::nullopt;
  }
}

bool is_plain_symbol(const Dim& d) { return !d.is_const() && d.str().find_first_of("+*(") == std::string::npos; }

std::shared_ptr<void> allocate(const Device* device, size_t bytes, const char* what) {
  if (device != nullptr)
    return {device->allocate(std::max<size_t>(64, (bytes + 63) / 64 * 64)), [device](void* p) { device->release(p); }};
  void* p = allocate_aligned(bytes);
  require<ModelError>(p != nullptr, "out of memory: {} bytes for {}", bytes, what);
  return {p, std::free};
}

void Runner::copy_bytes(void* to, const void* from, size_t bytes, bool on_host) const {
  if (bytes == 0) return;
  if (on_host)
    std::memcpy(to, from, bytes);
  else
    device_->copy(to, from, bytes, stream_);
}

Runner::Held Runner::allocate_held(int t, Dims dims) const {
  const size_t bytes = storage_bytes(program_.tensor(t).type, volume(dims));
  return {std::move(dims), allocate(program_.on_host(t) ? nullptr : device_, bytes, "a layer's result")};
}

Runner::Held Runner::copy_of(int t, const void* data, const Dims& dims) const {
  Held h = allocate_held(t, dims);
  copy_bytes(h.memory.get(), data, storage_bytes(program_.tensor(t).type, volume(dims)), program_.on_host(t));
  return h;
}

Tensor Runner::as_tensor(int t) {
  if (t < 0) return Tensor();
  if (program_.constant(t).defined()) return program_.constant(t);
  const Slot& s = slots_[static_cast<size_t>(t)];
  require<InternalError>(s.pointer != nullptr || volume(s.dims) == 0, "tensor '{}' has no storage",
                         program_.tensor(t).name);
  return Tensor::view(program_.tensor(t).type, s.dims, s.pointer);
}

int64_t Runner::host_scalar(int t) {
  const Tensor v = as_tensor(t);
  require<ModelError>(v.count() == 1, "tensor '{}' must have one element, it has {}", program_.tensor(t).name,
                      v.count());
  return v.as_ints()[0];
}

void Runner::give(size_t step, size_t output, Tensor value) {
  const plan::PlanStep& ps = *program_.steps()[step].step;
  const int t = ps.outputs.at(output);
  const Slot& s = slots_[static_cast<size_t>(t)];
  const plan::PlanTensor& pt = program_.tensor(t);
  require<InternalError>(value.type() == pt.type && value.dims().size() == pt.shape.size(),
                         "output '{}' is {}{}, expected {}{}", pt.name, name(value.type()), str(value.dims()),
                         name(pt.type), str(pt.shape));
  if (s.dynamic && !program_.on_host(t)) {
    Held held = allocate_held(t, value.dims());
    if (value.bytes() > 0) {
      device_->upload(held.memory.get(), value.raw(), value.bytes(), stream_);
      device_->synchronize(stream_);  // the value ends here
    }
    give_held(step, output, std::move(held));
    return;
  }
  if (s.dynamic) {
    auto keep = std::make_shared<Tensor>(std::move(value));
    give_held(step, output, {keep->dims(), std::shared_ptr<void>(keep, keep->raw())});
    return;
  }
  require<InternalError>(value.dims() == s.dims, "output '{}' has dims {}, expected {}", pt.name, str(value.dims()),
                         str(s.dims));
  if (value.bytes() > 0) std::memcpy(s.pointer, value.raw(), value.bytes());
}

// A result that brings its own memory, on the side where the tensor lies.
void Runner::give_held(size_t step, size_t output, Held value) {
  const int t = program_.steps()[step].step->outputs.at(output);
  Slot& s = slots_[static_cast<size_t>(t)];
  bool fits = value.dims.size() == s.before.size();
  for (size_t a = 0; fits && a < value.dims.size(); ++a) fits = s.before[a] < 0 || s.before[a] == value.dims[a];
  require<InternalError>(fits, "output '{}' has dims {}, expected {}", program_.tensor(t).name, str(value.dims),
                         str(program_.tensor(t).shape));
  s.own = std::move(value.memory);
  s.pointer = s.own.get();
  s.dims = std::move(value.dims);
  s.resolved = true;
  check_aliases(t, storage_bytes(program_.tensor(t).type, volume(s.dims)));
  bind_aliases(t);
  bind_data_dependent(t);
}

// The value of a tensor in the host's memory: a copy where it lies on the device.
Tensor Runner::on_host(int t) {
  if (t < 0 || program_.on_host(t) || program_.constant(t).defined()) return as_tensor(t);
  const Slot& s = slots_[static_cast<size_t>(t)];
  return linear_value(t, s.dims, s.pointer);
}

void Runner::run_reference(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  std::vector<Tensor> in;
  std::vector<const Tensor*> ptr;
  in.reserve(s.inputs.size());
  for (int t : s.inputs) {
    in.push_back(on_host(t));
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

// Dims of the step's outputs from what is bound by now; false where one stays unknown.
bool Runner::resolve_outputs(size_t i) {
  bool known = true;
  for (int t : program_.steps()[i].step->outputs) {
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
  return known;
}

// The same by the operator's rule, from the inputs' dims and from the values of small ones.
bool Runner::infer_outputs(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  const std::unique_ptr<Attributes> attrs = s.attrs->clone();
  const size_t base = s.epilogue.empty() ? s.inputs.size() : static_cast<size_t>(s.base_inputs);
  std::vector<Tensor> values(base);
  std::vector<TensorInfo> infos(base);
  InferContext c;
  c.attrs = attrs.get();
  c.node_name = s.name;
  c.outputs.resize(s.outputs.size());
  for (size_t k = 0; k < base; ++k) {
    const int t = s.inputs[k];
    c.inputs.push_back(t >= 0 ? &infos[k] : nullptr);
    if (t < 0) continue;
    const Dims& dims = slots_[static_cast<size_t>(t)].dims;
    infos[k] = {program_.tensor(t).type, to_shape(dims), std::nullopt, nullptr};
    if (volume(dims) > kMaxContent) continue;
    values[k] = on_host(t);
    infos[k].constant = &values[k];
  }
  infer(*s.op, c);
  bool known = true;
  for (size_t k = 0; k < s.outputs.size(); ++k) {
    Slot& x = slots_[static_cast<size_t>(s.outputs[k])];
    x.resolved = is_const(c.outputs[k].shape);
    if (x.resolved) x.dims = to_dims(c.outputs[k].shape);
    known = known && x.resolved;
  }
  return known;
}

// Inputs are known by now; if the outputs' dims follow from them a kernel can run, else the reference finds them.
void Runner::run_dynamic(size_t i) {
  const ProgramStep& ps = program_.steps()[i];
  const plan::PlanStep& s = *ps.step;
  const bool on_device = device_ != nullptr && !ps.on_host;
  if (ps.tactic == nullptr || (!resolve_outputs(i) && !infer_outputs(i))) return run_reference(i);
  const bool empty = std::all_of(s.outputs.begin(), s.outputs.end(),
                                 [&](int t) { return volume(slots_[static_cast<size_t>(t)].dims) == 0; });
  std::optional<Problem> p = empty ? std::nullopt : problem(i);
  if (p) check_problem(*p);
  if (!empty && (!p || !ps.tactic->supports(*p))) return run_reference(i);
  for (size_t n = 0; n < s.outputs.size(); ++n)
    give_held(i, n, allocate_held(s.outputs[n], slots_[static_cast<size_t>(s.outputs[n])].dims));
  if (empty) return;
  check_folds(s, *ps.tactic, *p);
  const std::unique_ptr<Kernel> k = ps.tactic->make(*p, ps.blobs);
  const std::shared_ptr<void> scratch = allocate(on_device ? device_ : nullptr, k->workspace(), "a layer's workspace");
  launch(i, *k, scratch.get());
  if (on_device) device_->synchronize(stream_);  // kernel and workspace end here
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

void Runner::run_transfer(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  const int from = s.inputs[0], to = s.outputs[0];
  const Slot& source = slots_[static_cast<size_t>(from)];
  if (slots_[static_cast<size_t>(to)].dynamic) give_held(i, 0, allocate_held(to, source.dims));
  const Slot& target = slots_[static_cast<size_t>(to)];
  const size_t bytes = storage_bytes(program_.tensor(to).type, volume(target.dims));
  if (bytes == 0 || device_ == nullptr) return;
  if (static_cast<const TransferAttrs&>(*s.attrs).to_host)
    device_->download(target.pointer, source.pointer, bytes, stream_);
  else
    device_->upload(target.pointer, source.pointer, bytes, stream_);
}

}  // namespace hone::runtime
