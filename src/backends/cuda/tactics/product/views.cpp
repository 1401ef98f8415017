// Joining of axes.
#include "backends/cuda/tactics/product/views.h"

#include "backends/layout.h"

namespace hone::cuda {

std::vector<Factor> join(const std::vector<Factor>& factors) {
  std::vector<Factor> r;
  for (const Factor& f : factors) {
    if (f.extent == 1) continue;
    if (!r.empty() && r.back().stride == f.stride * f.extent)
      r.back() = {r.back().extent * f.extent, f.stride};
    else
      r.push_back(f);
  }
  if (r.size() == 1 && r[0].stride == 0) r.clear();
  return r;
}

TensorView view_of(const TensorDesc& d, const Dims& dims, const std::vector<IndexAxis>& row_axes,
                   const std::vector<IndexAxis>& column_axes) {
  const std::vector<int64_t> strides = broadcast_strides_of(d, dims.size());
  const auto factors = [&](const std::vector<IndexAxis>& axes) {
    std::vector<Factor> f;
    for (const IndexAxis& a : axes) f.push_back({a.extent > 0 ? a.extent : dims[a.axis], strides[a.axis] * a.step});
    return join(f);
  };
  return {factors(row_axes), factors(column_axes)};
}

}  // namespace hone::cuda
