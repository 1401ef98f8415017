// Summary of a list of times.
#pragma once

#include <vector>

namespace tools {

struct Summary {
  double min = 0, max = 0, mean = 0, median = 0, variation = 0;  // variation: standard deviation over mean
  std::vector<double> percentiles;
};

/// Percentiles by linear interpolation between the closest ranks. `values` must not be empty.
Summary summarize(std::vector<double> values, const std::vector<double>& percentiles);

}  // namespace tools
