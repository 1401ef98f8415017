// Loop nests over several strided operands, simplified before code is made for them.
#pragma once

#include <vector>

#include "backends/layout.h"

namespace hone::cuda {

/// Axes from the outermost to the innermost, with the strides of each operand in elements.
struct Nest {
  Dims dims;
  std::vector<std::vector<int64_t>> strides;  // [operand][axis]

  int64_t count() const { return volume(dims); }
  /// The axis' stride in every operand is what the next inner axis spans there.
  bool joins(size_t outer) const {
    for (const auto& s : strides)
      if (s[outer] != s[outer + 1] * dims[outer + 1]) return false;
    return true;
  }
  /// Without axes of extent 1 and with neighbours joined where all operands allow; one axis at least.
  void collapse() {
    for (size_t a = dims.size(); a-- > 0;)
      if (dims[a] == 1 && dims.size() > 1) remove(a);
    for (size_t a = dims.size(); a-- > 1;) {
      if (!joins(a - 1)) continue;
      dims[a] *= dims[a - 1];
      remove(a - 1);
    }
    if (dims.empty()) {
      dims.push_back(1);
      for (auto& s : strides) s.push_back(0);
    }
  }

 private:
  void remove(size_t a) {
    dims.erase(dims.begin() + static_cast<long>(a));
    for (auto& s : strides) s.erase(s.begin() + static_cast<long>(a));
  }
};

/// A nest in the memory order of `leader`, over operands that broadcast to it.
inline Nest broadcast_nest(const TensorDesc& leader, const std::vector<const TensorDesc*>& operands) {
  Nest n;
  const auto order = memory_order(leader.format, leader.dims.size());
  for (size_t a : order) n.dims.push_back(leader.dims[a]);
  for (const TensorDesc* d : operands) {
    const auto logical = broadcast_strides_of(*d, leader.dims.size());
    std::vector<int64_t> s(order.size());
    for (size_t i = 0; i < order.size(); ++i) s[i] = logical[order[i]];
    n.strides.push_back(std::move(s));
  }
  return n;
}

}  // namespace hone::cuda
