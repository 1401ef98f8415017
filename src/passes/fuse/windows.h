// Pass: windows of a tensor that were written in several nodes become one.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Two slices that join to the whole in the other order (a roll) become one slice that wraps around; slices after
/// slices along other axes become one over all of them.
int join_windows(ir::Graph& g, const Options& options);

}  // namespace hone::passes
