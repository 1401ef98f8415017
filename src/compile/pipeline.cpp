// The pipeline reads as a table of contents: what happens to a graph between import and tuning, in order.
#include "compile/pipeline.h"

#include "compile/widen.h"

namespace hone::compile {
namespace {

constexpr passes::Pass kCanonicalize[] = {
    {"remove-dead", [](ir::Graph& g, const passes::Options&) { return g.remove_dead(); }},
};
constexpr passes::Pass kPrecision[] = {
    {"widen", widen},
};
constexpr passes::Pass kFuse[] = {
    {"remove-dead", [](ir::Graph& g, const passes::Options&) { return g.remove_dead(); }},
};

constexpr StageList kStages[] = {
    {"canonicalize", kCanonicalize, 8},
    {"precision", kPrecision, 1},
    {"fuse", kFuse, 4},
};

}  // namespace

std::span<const StageList> stages() { return kStages; }

}  // namespace hone::compile
