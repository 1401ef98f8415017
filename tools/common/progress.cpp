#include "common/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace tools {

void ProgressBar::phaseStart(char const* name, char const*, int32_t steps) noexcept {
  phases_[name] = {std::max(1, steps), -1, std::chrono::steady_clock::now()};
}

bool ProgressBar::stepComplete(char const* name, int32_t step) noexcept {
  Phase& p = phases_[name];
  const int percent = static_cast<int>(std::min<int64_t>(100, int64_t{100} * (step + 1) / std::max(1, p.steps)));
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  if (percent == p.last_percent || (!terminal && percent / 25 == p.last_percent / 25 && p.last_percent >= 0))
    return true;
  p.last_percent = percent;
  const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - p.start).count();
  const double left = percent > 0 ? s * (100 - percent) / percent : 0;
  fmt::print(stderr, "{}{:<14} {:3d} %, {:.1f} s, about {:.1f} s left{}", terminal ? "\r" : "", name, percent, s, left,
             terminal ? "   " : "\n");
  std::fflush(stderr);
  return true;
}

void ProgressBar::phaseFinish(char const* name) noexcept {
  if (isatty(STDERR_FILENO) != 0 && phases_[name].last_percent >= 0) fmt::print(stderr, "\n");
  phases_.erase(name);
}

}  // namespace tools
