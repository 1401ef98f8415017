// The pass driver.
#include "passes/pass.h"

#include <algorithm>
#include <chrono>

namespace hone::passes {
namespace {

int run_recursive(const Pass& p, ir::Graph& g, const Options& o) {
  int changed = with_context([&] { return p.run(g, o); }, [&] { return fmt::format("in pass '{}'", p.name); });
#ifndef NDEBUG
  with_context([&] { g.verify(); }, [&] { return fmt::format("after pass '{}'", p.name); });
#endif
  for (ir::Node* n : g.nodes())
    for (auto& body : n->subgraphs) changed += run_recursive(p, *body, o);
  return changed;
}

}  // namespace

std::vector<PassReport> run_passes(ir::Graph& g, std::span<const Pass> passes, const Options& options, int rounds) {
  std::vector<PassReport> reports;
  for (const Pass& p : passes) reports.push_back({std::string(p.name), 0, 0});
  for (int round = 0; round < rounds; ++round) {
    int changed = 0;
    for (size_t i = 0; i < passes.size(); ++i) {
      if (options.disabled.count(reports[i].name) != 0) continue;
      const auto start = std::chrono::steady_clock::now();
      const int n = run_recursive(passes[i], g, options);
      reports[i].milliseconds +=
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
      reports[i].rewrites += n;
      changed += n;
    }
    if (changed == 0) break;
  }
  return reports;
}

void absorb_origins(ir::Node* to, ir::Node* n) {
  if (to == n) return;
  for (std::string& s : n->origins)
    if (std::find(to->origins.begin(), to->origins.end(), s) == to->origins.end()) to->origins.push_back(std::move(s));
  n->origins.clear();
}

bool replace_node(ir::Graph& g, ir::Node* n, ir::Value* v) {
  ir::Value* out = n->output();
  if (g.is_output(out) && (v->producer() == nullptr || g.is_output(v))) return false;
  g.replace_uses(out, v);
  if (v->producer() != nullptr) absorb_origins(v->producer(), n);
  for (ir::Value* o : n->outputs())
    if (!g.uses(o).empty() || g.is_output(o)) return true;
  g.remove(n);
  return true;
}

}  // namespace hone::passes
