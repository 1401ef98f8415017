// What a pass is, and the driver that runs passes: each pass rewrites a graph in place and says how much it changed.
// The driver times it, verifies the graph after it in debug builds, recurses into bodies and can disable passes by
// name.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace hone::passes {

/// What the user allows; passes read it.
struct Options {
  bool keep_debug_tensors = false;        // no fusion across values that were marked
  int64_t fold_limit = int64_t{1} << 26;  // largest folded constant, in elements
  std::set<std::string> disabled;         // pass names
  std::set<std::string> keep_wide;        // nodes of the model that are never narrowed
  /// Whether the device has a kernel for a node, its images channels-last, that promises to be fast. Asked about nodes
  /// that only some devices have; where it is unset, all nodes are taken to run.
  std::function<bool(const ir::Node&)> runs;
  /// Whether the device has a kernel for a node with the types that its values have now, some of them BF16 in memory,
  /// that is worth it. Unset: all nodes are taken to run.
  std::function<bool(const ir::Node&)> stores_brain;
};

struct Pass {
  std::string_view name;
  /// Rewrites g (not its bodies: the driver visits them) and returns how many rewrites it made. Nodes that go hand
  /// their origins to the node that takes their place (absorb_origins).
  int (*run)(ir::Graph& g, const Options& options);
};

struct PassReport {
  std::string name;
  int rewrites = 0;
  double milliseconds = 0;
};

/// Runs the passes in order over g and all its bodies, repeating the whole list until nothing changes (at most `rounds`
/// times).
std::vector<PassReport> run_passes(ir::Graph& g, std::span<const Pass> passes, const Options& options, int rounds = 1);

/// Appends n's origins to those of `to` (without duplicates) and clears them.
void absorb_origins(ir::Node* to, ir::Node* n);
/// Replaces all uses of n's first output by v, hands its origins to v's producer (where there is one) and removes n if
/// nothing uses it any more. False (nothing done) where v cannot stand in: n's output is a graph output and v is a
/// graph input or an output itself.
bool replace_node(ir::Graph& g, ir::Node* n, ir::Value* v);

}  // namespace hone::passes
