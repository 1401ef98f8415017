// The pipeline reads as a table of contents: what happens to a graph between import and tuning, in order.
#include "compile/pipeline.h"

#include "compile/widen.h"
#include "passes/fuse/activations.h"
#include "passes/fuse/attention.h"
#include "passes/fuse/epilogue.h"
#include "passes/fuse/groups.h"
#include "passes/fuse/normalization.h"
#include "passes/fuse/scalars.h"
#include "passes/fuse/selects.h"
#include "passes/fuse/siblings.h"

namespace hone::compile {
namespace {

int remove_dead(ir::Graph& g, const passes::Options&) { return g.remove_dead(); }

constexpr passes::Pass kCanonicalize[] = {
    {"remove-dead", remove_dead},
};
constexpr passes::Pass kPrecision[] = {
    {"widen", widen},
};
// Patterns of several nodes become one operator, before anything is fused into them.
constexpr passes::Pass kRecognize[] = {
    {"recognize-activations", passes::recognize_activations},
    {"recognize-normalizations", passes::recognize_normalizations},
    {"select-through-views", passes::select_through_views},
    {"recognize-attention", passes::recognize_attention},
    {"remove-dead-patterns", remove_dead},
};
// Scalars fold after the recognition, whose patterns are written in plain arithmetic; siblings merge with their
// epilogues.
constexpr passes::Pass kFuse[] = {
    {"fold-scalars", passes::fold_scalars},
    {"fuse-epilogues", passes::fuse_epilogues},
    {"merge-siblings", passes::merge_siblings},
    {"group-pointwise", passes::group_pointwise},
    {"remove-dead-fused", remove_dead},
};

constexpr StageList kStages[] = {
    {"canonicalize", kCanonicalize, 8},
    {"precision", kPrecision, 1},
    {"recognize", kRecognize, 4},
    {"fuse", kFuse, 4},
};

}  // namespace

std::span<const StageList> stages() { return kStages; }

}  // namespace hone::compile
