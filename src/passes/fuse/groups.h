// Pass: element-wise nodes that feed one another become one pointwise program.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Joins Map, Cast and Pointwise nodes of one output shape where every use of a result is inside of the group; other
/// operands broadcast. To run after epilogue fusion.
int group_pointwise(ir::Graph& g, const Options& options);

}  // namespace hone::passes
