#include "backends/cpu/tactics/pointwise/pointwise_program.h"

#include "ops/map.h"
#include "ops/pointwise.h"

namespace hone::cpu {

PwProgram pointwise_program(const Problem& p) {
  if (p.op == &kPointwiseOp) return p.attr<PointwiseAttrs>().program;
  PwProgram program;
  program.inputs = static_cast<int>(p.base_inputs());
  PwInstr instr;
  // What is stored in bf16 is rounded when it is stored.
  const bool rounds = p.outputs[0].type == DType::kBF16 && is_float(p.inputs[0].type);
  instr.type = rounds ? DType::kF32 : p.outputs[0].type;
  if (p.op == &kMapOp) {
    const auto& a = p.attr<MapAttrs>();
    instr.fn = a.fn;
    instr.alpha = static_cast<float>(a.alpha);
    instr.beta = static_cast<float>(a.beta);
  }
  for (int k = 0; k < arity(instr.fn); ++k) instr.operand[k] = static_cast<int16_t>(k);
  program.outputs = {program.add(instr)};
  return program;
}

}  // namespace hone::cpu
