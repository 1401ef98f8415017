// Building pointwise programs from nodes.
#include "passes/fuse/program_builder.h"

#include "ops/cast.h"
#include "ops/map.h"
#include "ops/pointwise.h"

namespace hone::passes {

bool is_pointwise(const ir::Node* n) {
  return n != nullptr && !n->epilogue && n->outputs().size() == 1 &&
         (n->is(kMapOp) || n->is(kCastOp) || n->is(kPointwiseOp));
}

void ProgramBuilder::add_input(const ir::Value* v) {
  held_[v] = {true, static_cast<int>(inputs_.size())};
  inputs_.push_back(v);
}

ProgramBuilder::Ref ProgramBuilder::operand(const ir::Value* v) {
  if (held_.find(v) == held_.end()) add_input(v);
  return held_.at(v);
}

void ProgramBuilder::append(const PwProgram& p, const std::vector<Ref>& in, const ir::Value* result) {
  std::vector<Ref> regs = in;
  for (const PwInstr& i : p.code) {
    Step s{i, {}};
    for (int k = 0; k < arity(i.fn); ++k) s.operand[k] = regs.at(static_cast<size_t>(i.operand[k]));
    code_.push_back(s);
    regs.push_back({false, static_cast<int>(code_.size()) - 1});
  }
  held_[result] = regs.at(static_cast<size_t>(p.outputs.at(0)));
}

void ProgramBuilder::add_program(const PwProgram& p, const std::vector<ir::Value*>& inputs, const ir::Value* result) {
  std::vector<Ref> in;
  for (const ir::Value* v : inputs) in.push_back(operand(v));
  append(p, in, result);
}

void ProgramBuilder::add_node(const ir::Node* n) {
  if (n->is(kPointwiseOp)) return add_program(n->attr<PointwiseAttrs>().program, n->inputs(), n->output());
  PwProgram p;
  p.inputs = static_cast<int>(n->inputs().size());
  PwInstr i;
  i.type = n->output()->type();
  if (n->is(kMapOp)) {
    const auto& a = n->attr<MapAttrs>();
    i.fn = a.fn, i.alpha = static_cast<float>(a.alpha), i.beta = static_cast<float>(a.beta);
  }
  for (int k = 0; k < arity(i.fn); ++k) i.operand[k] = static_cast<int16_t>(k);
  p.outputs = {p.add(i)};
  add_program(p, n->inputs(), n->output());
}

PwProgram ProgramBuilder::build(const ir::Value* result) const {
  PwProgram p;
  p.inputs = static_cast<int>(inputs_.size());
  const auto reg = [&](const Ref& r) { return static_cast<int16_t>(r.input ? r.index : p.inputs + r.index); };
  for (const Step& s : code_) {
    PwInstr i = s.instr;
    for (int k = 0; k < arity(i.fn); ++k) i.operand[k] = reg(s.operand[k]);
    p.add(i);
  }
  p.outputs = {reg(held_.at(result))};
  return p;
}

}  // namespace hone::passes
