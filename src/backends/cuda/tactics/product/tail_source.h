// The tail of a heavy node as source: a structure with the tensors that the node's program reads and writes, whose
// run() takes a vector of sums.
#pragma once

#include "backends/cuda/tactics/product/kernel_parameters.h"

namespace hone::cuda {

struct TailSource {
  std::string definition;   // the program's function and `struct Tail`
  std::string initialiser;  // of a Tail, made of parameters
  int vector = 8;           // columns that it takes at a time
};

/// The output's axes that make up the rows and the columns of the sums; bias: input added to the sums first, one value
/// for each element of axis 1 (-1: none). Needs "math.cuh" and "product.cuh".
TailSource tail_source(const Problem& p, const std::vector<IndexAxis>& row_axes,
                       const std::vector<IndexAxis>& column_axes, int bias, KernelParameters& kernel);

/// Why the tail cannot be made into code.
Verdict check_tail(const Problem& p);

}  // namespace hone::cuda
