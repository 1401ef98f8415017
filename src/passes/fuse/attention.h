// Pass: scaled dot-product attention written in matrix products and softmax becomes Attention nodes.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Recognises softmax(scale * Q K^T + mask) V with the scale on the scores or on Q and K, additive masks, masks by
/// selection, masks added under a reshape (window attention), and the clean-up of NaNs that exporters write. Transposes
/// and reshapes around the operands and repeated key/value heads become the node's permutations and head ratio.
int recognize_attention(ir::Graph& g, const Options& options);

}  // namespace hone::passes
