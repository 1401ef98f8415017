// Greedy-by-size offset assignment (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
// 2020).
#include "runtime/arena.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace hone::runtime {

size_t place(std::vector<Interval>& v) {
  constexpr size_t kAlign = 64;
  std::vector<size_t> order(v.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return v[a].size > v[b].size; });
  std::vector<size_t> placed;  // sorted by offset
  size_t total = 0;
  for (size_t i : order) {
    Interval& x = v[i];
    const size_t size = (x.size + kAlign - 1) / kAlign * kAlign;
    size_t at = 0, best = SIZE_MAX, best_gap = SIZE_MAX;
    for (size_t j : placed) {
      const Interval& y = v[j];
      if (y.last < x.first || x.last < y.first) continue;
      if (y.offset > at && y.offset - at >= size && y.offset - at < best_gap) {
        best = at;
        best_gap = y.offset - at;
      }
      at = std::max(at, y.offset + (y.size + kAlign - 1) / kAlign * kAlign);
    }
    x.offset = best != SIZE_MAX ? best : at;
    total = std::max(total, x.offset + size);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                   [&](size_t a, size_t b) { return v[a].offset < v[b].offset; }),
                  i);
  }
  return total;
}

}  // namespace hone::runtime
