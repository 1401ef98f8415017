// Placement of tensors in one block of memory by lifetime.
#pragma once

#include <cstddef>
#include <vector>

namespace hone::runtime {

struct Interval {
  int first = 0, last = 0;  // steps in which the storage is needed, inclusive
  size_t size = 0;          // bytes
  size_t offset = 0;        // result; 64-byte aligned
};

/// Gives every interval an offset such that intervals that overlap in time do not overlap in memory; largest first,
/// lowest gap that fits. Returns the bytes needed.
size_t place(std::vector<Interval>& intervals);

}  // namespace hone::runtime
