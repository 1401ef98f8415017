// Compilation of generated kernels ahead of timing, on all cores.
#pragma once

#include <utility>
#include <vector>

#include "backends/backend.h"

namespace hone::tune {

class CompileJobs {
 public:
  /// The first `most` tactics that support the problem and promise something will be compiled for it. What the problem
  /// points to must outlive run().
  void add(const Problem& p, std::span<const Tactic* const> tactics, int most);
  /// Returns when all is compiled. A kernel that does not compile is left for the timing to report.
  void run();

 private:
  std::vector<std::pair<const Tactic*, Problem>> jobs_;
};

}  // namespace hone::tune
