// Pass: normalisations written in reductions and arithmetic become Normalization nodes.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Recognises layer norm ((x - mean) / sqrt(mean((x - mean)^2) + eps)) and RMS norm (x / sqrt(mean(x^2) + eps)), takes
/// in a scale and a bias that follow, and turns instance norm over reshaped groups into group norm.
int recognize_normalizations(ir::Graph& g, const Options& options);

}  // namespace hone::passes
