// The tail of a heavy node as source: a structure with the tensors that the node's program reads and writes, whose
// run() takes a vector of sums.
#pragma once

#include <optional>

#include "backends/cuda/tactics/product/kernel_parameters.h"

namespace hone::cuda {

struct Product;

struct TailSource {
  std::string definition;   // the program's function and `struct Tail`
  std::string initialiser;  // of a Tail, made of parameters
  int vector = 8;           // columns that it takes at a time
};

/// The output's axes that make up the rows and the columns of the sums; bias: input added to the sums first, one value
/// for each element of axis 1 (-1: none). Needs "math.cuh" and "product.cuh".
TailSource tail_source(const Problem& p, const std::vector<IndexAxis>& row_axes,
                       const std::vector<IndexAxis>& column_axes, int bias, KernelParameters& kernel);

/// A tail whose results leave in boxes by the copy engine (OutBoxes of "product_turns.cuh"): run() replaces a pair of
/// sums by their results.
struct BoxTailSource {
  std::string definition;   // the program's function and `struct Tail`
  std::string initialiser;  // of a Tail, made of parameters
  std::string out;          // the output's map
  std::string taken;        // that of the operand that arrives in the same boxes; empty: there is none
};

/// `chunks`: how many pairs of columns of a tile a thread has. Nothing where the output is no matrix of 16-bit elements
/// that the copy engine can reach.
std::optional<BoxTailSource> box_tail_source(const Problem& p, const Product& product, int chunks,
                                             KernelParameters& kernel);

/// Why the tail cannot be made into code.
Verdict check_tail(const Problem& p);

}  // namespace hone::cuda
