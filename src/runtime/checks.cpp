#include "runtime/checks.h"

#include "runtime/runner_state.h"

namespace hone::runtime {
namespace {

// A plan is untrusted: what it says a layer writes must follow from what the layer reads, or a forged one would make a
// kernel leave its tensors or run for ages. What only the run tells is left to the reference evaluation.
void check_shapes(const Problem& p) {
  if (p.op->has(kControlFlow) || p.op == &kHostDimsOp || p.op == &kReformatOp) return;
  std::vector<TensorInfo> in;
  // Shapes do not depend on whether a tensor is stored in BF16, which may differ from operand to operand.
  const auto type = [](DType t) { return t == DType::kBF16 ? DType::kF32 : t; };
  for (size_t i = 0; i < p.base_inputs(); ++i)
    in.push_back({type(p.inputs[i].type), to_shape(p.inputs[i].dims), {}, p.constant(i)});
  const std::unique_ptr<Attributes> attrs = p.attrs->clone();
  InferContext c;
  c.attrs = attrs.get();
  for (size_t i = 0; i < in.size(); ++i) c.inputs.push_back(p.has(i) ? &in[i] : nullptr);
  c.outputs.resize(p.outputs.size());
  infer(*p.op, c);
  for (size_t i = 0; i < p.outputs.size(); ++i)
    require<ModelError>(!is_const(c.outputs[i].shape) || c.outputs[i].shape == to_shape(p.outputs[i].dims),
                        "output {} would have dims {}, the plan says {}", i, str(c.outputs[i].shape),
                        str(p.outputs[i].dims));
}

// A reformat copies all elements; operands of an epilogue broadcast to the output.
void check_operands(const Problem& p) {
  if (p.op == &kReformatOp)
    require<ModelError>(p.inputs.at(0).dims == p.outputs.at(0).dims, "a change of format from dims {} to {}",
                        str(p.inputs[0].dims), str(p.outputs[0].dims));
  if (!p.has_epilogue()) return;
  const Dims& out = p.outputs.at(0).dims;
  for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i) {
    const Dims& d = p.inputs[i].dims;
    bool fits = d.size() <= out.size();
    for (size_t k = 1; fits && k <= d.size(); ++k)
      fits = d[d.size() - k] == 1 || d[d.size() - k] == out[out.size() - k];
    require<ModelError>(fits, "operand {} of its epilogue has dims {}, which do not broadcast to {}", i, str(d),
                        str(out));
  }
}

// Elements from the first to the last of a tensor with this pitch (0: dense).
int64_t reach(const plan::PlanTensor& t, const Dims& dims, int64_t pitch) {
  const int64_t count = volume(dims);
  if (pitch == 0 || count == 0 || dims.empty()) return count;
  const int64_t inner = t.format == Format::kChannelsLast && dims.size() > 1 ? dims[1] : dims.back();
  require<ModelError>(pitch >= inner, "tensor '{}' has rows of {} elements every {}", t.name, inner, pitch);
  return (count / inner - 1) * pitch + inner;
}

}  // namespace

void check_problem(const Problem& p) {
  check_shapes(p);
  check_operands(p);
}

void check_folds(const plan::PlanStep& s, const Tactic& tactic, const Problem& p) {
  if (s.folds == 0) return;
  const uint64_t own = tactic.folds(p);
  require<ModelError>((s.folds & ~own) == 0 && !s.blobs.empty(),
                      "damaged plan: inputs {:#x} are folded into {} prepared operands, tactic '{}' folds {:#x}",
                      s.folds, s.blobs.size(), s.tactic, own);
}

// Tensors that lie inside root tensor `root` must lie inside its storage, of which `bytes` are there.
void Runner::check_aliases(int root, size_t bytes) const {
  for (int t : program_.aliases(root)) {
    const Slot& s = slots_[static_cast<size_t>(t)];
    if (!s.resolved) continue;
    const plan::PlanTensor& pt = program_.tensor(t);
    constexpr int64_t kMost = int64_t{1} << 46;
    int64_t begin = 0;
    for (int a = t; a != root; a = program_.tensor(a).alias_of) {
      const int64_t offset = slots_[static_cast<size_t>(a)].alias_offset;
      require<ModelError>(offset >= 0 && offset <= kMost && begin <= kMost, "tensor '{}' begins at element {} of '{}'",
                          pt.name, offset, program_.tensor(root).name);
      begin += offset;
    }
    require<ModelError>(s.pitch >= 0 && s.pitch <= kMost, "tensor '{}' has rows every {} elements", pt.name, s.pitch);
    const int64_t end = begin + reach(pt, s.dims, s.pitch);
    require<ModelError>(end <= kMost && storage_bytes(pt.type, end) <= bytes,
                        "tensor '{}' ends at element {} of '{}', which has {} bytes", pt.name, end,
                        program_.tensor(root).name, bytes);
  }
}

}  // namespace hone::runtime
