// Pass: attention reads its operands out of the product that made all of them.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Where an operand of an Attention node is a slice of whole heads (cut from the result of one product for queries,
/// keys and values), the node reads the heads where they lie and the slice goes.
int attend_in_place(ir::Graph& g, const Options& options);

}  // namespace hone::passes
