// Kernels that gather a state over some axes of a tensor for every index of the others: reductions, positions of
// extremes, moments of normalisations.
#pragma once

#include <functional>

#include "backends/cuda/axes.h"
#include "backends/cuda/kernel_source.h"

namespace hone::cuda {

struct Reduction {
  Nest kept;     // operands: input, output; in the order in which results are written
  Nest reduced;  // operand: input
  size_t input = 0;
  DType type = DType::kF32;  // of the input
  /// Defines State (plain, of whole 32-bit words), state_start(), state_add(State&, value, Index position in `reduced`)
  /// and state_merge(State&, const State&), which must not depend on the order.
  std::string state;
  size_t state_bytes = 4;
  std::string header;  // that the state needs beside convert.cuh
  /// Adds what the last part needs: parameters, and code that sees `s`, the result's number `o` in `kept` and its
  /// offset `to` in the output.
  std::string finish;
  std::function<void(KernelSource&)> parameters;

  /// The launches; partial states go to the workspace at this offset.
  std::vector<Recipe> recipes(int64_t workspace_offset = 0) const;
  /// Bytes of it.
  size_t workspace() const;

 private:
  struct Shape;
  Shape shape() const;
  Recipe gather(const Shape& s, int64_t workspace_offset) const;
  Recipe combine(const Shape& s, int64_t workspace_offset) const;
};

/// The axes of `x` split by `is_reduced`; kept axes are those of `y` where the operator keeps them, in its memory
/// order.
Reduction reduction_over(const TensorDesc& x, const std::vector<bool>& is_reduced, const TensorDesc& y, bool keep_dims);

}  // namespace hone::cuda
