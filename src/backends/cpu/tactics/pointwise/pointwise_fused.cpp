// Element-wise nodes and fused groups of them, of any type and broadcasting, as one pass over memory.
#include "backends/cpu/simd/pointwise.h"
#include "backends/cpu/tactics/pointwise/pointwise_program.h"
#include "backends/layout.h"

namespace hone::cpu {
namespace {

std::vector<DType> input_types(const Problem& p) {
  std::vector<DType> types;
  for (const TensorDesc& d : p.inputs) types.push_back(d.type);
  return types;
}

std::vector<DType> output_types(const Problem& p) {
  std::vector<DType> types;
  for (const TensorDesc& d : p.outputs) types.push_back(d.type);
  return types;
}

// Dims and strides with the axes in the order of the first output's memory.
PwTensors tensors_of(const Problem& p) {
  const TensorDesc& out = p.outputs[0];
  const std::vector<size_t> order = memory_order(out.format, out.dims.size());
  PwTensors t;
  for (size_t a : order) t.dims.push_back(out.dims[a]);
  const auto add = [&](const TensorDesc& d) {
    const std::vector<int64_t> logical = broadcast_strides_of(d, out.dims.size());
    std::vector<int64_t> physical;
    physical.reserve(order.size());
    for (size_t a : order) physical.push_back(logical[a]);
    t.strides.push_back(physical);
  };
  for (const TensorDesc& d : p.inputs) add(d);
  for (const TensorDesc& d : p.outputs) add(d);
  return t;
}

class PointwiseKernel : public Kernel {
 public:
  explicit PointwiseKernel(const Problem& p)
      : evaluator_(pointwise_program(p), input_types(p), output_types(p)),
        nest_(evaluator_, tensors_of(p)),
        threads_(p.threads) {}
  size_t workspace() const override { return nest_.workspace(threads_); }
  void run(const Launch& l) const noexcept override {
    void* operands[kPwMaxOperands];
    const auto inputs = static_cast<size_t>(evaluator_.inputs()), outputs = static_cast<size_t>(evaluator_.outputs());
    for (size_t i = 0; i < inputs; ++i) operands[i] = const_cast<void*>(l.inputs[i]);
    for (size_t i = 0; i < outputs; ++i) operands[inputs + i] = l.outputs[i];
    nest_.run(evaluator_, operands, l.workspace, threads_);
  }

 private:
  PwEvaluator evaluator_;
  PwNest nest_;
  int threads_;
};

class PointwiseFused : public Tactic {
 public:
  std::string_view name() const override { return "cpu.pointwise_fused"; }

  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    const PwProgram program = pointwise_program(p);
    if (const std::string reason = PwEvaluator::refuse(program, input_types(p)); !reason.empty())
      return Verdict::no("{}", reason);
    for (size_t i = 0; i < p.inputs.size(); ++i)
      if (!p.has(i)) return Verdict::no("input {} is left out", i);
    const PwEvaluator as_written(program, input_types(p));
    for (size_t k = 0; k < p.outputs.size(); ++k) {
      const DType has = as_written.output_type(static_cast<int>(k)), wants = p.outputs[k].type;
      if (has != wants && (pw_class(has) != PwClass::kFloat || pw_class(wants) != PwClass::kFloat || is_packed(wants)))
        return Verdict::no("output {} is {}, the program gives {}", k, hone::name(wants), hone::name(has));
    }
    const TensorDesc& out = p.outputs[0];
    for (const TensorDesc& d : p.outputs)
      if (d.dims != out.dims || d.format != out.format) return Verdict::no("outputs differ in shape or format");
    const PwTensors t = tensors_of(p);
    for (size_t i = 0; i < p.inputs.size(); ++i) {
      const std::vector<int64_t>& s = t.strides[i];
      for (size_t a = s.size(); a-- > 0;) {
        if (t.dims[a] == 1) continue;
        if (s[a] > 1) return Verdict::no("input {} lies across the output's memory order", i);
        break;
      }
    }
    return Verdict::yes();
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<PointwiseKernel>(p);
  }
};

}  // namespace

const Tactic& pointwise_fused() {
  static const PointwiseFused tactic;
  return tactic;
}

}  // namespace hone::cpu
