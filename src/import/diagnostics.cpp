// Text of diagnostics.
#include "import/diagnostics.h"

#include <fmt/format.h>

namespace hone::import {

std::string str(const Diagnostic& d) {
  std::string text;
  if (!d.type.empty() || !d.node.empty()) {
    text += fmt::format("node '{}' ({}", d.node, d.type);
    if (d.opset > 0) text += fmt::format(", opset {}", d.opset);
    if (!d.domain.empty()) text += fmt::format(", domain '{}'", d.domain);
    text += ")";
    if (!d.scope.empty()) text += " in " + d.scope;
    text += ": ";
  }
  text += d.reason;
  if (!d.remedy.empty()) text += "; " + d.remedy;
  return text;
}

std::string str(const std::vector<Diagnostic>& all) {
  std::string text;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0) text += "\n";
    if (all.size() > 1) text += fmt::format("[{}/{}] ", i + 1, all.size());
    text += str(all[i]);
  }
  return text;
}

}  // namespace hone::import
