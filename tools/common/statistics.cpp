#include "common/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tools {
namespace {
double at(const std::vector<double>& sorted, double percent) {
  const double r = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(r), high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (r - static_cast<double>(low));
}
}  // namespace

Summary summarize(std::vector<double> v, const std::vector<double>& percentiles) {
  std::sort(v.begin(), v.end());
  Summary s;
  s.min = v.front();
  s.max = v.back();
  s.mean = std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
  s.median = at(v, 50);
  double q = 0;
  for (double x : v) q += (x - s.mean) * (x - s.mean);
  s.variation = s.mean > 0 ? std::sqrt(q / static_cast<double>(v.size())) / s.mean : 0;
  for (double p : percentiles) s.percentiles.push_back(at(v, p));
  return s;
}

}  // namespace tools
