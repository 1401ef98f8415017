// Boundary nodes of the network API's loops and conditionals, which share one graph with the rest; the structurize pass
// turns them into Loop and If.
#pragma once

#include "ops/op.h"

namespace hone {

enum class FlatLoopRole {
  kRecurrence,
  kTripLimit,
  kIterator,
  kLoopOutput,
  kCondition,
  kConditionalInput,
  kConditionalOutput
};
inline constexpr std::array<std::string_view, 7> kFlatLoopRoleNames = {
    "recurrence", "trip_limit", "iterator", "loop_output", "condition", "conditional_input", "conditional_output"};
struct FlatLoopAttrs : AttributesOf<FlatLoopAttrs> {
  FlatLoopRole role = FlatLoopRole::kRecurrence;
  int64_t scope = 0;  // which loop or conditional
  int64_t kind = 0;   // TripLimit: 0 count, 1 while; LoopOutput: 0 last value, 1 concatenate, 2 reverse
  int64_t axis = 0;
  bool reverse = false;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "role", role, kFlatLoopRoleNames), v.field("scope", scope), v.field("kind", kind),
        v.field("axis", axis), v.field("reverse", reverse);
  }
};

}  // namespace hone
