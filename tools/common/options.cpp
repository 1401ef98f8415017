// Lists inside flags.
#include "common/options.h"

#include <fmt/format.h>

#include <algorithm>

namespace tools {

bool matches(const std::string& pattern, const std::string& text) {
  size_t p = 0, t = 0, star = std::string::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string::npos;
}

const std::string* find_pattern(const std::vector<std::pair<std::string, std::string>>& specs,
                                const std::string& name) {
  const std::pair<std::string, std::string>* best = nullptr;
  for (const auto& s : specs) {
    if (s.first == name) return &s.second;
    if ((best == nullptr || s.first.size() > best->first.size()) && matches(s.first, name)) best = &s;
  }
  return best != nullptr ? &best->second : nullptr;
}

std::vector<std::string> split(const std::string& s, char by) {
  std::vector<std::string> r;
  size_t begin = 0;
  for (size_t i = 0; i <= s.size(); ++i)
    if (i == s.size() || s[i] == by) {
      if (i > begin) r.push_back(s.substr(begin, i - begin));
      begin = i + 1;
    }
  return r;
}

std::string unquoted(const std::string& s) {
  return s.size() >= 2 && s.front() == '\'' && s.back() == '\'' ? s.substr(1, s.size() - 2) : s;
}

namespace {

int64_t number(const std::string& flag, const std::string& s) {
  size_t used = 0;
  int64_t v = 0;
  try {
    v = std::stoll(s, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != s.size()) throw UserError(fmt::format("--{}: '{}' is not a number", flag, s));
  return v;
}

}  // namespace

// "name:1x3x224x224": the last colon that is followed by dims ends the name (names may hold colons).
ShapeMap parse_shapes(const std::string& flag, const std::string& text) {
  ShapeMap r;
  for (const std::string& item : split(text, ',')) {
    const size_t colon = item.rfind(':');
    const std::string name = colon == std::string::npos ? "" : unquoted(item.substr(0, colon)),
                      dims = colon == std::string::npos ? item : item.substr(colon + 1);
    std::vector<int64_t> d;
    if (dims != "scalar")
      for (const std::string& x : split(dims, 'x')) {
        d.push_back(number(flag, x));
        if (d.back() < 0) throw UserError(fmt::format("--{}: extent {} in '{}'", flag, d.back(), item));
      }
    r.emplace_back(name, std::move(d));
  }
  if (r.empty()) throw UserError(fmt::format("--{} needs shapes, as input:1x3x224x224", flag));
  return r;
}

Options with_engine_names(Options o, const std::vector<std::string>& inputs) {
  auto is_input = [&](const std::string& s) { return std::find(inputs.begin(), inputs.end(), s) != inputs.end(); };
  auto rename = [&](auto& named) {
    for (auto& [name, value] : named)
      if (!is_input(name) && is_input("__" + name)) name.insert(0, "__");
  };
  for (ShapeMap* m : {&o.shapes, &o.min_shapes, &o.opt_shapes, &o.max_shapes}) rename(*m);
  for (auto& [number, shapes] : o.more_profiles)
    for (ShapeMap* m : {&shapes.min, &shapes.opt, &shapes.max}) rename(*m);
  rename(o.load_inputs);
  return o;
}

}  // namespace tools
