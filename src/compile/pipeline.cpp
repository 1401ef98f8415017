// The pipeline reads as a table of contents: what happens to a graph between import and tuning, in order.
#include "compile/pipeline.h"

#include "passes/canonicalize/canonicalize.h"
#include "passes/fuse/activations.h"
#include "passes/fuse/attention.h"
#include "passes/fuse/attention_operands.h"
#include "passes/fuse/depthwise_blocks.h"
#include "passes/fuse/epilogue.h"
#include "passes/fuse/groups.h"
#include "passes/fuse/normalization.h"
#include "passes/fuse/scalars.h"
#include "passes/fuse/selects.h"
#include "passes/fuse/siblings.h"
#include "passes/fuse/sink_views.h"
#include "passes/fuse/transposes.h"
#include "passes/fuse/windows.h"
#include "passes/placement/fences.h"
#include "passes/precision/narrow.h"
#include "passes/precision/store_narrow.h"
#include "passes/precision/widen.h"

namespace hone::compile {
namespace {

int remove_dead(ir::Graph& g, const passes::Options&) { return g.remove_dead(); }

// Control flow gets its structure first. Nothing is computed that is known; nothing is left that only the network API
// needs. The result is the portable graph.
constexpr passes::Pass kCanonicalize[] = {
    // Before any rewrite: what the user put on the host stays together, and apart from the rest.
    {"raise-fences", passes::raise_fences},
    {"structurize", passes::structurize},
    {"lower-layers", passes::lower_layers},
    {"lower-einsum", passes::lower_einsum},
    {"fold-constants", passes::fold_constants},
    {"fold-shapes", passes::fold_shapes},
    {"settle-fences", passes::settle_fences},
    {"simplify-control", passes::simplify_control},
    {"remove-noops", passes::remove_noops},
    {"simplify-algebra", passes::simplify_algebra},
    {"merge-common", passes::merge_common},
    // Before affine folding, which would take pieces out of these patterns.
    {"recognize-activations", passes::recognize_activations},
    {"recognize-normalizations", passes::recognize_normalizations},
    {"fold-affine", passes::fold_affine},
    {"remove-dead", remove_dead},
};
// The CPU device computes in FP32 whatever the types say; other devices compute in the types of the graph, which weakly
// typed networks leave to the builder.
constexpr passes::Pass kWiden[] = {
    {"widen", passes::widen},
    {"fold-widened-constants", passes::fold_constants},
    {"remove-widened-noops", passes::remove_noops},
    {"remove-dead-widened", remove_dead},
};
// What the user put on the host computes there as the CPU device does.
constexpr passes::Pass kWidenFenced[] = {
    {"widen-fenced", passes::widen_fenced},
    {"fold-widened-constants", passes::fold_constants},
    {"remove-widened-noops", passes::remove_noops},
    {"remove-dead-widened", remove_dead},
};
constexpr passes::Pass kNarrowToHalf[] = {
    {"widen-fenced", passes::widen_fenced},
    {"narrow-to-half", passes::narrow_to_half},
    {"fold-narrowed-constants", passes::fold_constants},
    {"remove-narrowed-noops", passes::remove_noops},
    {"remove-dead-narrowed", remove_dead},
};
constexpr passes::Pass kNarrowToBrain[] = {
    {"widen-fenced", passes::widen_fenced},
    {"narrow-to-brain", passes::narrow_to_brain},
    {"fold-narrowed-constants", passes::fold_constants},
    {"remove-narrowed-noops", passes::remove_noops},
    {"remove-dead-narrowed", remove_dead},
};
// Patterns of several nodes become one operator, before anything is fused into them.
constexpr passes::Pass kRecognize[] = {
    {"move-transposes", passes::move_transposes},
    {"select-through-views", passes::select_through_views},
    {"recognize-attention", passes::recognize_attention},
    {"sink-views", passes::sink_views},
    {"fold-recognized-constants", passes::fold_constants},
    {"remove-recognized-noops", passes::remove_noops},
    {"remove-dead-patterns", remove_dead},
};
// Scalars fold after the recognition, whose patterns are written in plain arithmetic; siblings merge with their
// epilogues.
constexpr passes::Pass kFuseOnHost[] = {
    {"fold-input-scales", passes::fold_input_scales},
    {"fold-scalars", passes::fold_scalars},
    {"fuse-epilogues", passes::fuse_epilogues},
    {"merge-siblings", passes::merge_siblings},
    {"attend-in-place", passes::attend_in_place},
    {"fuse-depthwise-blocks", passes::fuse_depthwise_blocks},
    {"fuse-channel-factors", passes::fuse_channel_factors},
    {"group-pointwise", passes::group_pointwise},
    {"remove-dead-fused", remove_dead},
};
// With BF16 between layers, the library's convolutions on BF16 units take the place of fused blocks, which compute in
// FP32.
constexpr passes::Pass kFuseOnHostBrain[] = {
    {"fold-input-scales", passes::fold_input_scales},
    {"fold-scalars", passes::fold_scalars},
    {"fuse-epilogues", passes::fuse_epilogues},
    {"merge-siblings", passes::merge_siblings},
    {"attend-in-place", passes::attend_in_place},
    {"group-pointwise", passes::group_pointwise},
    {"remove-dead-fused", remove_dead},
};
constexpr passes::Pass kStoreInBrain[] = {{"store-in-brain", passes::store_in_brain}};
// The blocks of mobile networks as one layer are the CPU device's own.
constexpr passes::Pass kFuse[] = {
    {"join-windows", passes::join_windows},       {"fold-input-scales", passes::fold_input_scales},
    {"fold-scalars", passes::fold_scalars},       {"fuse-epilogues", passes::fuse_epilogues},
    {"merge-siblings", passes::merge_siblings},   {"attend-in-place", passes::attend_in_place},
    {"group-pointwise", passes::group_pointwise}, {"remove-dead-fused", remove_dead},
};

constexpr StageList kCanonicalizeStage = {"canonicalize", kCanonicalize, 8};
constexpr StageList kRecognizeStage = {"recognize", kRecognize, 4};
constexpr StageList kFuseStage = {"fuse", kFuse, 4};
constexpr StageList kFuseOnHostStage = {"fuse", kFuseOnHost, 4};

constexpr StageList kHostBrainStages[] = {kCanonicalizeStage,
                                          {"precision", kWiden, 2},
                                          kRecognizeStage,
                                          {"fuse", kFuseOnHostBrain, 4},
                                          {"storage", kStoreInBrain, 1}};
constexpr StageList kHostStages[] = {kCanonicalizeStage, {"precision", kWiden, 2}, kRecognizeStage, kFuseOnHostStage};
// Patterns are recognised in the network's own types; what they became is narrowed before scalars fold into it.
constexpr StageList kTypedStages[] = {kCanonicalizeStage, kRecognizeStage, {"precision", kWidenFenced, 2}, kFuseStage};
constexpr StageList kHalfStages[] = {kCanonicalizeStage, kRecognizeStage, {"precision", kNarrowToHalf, 2}, kFuseStage};
constexpr StageList kBrainStages[] = {
    kCanonicalizeStage, kRecognizeStage, {"precision", kNarrowToBrain, 2}, kFuseStage};

}  // namespace

std::span<const StageList> stages(Target target) {
  switch (target) {
    case Target::kHost:
      return kHostStages;
    case Target::kHostBrain:
      return kHostBrainStages;
    case Target::kAsTyped:
      return kTypedStages;
    case Target::kHalf:
      return kHalfStages;
    case Target::kBrain:
      break;
  }
  return kBrainStages;
}

}  // namespace hone::compile
