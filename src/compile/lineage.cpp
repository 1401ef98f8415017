#include "compile/lineage.h"

#include <algorithm>

#include "ops/constant.h"

namespace hone::compile {
namespace {

using Places = std::map<std::string, size_t>;  // name -> step of the top graph

/// Notes where each name is; the first step that has it keeps it. A node whose constant result went to several readers
/// came with each of them.
void find_places(plan::PlanStep& s, size_t top, Places& places) {
  std::vector<std::string> kept;
  for (std::string& o : s.origins)
    if (places.emplace(o, top).second) kept.push_back(std::move(o));
  s.origins = std::move(kept);
  for (const auto& b : s.bodies)
    for (plan::PlanStep& inner : b->steps) find_places(inner, top, places);
}

}  // namespace

void Lineage::connect(const std::string& from, const std::string& to) {
  if (from == to) return;
  readers_[from].push_back(to);
  sources_[to].push_back(from);
}

Lineage::Lineage(const ir::Graph& g) {
  for (const ir::Node* n : g.nodes()) {
    if (n->is(kConstantOp)) continue;
    for (const std::string& o : n->origins) {
      names_.push_back(o);
      for (const ir::Value* v : n->outputs())
        for (const auto& [user, i] : g.uses(v))
          for (const std::string& reader : user->origins) connect(o, reader);
    }
  }
}

void Lineage::complete(plan::PlanGraph& p) const {
  Places places;
  for (size_t i = 0; i < p.steps.size(); ++i) find_places(p.steps[i], i, places);
  const auto give = [&](const std::string& name, const std::map<std::string, std::vector<std::string>>& neighbours) {
    if (places.count(name) != 0) return;
    const auto list = neighbours.find(name);
    if (list == neighbours.end()) return;
    for (const std::string& other : list->second) {
      const auto hit = places.find(other);
      if (hit == places.end()) continue;
      p.steps[hit->second].origins.push_back(name);
      places.emplace(name, hit->second);
      return;
    }
  };
  for (size_t i = names_.size(); i-- > 0;) give(names_[i], readers_);
  for (const std::string& name : names_) give(name, sources_);
}

}  // namespace hone::compile
