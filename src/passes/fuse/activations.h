// Pass: activations written out in simpler functions become one Map function each.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Recognises SiLU (and x * sigmoid(a x)), GELU (error function and tanh, in the forms exporters write), hard-sigmoid,
/// hard-swish, Mish, softplus, sigmoid, clips and ReLU of floating-point values.
int recognize_activations(ir::Graph& g, const Options& options);

}  // namespace hone::passes
