// Which scale belongs to which element: one rule for quantisation and dequantisation.
#pragma once

#include "ops/reference.h"

namespace hone {

/// Scales are one number, one per index of `axis`, or (block_size > 0) one per block along `axis`.
inline void check_scale(const InferContext& c, const Shape& x, int64_t axis, int64_t block_size) {
  const Shape& s = c.in(1).shape;
  require_float(c.in(1), "the scale");
  require<ModelError>(block_size >= 0, "the block size is {}", block_size);
  if (c.has(2)) {
    const Shape& z = c.in(2).shape;
    require<ModelError>(z.size() == s.size(), "zero points {} do not match scales {}", str(z), str(s));
    for (size_t i = 0; i < s.size(); ++i) require_same_dim(z[i], s[i], "zero points and scales");
  }
  const auto rank = static_cast<int64_t>(x.size());
  if (block_size > 0) {
    const auto a = static_cast<size_t>(normalize_axis(axis, rank));
    require<ModelError>(s.size() == x.size(), "block scales {} do not match data {}", str(s), str(x));
    for (size_t i = 0; i < s.size(); ++i)
      require_same_dim(s[i], i == a ? ceil_div(x[i], block_size) : x[i], "block scales and blocks of the data");
    return;
  }
  if (s.empty() || (s.size() == 1 && s[0].is(1))) return;
  require<ModelError>(s.size() == 1, "scales {} are neither one number nor one axis", str(s));
  require_same_dim(s[0], x[static_cast<size_t>(normalize_axis(axis, rank))], "scales and the quantised axis");
}

/// Calls f(element, scale index) for every element.
template <class F>
void for_each_scale(const Dims& dims, const Dims& scale, int64_t axis, int64_t block_size, F&& f) {
  const int64_t n = volume(dims);
  const bool one = block_size == 0 && volume(scale) == 1;
  if (one) {
    for (int64_t i = 0; i < n; ++i) f(i, int64_t{0});
    return;
  }
  const AxisView v(dims, static_cast<size_t>(normalize_axis(axis, static_cast<int64_t>(dims.size()))));
  const int64_t blocks = block_size > 0 ? (v.extent + block_size - 1) / block_size : v.extent;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t k = i / v.inner % v.extent;
    f(i, block_size > 0 ? (i / (v.inner * v.extent) * blocks + k / block_size) * v.inner + i % v.inner : k);
  }
}

}  // namespace hone
