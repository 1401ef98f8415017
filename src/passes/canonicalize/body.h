// Moving nodes of a graph into the body of a control-flow node.
#pragma once

#include <map>

#include "ir/graph.h"

namespace hone::passes {

using ValueMap = std::map<const ir::Value*, ir::Value*>;

/// The nodes of `inside` that `results` need, in graph order; values in `given` are not looked behind.
std::vector<ir::Node*> needed_nodes(const ir::Graph& g, const std::vector<ir::Value*>& results,
                                    const std::set<ir::Node*>& inside, const ValueMap& given);
/// Values that `nodes` and `results` read from elsewhere, constants excepted, in order of first use.
std::vector<ir::Value*> outer_values(const std::vector<ir::Node*>& nodes, const std::vector<ir::Value*>& results,
                                     const ValueMap& given);
/// A body input that stands for an outer value.
ir::Value* capture(ir::Graph& body, const ir::Value* v);
/// Copies nodes into `body`, extending `map`; constants that they read are copied along.
void copy_nodes(ir::Graph& body, const std::vector<ir::Node*>& nodes, ValueMap& map);
/// The counterpart of v: mapped, or a copy of a constant.
ir::Value* counterpart(ir::Graph& body, const ir::Value* v, ValueMap& map);

}  // namespace hone::passes
