// THE ordered list of passes, by stage.
#pragma once

#include <span>

#include "passes/pass.h"

namespace hone::compile {

struct StageList {
  std::string_view name;
  std::span<const passes::Pass> passes;
  int rounds;  // the list repeats until nothing changes, at most so often
};

/// Which arithmetic the device gets: the host's FP32, the types of the graph, or FP16 / BF16 where that is harmless.
/// kHostBrain: FP32, and BF16 in memory between layers.
enum class Target { kHost, kHostBrain, kAsTyped, kHalf, kBrain };

/// Stages in order: the graph after "canonicalize" is portable; after the last it is ready for tuning.
std::span<const StageList> stages(Target target = Target::kHost);

}  // namespace hone::compile
