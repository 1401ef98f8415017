// What the canonicalisation passes share: replacing nodes without losing the names they stand for, and looking at
// constants.
#pragma once

#include <optional>

#include "passes/pass.h"

namespace hone::passes {

/// Everything that reads n's first output reads v instead; n goes, and with it the nodes that served only n. Their
/// origins go to the node that does their work now: v's producer, or, where that is a constant or a graph input, the
/// first node that reads v. False (nothing done) where v cannot stand in for a graph output.
bool substitute(ir::Graph& g, ir::Node* n, ir::Value* v);
/// Removes n if nothing uses it, then its producers in turn; their origins go to `heir` (null: they are dropped). Only
/// n and nodes before it go, so that a walk over a copy of Graph::nodes() may go on behind n.
void retire(ir::Graph& g, ir::Node* n, ir::Node* heir);

/// True for Constant and HostDims: values without a computation.
bool is_literal(const ir::Node* n);
/// The number that all elements of a floating-point or integer constant are; nullopt otherwise.
std::optional<double> splat(const ir::Value* v);
/// Same symbolic dims.
bool same_shape(const ir::Value* a, const ir::Value* b);
/// Arguments of a Reshape from `in` to `out` as numbers (0: copied, one -1: inferred); nullopt where they cannot say
/// it.
std::optional<std::vector<int64_t>> reshape_argument(const Shape& in, const Shape& out);
/// A Reshape of v to `out` placed before `before`: by numbers, else through a HostDims input. Null where `out` has
/// symbols that only the run knows.
ir::Node* insert_reshape(ir::Graph& g, ir::Node* before, const std::string& name, ir::Value* v, const Shape& out);
/// True where every symbol is one of the graph's inputs (or of an enclosing graph): known before the run.
bool is_known_before_run(const Dim& d);

}  // namespace hone::passes
