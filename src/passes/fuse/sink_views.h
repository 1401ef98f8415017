// Pass: element-wise nodes behind a reshape of a heavy node's result move before the reshape.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Product, reshape, residual addition becomes product, addition, reshape, so that the addition can be an epilogue;
/// the other operand is reshaped instead, which costs nothing. Transposes that only move extents of 1 become reshapes.
int sink_views(ir::Graph& g, const Options& options);

}  // namespace hone::passes
