// Plain evaluation of a graph, node by node, through the operators' reference evaluations: the oracle of every test and
// the folder of constants.
#pragma once

#include <functional>
#include <vector>

#include "ir/graph.h"

namespace hone::ir {

/// Called after each node with its results (top-level nodes and those of bodies).
using NodeObserver = std::function<void(const Node&, std::span<const Tensor>)>;

/// Outputs for these inputs (one per graph input, concrete dims). Symbols of input shapes are bound by the inputs'
/// dims. Throws ModelError where an input does not fit.
std::vector<Tensor> evaluate(const Graph& g, std::span<const Tensor> inputs, const NodeObserver& observer = nullptr);

/// Values of shape symbols.
using Bindings = std::map<std::string, int64_t>;
/// Matches concrete dims with a symbolic shape, binding or checking symbols that stand alone; throws ModelError naming
/// the tensor, the axis and both numbers.
void bind(const std::string& tensor, const Shape& shape, const Dims& dims, Bindings& b);

/// Results of one node (its epilogue and, for control flow, its bodies included). HostDims contents are looked up in
/// `b`.
std::vector<Tensor> evaluate_node(const Node& n, std::span<const Tensor* const> inputs, Bindings& b,
                                  const NodeObserver& observer = nullptr);

}  // namespace hone::ir
