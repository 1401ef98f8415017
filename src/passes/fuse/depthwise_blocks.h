// Mobile networks' blocks: a depthwise convolution takes in the 1x1 convolution before it and, of what follows, the
// mean over all pixels or another 1x1 convolution, so that the widest tensors of such a network never leave the caches.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Runs after the fusion of epilogues; fuses only what options.runs accepts.
int fuse_depthwise_blocks(ir::Graph& g, const Options& options);
/// A 1x1 convolution takes in the product of its data with a factor per image and channel.
int fuse_channel_factors(ir::Graph& g, const Options& options);

}  // namespace hone::passes
