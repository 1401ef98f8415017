// Recognition of activations and the general pass.
#include "backends/cpu/tactics/epilogue_program.h"

#include <limits>

#include "backends/layout.h"

namespace hone::cpu {
namespace {

std::optional<Activation> activation_of_step(const PwInstr& i) {
  switch (i.fn) {
    case ScalarFn::kIdentity:
      return Activation{};
    case ScalarFn::kRelu:
      return Activation{ActKind::kRelu};
    case ScalarFn::kClip:
      return Activation{ActKind::kClip, i.alpha, i.beta};
    case ScalarFn::kLeakyRelu:
      return Activation{ActKind::kLeakyRelu, i.alpha};
    case ScalarFn::kSigmoid:
      return Activation{ActKind::kSigmoid};
    case ScalarFn::kSilu:
      if (i.alpha == 1) return Activation{ActKind::kSilu};
      return std::nullopt;
    case ScalarFn::kHardSigmoid:
      return Activation{ActKind::kHardSigmoid, i.alpha, i.beta};
    case ScalarFn::kHardSwish:
      return Activation{ActKind::kHardSwish};
    case ScalarFn::kTanh:
      return Activation{ActKind::kTanh};
    case ScalarFn::kGeluErf:
      return Activation{ActKind::kGelu};
    case ScalarFn::kGeluTanh:
      return Activation{ActKind::kGeluTanh};
    default:
      return std::nullopt;
  }
}

// The tail's operands: the heavy node's result (type and layout of the output), then the extra inputs.
std::vector<DType> operand_types(const Problem& p) {
  std::vector<DType> types{p.outputs[0].type};
  for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i) types.push_back(p.inputs[i].type);
  return types;
}

PwTensors operand_tensors(const Problem& p) {
  const TensorDesc& out = p.outputs[0];
  const std::vector<size_t> order = memory_order(out.format, out.dims.size());
  PwTensors t;
  for (size_t a : order) t.dims.push_back(out.dims[a]);
  const auto add = [&](const TensorDesc& d) {
    const std::vector<int64_t> logical = broadcast_strides_of(d, out.dims.size());
    std::vector<int64_t> physical;
    for (size_t a : order) physical.push_back(logical[a]);
    t.strides.push_back(physical);
  };
  add(out);
  for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i) add(p.inputs[i]);
  add(out);
  return t;
}

}  // namespace

std::optional<Activation> activation_of(const EpilogueView& e) {
  if (e.program == nullptr || e.program->empty()) return Activation{};
  const PwProgram& p = *e.program;
  if (p.inputs != 1 || p.outputs.size() != 1) return std::nullopt;
  if (p.code.empty()) return Activation{};
  if (p.code.size() != 1 || p.code[0].type != DType::kF32 || p.outputs[0] != 1) return std::nullopt;
  return activation_of_step(p.code[0]);
}

std::string EpiloguePass::refuse(const Problem& p) {
  const PwProgram& program = *p.epilogue.program;
  if (program.outputs.size() != 1 || p.outputs.size() != 1) return "the epilogue has several outputs";
  for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i)
    if (!p.has(i)) return "the epilogue lacks an operand";
  if (std::string reason = PwEvaluator::refuse(program, operand_types(p)); !reason.empty()) return reason;
  if (PwEvaluator(program, operand_types(p)).output_type(0) != p.outputs[0].type)
    return "the epilogue changes the element type";
  const PwTensors t = operand_tensors(p);
  for (const auto& s : t.strides)
    for (size_t a = s.size(); a-- > 0;) {
      if (t.dims[a] == 1) continue;
      if (s[a] > 1) return "an operand of the epilogue lies across the output's memory order";
      break;
    }
  return {};
}

EpiloguePass::EpiloguePass(const Problem& p)
    : evaluator_(*p.epilogue.program, operand_types(p)),
      nest_(evaluator_, operand_tensors(p)),
      base_inputs_(p.base_inputs()),
      threads_(p.threads) {}

void EpiloguePass::run(const Launch& l, void* workspace) const noexcept {
  void* operands[kPwMaxOperands];
  const auto inputs = static_cast<size_t>(evaluator_.inputs());
  operands[0] = operands[inputs] = l.outputs[0];
  for (size_t i = 1; i < inputs; ++i) operands[i] = const_cast<void*>(l.inputs[base_inputs_ + i - 1]);
  nest_.run(evaluator_, operands, workspace, threads_);
}

}  // namespace hone::cpu
