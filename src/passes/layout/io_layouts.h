// Inputs and outputs in the formats of the program: the graph gets the axes of the memory, and nodes that lead from
// there to the axes of the network and back. Where a device keeps images channels-last, these nodes are views.
#pragma once

#include <vector>

#include "ir/graph.h"
#include "ops/io_layout.h"

namespace hone::passes {

/// One layout per input, then per output, of the graph. Throws ModelError where a tensor cannot lie so.
void apply_io_layouts(ir::Graph& g, const std::vector<IoLayout>& layouts);

/// A row-major tensor with the network's axes as it lies in memory, padding zero.
Tensor in_memory(const IoLayout& l, const Tensor& network);

}  // namespace hone::passes
