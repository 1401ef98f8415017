// Pass: products and convolutions that share an input and have constant weights become one wider node.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Merges matrix products (Q, K and V) and convolutions of one window (the 1x1 convolutions of an inception module)
/// whose attributes and epilogues are alike; slices give the parts. To run after epilogue fusion.
int merge_siblings(ir::Graph& g, const Options& options);

}  // namespace hone::passes
