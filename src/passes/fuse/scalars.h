// Pass: arithmetic with constant numbers becomes Map functions of one operand.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// x + c, x - c, c - x, x * c, x / c become Affine (two in a row one Affine), powers of 2, 1/2, -1/2 and -1 their own
/// functions. To run after the recognition of patterns, which are written in the simpler functions.
int fold_scalars(ir::Graph& g, const Options& options);

}  // namespace hone::passes
