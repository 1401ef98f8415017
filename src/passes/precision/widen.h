// Pass: half-precision arithmetic becomes single precision with conversions around it, for devices that compute in
// FP32.
#pragma once

#include "passes/pass.h"

namespace hone::passes {

/// Every node that computes in f16 or bf16 computes in f32 instead: its inputs are cast up, its outputs cast back.
/// Nodes that only move data are left alone. Casts down that are cast up again at once are taken out, so intermediate
/// results keep full precision.
int widen(ir::Graph& g, const Options& options);
/// The same for the nodes that the user put on the host of another device (see placement/fences.h).
int widen_fenced(ir::Graph& g, const Options& options);

}  // namespace hone::passes
