// Where the elements of a described tensor lie: strides by logical axis, and the order of the axes in memory.
#pragma once

#include <vector>

#include "backends/backend.h"

namespace hone {

/// Elements between neighbours along each logical axis.
inline std::vector<int64_t> element_strides(const TensorDesc& d) {
  const size_t rank = d.dims.size();
  std::vector<int64_t> s(rank, 1);
  if (rank == 0) return s;
  if (d.format == Format::kChannelsLast && rank > 1) {
    int64_t step = d.pixel_pitch();
    for (size_t a = rank; a-- > 2; step *= d.dims[a]) s[a] = step;
    s[1] = 1;
    s[0] = step;
    return s;
  }
  int64_t step = d.pitch > 0 ? d.pitch : d.dims[rank - 1];
  for (size_t a = rank - 1; a-- > 0; step *= d.dims[a]) s[a] = step;
  return s;
}

/// The same for an operand that is broadcast to `rank` axes: 0 along broadcast axes.
inline std::vector<int64_t> broadcast_strides_of(const TensorDesc& d, size_t rank) {
  const std::vector<int64_t> own = element_strides(d);
  std::vector<int64_t> s(rank, 0);
  for (size_t a = 0; a < own.size(); ++a)
    if (d.dims[a] != 1) s[rank - own.size() + a] = own[a];
  return s;
}

/// Logical axes from the outermost in memory to the innermost.
inline std::vector<size_t> memory_order(Format f, size_t rank) {
  std::vector<size_t> order;
  for (size_t a = 0; a < rank; ++a)
    if (f == Format::kLinear || a != 1) order.push_back(a);
  if (f == Format::kChannelsLast && rank > 1) order.push_back(1);
  return order;
}

/// No gaps between elements.
inline bool is_dense(const TensorDesc& d) {
  if (d.pitch == 0) return true;
  if (d.format == Format::kChannelsLast) return d.pitch == d.channels();
  return !d.dims.empty() && d.pitch == d.dims.back();
}

/// The order of elements is that of the logical dims, whatever the format says (vectors, 1x1 images, one channel).
inline bool is_linear(const TensorDesc& d) {
  if (d.format == Format::kLinear) return true;
  int64_t pixels = 1;
  for (size_t a = 2; a < d.dims.size(); ++a) pixels *= d.dims[a];
  return is_dense(d) && (pixels == 1 || d.channels() == 1);
}

}  // namespace hone
