// Fused pointwise programs: type rule and reference evaluation, instruction by instruction through Map's and Cast's
// rules.
#include "ops/pointwise.h"

#include "ops/cast.h"
#include "ops/map.h"

namespace hone {
namespace {

// Runs one instruction on operand facts or tensors through the operators it stands for.
void infer_pointwise(InferContext& c) {
  const PwProgram& p = c.attr<PointwiseAttrs>().program;
  require<ModelError>(p.inputs == static_cast<int>(c.inputs.size()), "program takes {} inputs, node has {}", p.inputs,
                      c.inputs.size());
  require<ModelError>(p.outputs.size() == c.outputs.size(), "program gives {} outputs, node has {}", p.outputs.size(),
                      c.outputs.size());
  std::vector<TensorInfo> regs;
  for (size_t i = 0; i < c.inputs.size(); ++i) regs.push_back({c.in(i).type, c.in(i).shape, std::nullopt, nullptr});
  for (const PwInstr& instr : p.code) {
    TensorInfo r;
    for (int k = 0; k < arity(instr.fn); ++k) {
      const TensorInfo& o = regs.at(static_cast<size_t>(instr.operand[k]));
      r.shape = k == 0 ? o.shape : broadcast(r.shape, o.shape);
    }
    r.type = instr.type;
    regs.push_back(r);
  }
  for (size_t i = 0; i < p.outputs.size(); ++i) c.outputs[i] = regs.at(static_cast<size_t>(p.outputs[i]));
}

}  // namespace

std::vector<Tensor> evaluate(const PwProgram& p, std::span<const Tensor* const> inputs) {
  std::vector<Tensor> regs;
  for (const Tensor* t : inputs) regs.push_back(*t);
  for (const PwInstr& instr : p.code) {
    std::vector<const Tensor*> operands;
    for (int k = 0; k < arity(instr.fn); ++k) operands.push_back(&regs.at(static_cast<size_t>(instr.operand[k])));
    Tensor r;
    if (instr.fn == ScalarFn::kIdentity) {
      r = *operands[0];
    } else {
      MapAttrs a;
      a.fn = instr.fn, a.alpha = instr.alpha, a.beta = instr.beta;
      r = evaluate(kMapOp, a, operands, 1)[0];
    }
    regs.push_back(r.to(instr.type));
  }
  std::vector<Tensor> out;
  for (int16_t o : p.outputs) out.push_back(regs.at(static_cast<size_t>(o)));
  return out;
}

namespace {
void eval_pointwise(EvalContext& c) {
  std::vector<Tensor> r = evaluate(c.attr<PointwiseAttrs>().program, c.inputs);
  for (size_t i = 0; i < r.size(); ++i) c.outputs[i] = std::move(r[i]);
}
}  // namespace

const Op kPointwiseOp = {"Pointwise",     kPointwise,    1, -1, -1, make_attrs<PointwiseAttrs>,
                         infer_pointwise, eval_pointwise};

}  // namespace hone
