// Conditionals and loops: bodies are runners of their own; the condition and the trip count are the host's business.
#include "ops/loop.h"
#include "runtime/runner_state.h"

namespace hone::runtime {

void Runner::run_if(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  Runner& body = *steps_[i].bodies[host_scalar(s.inputs.at(0)) != 0 ? 0 : 1];
  std::vector<Dims> dims;
  std::vector<const void*> in;
  for (size_t k = 1; k < s.inputs.size(); ++k) {
    dims.push_back(slots_[static_cast<size_t>(s.inputs[k])].dims);
    in.push_back(operand(i, k));
  }
  body.prepare(dims, bindings_);
  body.run(in, {}, stream_);
  for (size_t k = 0; k < s.outputs.size(); ++k)
    give_held(i, k, copy_of(s.outputs[k], body.output(k), body.output_dims(k)));
}

// The values that an axis of a scan output collects, one after another.
Runner::Held Runner::stack_scans(int t, const std::vector<Held>& pieces) {
  const plan::PlanTensor& pt = program_.tensor(t);
  Dims d;
  if (!pieces.empty())
    d = pieces[0].dims;
  else
    for (size_t a = 1; a < pt.shape.size(); ++a) d.push_back(eval(pt.shape[a], bindings_).value_or(0));
  const size_t bytes = storage_bytes(pt.type, volume(d));
  d.insert(d.begin(), static_cast<int64_t>(pieces.size()));
  Held all = allocate_held(t, d);
  for (size_t n = 0; n < pieces.size(); ++n) {
    require<ModelError>(pieces[n].dims == pieces[0].dims, "the loop collects tensors of different dims {} and {}",
                        str(pieces[0].dims), str(pieces[n].dims));
    copy_bytes(static_cast<std::byte*>(all.memory.get()) + n * bytes, pieces[n].memory.get(), bytes,
               program_.on_host(t));
  }
  return all;
}

void Runner::run_loop(size_t i) {
  const plan::PlanStep& s = *program_.steps()[i].step;
  Runner& body = *steps_[i].bodies[0];
  const auto carried = static_cast<size_t>(static_cast<const LoopAttrs&>(*s.attrs).carried);
  require<ModelError>(s.inputs.size() >= 2 + carried && s.outputs.size() >= carried,
                      "loop has {} inputs for {} carried values", s.inputs.size(), carried);
  const size_t body_outputs = body.program_.graph().outputs.size();
  require<ModelError>(body_outputs == 1 + s.outputs.size(), "loop body gives {} outputs for {}", body_outputs,
                      s.outputs.size());
  const int64_t trips = s.inputs[0] >= 0 ? host_scalar(s.inputs[0]) : INT64_MAX;
  bool go = s.inputs[1] < 0 || host_scalar(s.inputs[1]) != 0;
  std::vector<Held> state;
  for (size_t k = 0; k < carried; ++k)
    state.push_back(copy_of(s.outputs[k], operand(i, 2 + k), slots_[static_cast<size_t>(s.inputs[2 + k])].dims));
  std::vector<std::vector<Held>> scans(s.outputs.size() - carried);
  for (int64_t t = 0; t < trips && go; ++t) {
    std::vector<Dims> dims = {{}, {}};
    std::vector<const void*> in = {&t, &go};
    for (const Held& x : state) dims.push_back(x.dims), in.push_back(x.memory.get());
    for (size_t k = 2 + carried; k < s.inputs.size(); ++k) {
      dims.push_back(slots_[static_cast<size_t>(s.inputs[k])].dims);
      in.push_back(operand(i, k));
    }
    body.prepare(dims, bindings_);
    body.run(in, {}, stream_);
    auto result = [&](size_t k) { return copy_of(s.outputs[k - 1], body.output(k), body.output_dims(k)); };
    std::vector<Held> next;
    for (size_t k = 0; k < carried; ++k) next.push_back(result(1 + k));
    for (size_t k = 0; k < scans.size(); ++k) scans[k].push_back(result(1 + carried + k));
    go = body.host_scalar(body.program_.graph().outputs[0]) != 0;
    state = std::move(next);
  }
  for (size_t k = 0; k < carried; ++k) give_held(i, k, std::move(state[k]));
  for (size_t k = 0; k < scans.size(); ++k) {
    const int t = s.outputs[carried + k];
    give_held(i, carried + k, stack_scans(t, scans[k]));
  }
}

}  // namespace hone::runtime
