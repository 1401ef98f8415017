// Pass: transposes of a product's rows move to where attention takes them in.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// A transpose that keeps the last axis and what works on that axis alone (a product with a matrix, element-wise nodes)
/// change places: before the product of queries, keys and values the transpose moves down to the views that cut the
/// heads, behind the product of the results up to the transpose that gathers them. Modules that work on [sequence,
/// batch, channels] cost no copies then where the rest of a network is [batch, sequence, channels].
int move_transposes(ir::Graph& g, const Options& options);

}  // namespace hone::passes
