// GridSample: interpolation of [N,C,spatial...] at grid points, for any number of spatial axes.
#include "ops/grid_sample.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"
#include "ops/movement.h"

namespace hone {
namespace {

constexpr size_t kMaxSpatial = 3;

void rule(InferContext& c) {
  const TensorInfo &x = c.in(0), &grid = c.in(1);
  const size_t rank = x.shape.size();
  require<ModelError>(rank >= 3 && grid.shape.size() == rank, "GridSample: input {} and grid {}", str(x.shape),
                      str(grid.shape));
  require<Unsupported>(rank <= 2 + kMaxSpatial, "GridSample of {} spatial axes", rank - 2);
  require<ModelError>(is_float(grid.type), "GridSample: grid of {}", name(grid.type));
  const auto same = [](const Dim& p, const Dim& q) { return !p.is_const() || !q.is_const() || p == q; };
  require<ModelError>(same(grid.shape.back(), Dim(static_cast<int64_t>(rank) - 2)) && same(x.shape[0], grid.shape[0]),
                      "GridSample: input {} and grid {} do not fit", str(x.shape), str(grid.shape));
  Shape out{x.shape[0], x.shape[1]};
  out.insert(out.end(), grid.shape.begin() + 1, grid.shape.end() - 1);
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

// Mirrors x at the borders until it is between them.
template <class F>
F reflect(F x, F low, F high) {
  const F range = high - low;
  if (!(range > 0)) return low;
  if (x >= low && x <= high) return x;
  const F d = x < low ? low - x : x - high;
  const F n = std::trunc(d / range), r = d - n * range;
  const bool from_own_side = std::fmod(n, F(2)) == 0;
  return (x < low) == from_own_side ? low + r : high - r;
}

// One spatial axis of the input.
template <class F>
struct Axis {
  int64_t extent, stride;
  F low, high;  // borders at which coordinates reflect
};

// Up to four taps along an axis; index -1 reads zero.
template <class F>
struct Taps {
  int count = 0;
  std::array<int64_t, 4> at{};
  std::array<F, 4> weight{};
};

template <class F>
F denormalized(F g, int64_t extent, bool align_corners) {
  const auto n = static_cast<F>(extent);
  return align_corners ? (g + 1) / 2 * (n - 1) : ((g + 1) * n - 1) / 2;
}

template <class F>
int64_t pixel(F i, const Axis<F>& a, GridPadding padding) {
  const F last = static_cast<F>(a.extent - 1);
  if (padding == GridPadding::kBorder) i = std::clamp(i, F(0), last);
  if (padding == GridPadding::kReflection) i = std::clamp(std::trunc(reflect(i, a.low, a.high)), F(0), last);
  return i >= 0 && i <= last ? static_cast<int64_t>(i) : -1;
}

template <class F>
void weights(GridMode mode, F r, Taps<F>& t) {
  if (mode == GridMode::kNearest) {
    t.count = 1, t.weight = {F(1)};
  } else if (mode == GridMode::kLinear) {
    t.count = 2, t.weight = {1 - r, r};
  } else {
    const F a = F(-0.75);
    const auto outer = [a](F d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    const auto inner = [a](F d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    t.count = 4, t.weight = {outer(r + 1), inner(r), inner(1 - r), outer(2 - r)};
  }
}

template <class F>
Taps<F> taps(F g, const Axis<F>& a, const GridSampleAttrs& at) {
  F x = denormalized(g, a.extent, at.align_corners);
  if (!std::isfinite(x)) x = F(-1);  // a defined result for NaN and infinite positions
  if (at.mode == GridMode::kNearest) x = std::nearbyint(x);
  if (x < a.low || x > a.high) {
    if (at.padding == GridPadding::kBorder) x = std::clamp(x, F(0), static_cast<F>(a.extent - 1));
    if (at.padding == GridPadding::kReflection) x = reflect(x, a.low, a.high);
  }
  Taps<F> t;
  const F base = at.mode == GridMode::kNearest ? std::trunc(x) : std::floor(x);
  weights(at.mode, x - base, t);
  const F first = at.mode == GridMode::kCubic ? base - 1 : base;
  for (int i = 0; i < t.count; ++i) t.at[static_cast<size_t>(i)] = pixel(first + static_cast<F>(i), a, at.padding);
  return t;
}

// Taps of one grid point in all axes, multiplied out.
template <class F>
struct Stencil {
  std::array<int64_t, 64> at;
  std::array<F, 64> weight;
  int count = 0;
};

template <class F>
void build(const std::vector<Axis<F>>& axes, const F* g, const GridSampleAttrs& at, Stencil<F>& s) {
  s.count = 1, s.at[0] = 0, s.weight[0] = 1;
  for (size_t k = 0; k < axes.size(); ++k) {
    const Taps<F> t = taps(g[axes.size() - 1 - k], axes[k], at);  // grid coordinates come innermost first
    Stencil<F> next;
    for (int i = 0; i < s.count; ++i)
      for (int j = 0; j < t.count; ++j) {
        const auto u = static_cast<size_t>(i), v = static_cast<size_t>(j);
        if (t.at[v] < 0) continue;
        const auto n = static_cast<size_t>(next.count++);
        next.at[n] = s.at[u] + t.at[v] * axes[k].stride;
        next.weight[n] = s.weight[u] * t.weight[v];
      }
    s = next;
  }
}

template <class F>
void sample(const Tensor& x, const Tensor& grid, const GridSampleAttrs& at, Tensor& y) {
  const size_t spatial = x.dims().size() - 2;
  const Dims strides = contiguous_strides(x.dims());
  std::vector<Axis<F>> axes;
  for (size_t k = 0; k < spatial; ++k) {
    const int64_t n = x.dims()[k + 2];
    const F half = at.align_corners ? F(0) : F(0.5);
    axes.push_back({n, strides[k + 2], -half, static_cast<F>(n - 1) + half});
  }
  const int64_t channels = x.dims()[1], plane = strides[1], points = grid.count() / grid.dims().back() / grid.dims()[0];
  parallel_for(x.dims()[0] * points, 64, [&](int64_t begin, int64_t end) {
    Stencil<F> s;
    for (int64_t p = begin; p < end; ++p) {
      build(axes, grid.data<F>() + p * static_cast<int64_t>(spatial), at, s);
      const int64_t n = p / points, i = p % points;
      for (int64_t c = 0; c < channels; ++c) {
        const F* from = x.data<F>() + (n * channels + c) * plane;
        F sum = 0;
        for (int k = 0; k < s.count; ++k) sum += s.weight[static_cast<size_t>(k)] * from[s.at[static_cast<size_t>(k)]];
        y.data<F>()[(n * channels + c) * points + i] = sum;
      }
    }
  });
}

void eval(EvalContext& c) {
  const DType type = c.in(0).type();
  const Dims dims = to_dims(concrete_infos(c, rule)[0].shape);
  const bool wide = type == DType::kF64 || bits(type) > 32 || type == DType::kI32;
  const DType work = wide ? DType::kF64 : DType::kF32;
  const Tensor x = c.in(0).to(work), grid = c.in(1).to(work);
  Tensor y(work, dims);
  if (y.count() > 0) {
    require<ModelError>(x.count() > 0, "GridSample of an empty input {}", str(x.dims()));
    if (wide)
      sample<double>(x, grid, c.attr<GridSampleAttrs>(), y);
    else
      sample<float>(x, grid, c.attr<GridSampleAttrs>(), y);
  }
  set_output(c, 0, y.to(type));
}

}  // namespace

const Op kGridSampleOp = {"GridSample", kNoFlags, 2, 2, 1, make_attrs<GridSampleAttrs>, rule, eval};

}  // namespace hone
