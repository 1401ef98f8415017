// FP16 and BF16 for weakly typed networks.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Lets single-precision nodes compute on FP16 operands, with casts around them that later passes cancel or fuse. Graph
/// inputs and outputs keep their types. Nodes whose results easily leave the range or lose their meaning in half
/// precision (sums of squares, exponentials outside of softmax, running sums, coordinates, what the user pinned to
/// FP32, what stems from nodes that the options keep wide) stay as they are; softmax, normalisations and products
/// accumulate in FP32 inside their kernels.
int narrow_to_half(ir::Graph& g, const Options& options);
/// The same with BF16, whose range is that of FP32.
int narrow_to_brain(ir::Graph& g, const Options& options);

}  // namespace hone::passes
