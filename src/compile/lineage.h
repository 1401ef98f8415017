// What became of every node of a network: names that folding and removal have dropped go to a layer nearby.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "plan/plan.h"

namespace hone::compile {

/// Which nodes of a network read the results of which, by name. Made before anything is rewritten.
class Lineage {
 public:
  explicit Lineage(const ir::Graph& g);
  /// Leaves each name to the first step that has it, and gives each name that no step has to the step of the nearest
  /// node that reads its result; where none does, to the step of a node whose result it reads. A name that is connected
  /// with nothing stays out.
  void complete(plan::PlanGraph& p) const;

 private:
  void connect(const std::string& from, const std::string& to);
  std::vector<std::string> names_;  // producers before readers
  std::map<std::string, std::vector<std::string>> readers_, sources_;
};

}  // namespace hone::compile
