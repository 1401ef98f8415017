// Pass: picking one index of an axis becomes a slice of the memory behind it.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Gather with one constant index looks through the reshapes and transposes before it: Q, K and V that are cut out of
/// one product become slices of it, and the transpose of all three goes.
int select_through_views(ir::Graph& g, const Options& options);

}  // namespace hone::passes
