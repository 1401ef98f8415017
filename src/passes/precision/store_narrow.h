// BF16 as the type in which activations lie in memory, for devices that compute in FP32 or on BF16 operands with sums
// in FP32.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Stores FP32 values between nodes in BF16 where the nodes on both sides have kernels that write and read it
/// (Options::stores_brain); no cast is needed. Programs of fused nodes, weights, graph inputs and outputs keep their
/// types; sums are formed in FP32. What the options keep wide, and what has no kernel, stays between FP32 tensors.
/// Comes last: types of values are no longer what the operators' rules would infer from their operands.
int store_in_brain(ir::Graph& g, const Options& options);

}  // namespace hone::passes
