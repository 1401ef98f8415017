// Translation of a node's fused pointwise program into the epilogue that the matrix kernels apply to their tiles.
#pragma once

#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/cpu/simd/epilogue.h"

namespace hone::cpu {

/// How an output tensor is laid over the rows and columns of a matrix product.
struct OutputMatrix {
  Dims dims;                        // of the output, in logical order
  Format format = Format::kLinear;  // channels-last: columns are axis 1; linear: columns are the last axis
  /// Operands may broadcast in any way; those that Operand cannot express get rows_per_item 0.
  bool any_operand = false;
  bool brain_operands = false;  // operands may be stored in bf16, too
  bool columns = true;          // false: the output is a vector of rows, which the kernels' epilogue does not address
};

/// A program as a chain of steps, with the node input that each step's operand comes from (-1: none).
struct EpilogueChain {
  std::vector<Step> steps;
  std::vector<int> inputs;
  std::string failure;  // why the program is not such a chain; empty: it is
};
EpilogueChain epilogue_chain(const Problem& p, const OutputMatrix& out);

/// An epilogue whose pointers are filled in at each launch.
class EpiloguePlan {
 public:
  EpiloguePlan() = default;
  /// Never fails where check() says yes. Bias, if the node has one apart from the program, is set by the caller.
  EpiloguePlan(const Problem& p, const OutputMatrix& out, bool has_bias);

  /// Whether the program is a chain that the kernels can run: each step takes the result of the step before and at most
  /// one tensor that is full, or constant along rows, columns or images.
  static Verdict check(const Problem& p, const OutputMatrix& out);

  /// A copy with the pointers of this launch. column0: first output column of a group of channels.
  Epilogue bind(const Launch& l, int64_t column0 = 0) const noexcept;
  bool empty() const { return proto_.step_count == 0 && !proto_.clip && bindings_.empty(); }

 private:
  struct Binding {
    int target;  // step index, or one of the constants below
    int input;   // of the node
  };
  static constexpr int kResidual = -1, kBias = -2;

  Epilogue proto_;
  std::vector<Binding> bindings_;
};

}  // namespace hone::cpu
