// What is checked of a plan once shapes are concrete. A plan is untrusted: nothing that it says may make a kernel leave
// its tensors.
#pragma once

#include "backends/backend.h"
#include "plan/plan.h"

namespace hone::runtime {

/// Throws ModelError unless what the layer writes follows from what it reads, and its epilogue's operands broadcast.
void check_problem(const Problem& p);

/// Throws ModelError unless the tactic has folded what the plan says it has, which is then nowhere else to be read.
void check_folds(const plan::PlanStep& s, const Tactic& tactic, const Problem& p);

}  // namespace hone::runtime
