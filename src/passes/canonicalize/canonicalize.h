// Passes that bring a graph into its portable form: nothing computed that is known, no composite of the network API, no
// node without an effect. Each pass has one file; all follow the contract of passes::Pass.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Loop and conditional boundary nodes of the network API become Loop and If with bodies. Must run before anything that
/// needs an order of the nodes: until then recurrences are cycles. Not a pass of the driver: it runs once, first.
int structurize(ir::Graph& g, const Options& options);

/// Nodes all of whose inputs are constants become constants, within options.fold_limit.
int fold_constants(ir::Graph& g, const Options& options);
/// Values whose elements are known expressions over the dims of the graph's inputs become HostDims nodes, and integer
/// arguments that are constant become attributes.
int fold_shapes(ir::Graph& g, const Options& options);
/// Shuffle, Squeeze, Unsqueeze and Scale become Transpose, Reshape and Map.
int lower_layers(ir::Graph& g, const Options& options);
/// Einstein summations of two operands that are matrix products become Transpose, Reshape and MatMul.
int lower_einsum(ir::Graph& g, const Options& options);
/// Views and casts that change nothing or undo one another go; chains of them become one.
int remove_noops(ir::Graph& g, const Options& options);
/// Element-wise identities: x*1, x+0, x^2, x^0.5, x*x, max(x,0) ...
int simplify_algebra(ir::Graph& g, const Options& options);
/// Multiplications and additions by per-channel constants behind convolutions and matrix products become part of their
/// weights and bias.
int fold_affine(ir::Graph& g, const Options& options);
/// Multiplications by one number in front of them do so too. Runs after the recognition of activations, whose last
/// factor it would take away (the half of GELU).
int fold_input_scales(ir::Graph& g, const Options& options);
/// Equal nodes on equal inputs become one.
int merge_common(ir::Graph& g, const Options& options);
/// Ifs whose condition is known give way to the branch taken; constants that bodies capture move into them.
int simplify_control(ir::Graph& g, const Options& options);

}  // namespace hone::passes
