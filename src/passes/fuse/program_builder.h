// Growing a pointwise program node by node: operands are graph values, numbered as inputs when they are first needed.
#pragma once

#include <map>
#include <vector>

#include "ir/graph.h"

namespace hone::passes {

/// True for nodes that a program can hold: Map, Cast and Pointwise without epilogue, of one output.
bool is_pointwise(const ir::Node* n);

class ProgramBuilder {
 public:
  /// An input register that stands for v.
  void add_input(const ir::Value* v);
  /// Takes over a program whose inputs are these values.
  void add_program(const PwProgram& p, const std::vector<ir::Value*>& inputs, const ir::Value* result);
  /// Appends what the node computes; operands that no register holds become inputs.
  void add_node(const ir::Node* n);

  const std::vector<const ir::Value*>& inputs() const { return inputs_; }
  size_t size() const { return code_.size(); }
  /// The program that computes `result`. Program input i is inputs()[i].
  PwProgram build(const ir::Value* result) const;

 private:
  struct Ref {
    bool input = true;
    int index = 0;
  };
  struct Step {
    PwInstr instr;
    Ref operand[3];
  };
  Ref operand(const ir::Value* v);
  void append(const PwProgram& p, const std::vector<Ref>& in, const ir::Value* result);

  std::vector<const ir::Value*> inputs_;
  std::vector<Step> code_;
  std::map<const ir::Value*, Ref> held_;
};

}  // namespace hone::passes
