// Iteration over broadcast operands for reference evaluations.
#pragma once

#include <vector>

#include "ops/dim.h"

namespace hone {

/// Element strides of an operand of `dims` broadcast to `out` (0 along broadcast axes), one per axis of `out`.
inline std::vector<int64_t> broadcast_strides(const Dims& dims, const Dims& out) {
  std::vector<int64_t> s(out.size(), 0);
  int64_t step = 1;
  for (size_t k = 0; k < dims.size() && k < out.size(); ++k) {
    const size_t i = dims.size() - 1 - k;
    if (dims[i] != 1) s[out.size() - 1 - k] = step;
    step *= dims[i];
  }
  return s;
}

/// Calls f(output index, operand offsets) for every element of `out` in order.
template <class F>
void for_each_broadcast(const Dims& out, const std::vector<std::vector<int64_t>>& strides, F&& f) {
  const int64_t n = volume(out);
  std::vector<int64_t> index(out.size(), 0), offset(strides.size(), 0);
  for (int64_t i = 0; i < n; ++i) {
    f(i, offset.data());
    for (size_t a = out.size(); a-- > 0;) {
      ++index[a];
      for (size_t k = 0; k < strides.size(); ++k) offset[k] += strides[k][a];
      if (index[a] < out[a]) break;
      for (size_t k = 0; k < strides.size(); ++k) offset[k] -= strides[k][a] * out[a];
      index[a] = 0;
    }
  }
}

}  // namespace hone
