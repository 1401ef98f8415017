// Pass: element-wise nodes after a convolution or matrix product become its epilogue.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Bias, residual additions, scales, activations and conversions between floating-point types, one after another, while
/// each result has one user and keeps its shape. At most eight steps, each with at most one other operand, which
/// broadcasts to the result.
int fuse_epilogues(ir::Graph& g, const Options& options);

}  // namespace hone::passes
