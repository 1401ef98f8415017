// Placement through the passes: what the user put on the host is surrounded by Transfer nodes ("fences"), which no
// pattern sees through. Whatever nodes are lowered or fused into inside of a fence is on the host, and nothing is fused
// across one.
#pragma once

#include <set>

#include "passes/pass.h"

namespace hone::passes {

/// Surrounds the nodes marked force_host and takes the marks away. Constants and control flow are left alone: the one
/// is wherever it is read, the other is the host's business anyway.
int raise_fences(ir::Graph& g, const Options& options);
/// Takes away fences that separate nothing any more: round trips, and values that are known from shapes.
int settle_fences(ir::Graph& g, const Options& options);
/// The nodes inside of the graph's fences; empty where there are none.
std::set<const ir::Node*> fenced(const ir::Graph& g);
/// Takes all fences of the graph away (not those of bodies); marks the nodes that were inside as force_host if
/// `keep_marks`. Returns how many nodes were inside.
int lower_fences(ir::Graph& g, bool keep_marks);

}  // namespace hone::passes
