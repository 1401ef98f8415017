// Text as JSON has it.
#pragma once

#include <fmt/format.h>

#include <string>

namespace tools {

/// The text in quotes, with what JSON does not allow in them escaped.
inline std::string json_text(const std::string& s) {
  std::string r = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\')
      r += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20)
      r += fmt::format("\\u{:04x}", static_cast<int>(c));
    else
      r += c;
  }
  return r + "\"";
}

}  // namespace tools
