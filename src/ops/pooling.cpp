// Pooling: shape rule and reference evaluation.
#include "ops/pooling.h"

#include <cmath>
#include <limits>
#include <tuple>

#include "ops/reference.h"

namespace hone {
namespace {

void infer_pooling(InferContext& c) {
  const auto& a = c.attr<PoolingAttrs>();
  const Shape& x = c.in(0).shape;
  require<ModelError>(x.size() >= 3, "pooling needs data of rank 3 or more, got {}", str(x));
  const size_t rank = x.size() - 2;
  require<ModelError>(a.kernel.size() == rank, "the window has {} extents for {} spatial axes", a.kernel.size(), rank);
  for (int64_t k : a.kernel) require<ModelError>(k >= 1 && k < int64_t{1} << 31, "a window extent is {}", k);
  require<ModelError>(a.kind != PoolKind::kLp || a.p >= 1, "Lp pooling with p = {}", a.p);
  require<ModelError>(!a.indices || a.kind == PoolKind::kMax, "only max pooling gives positions");
  require<ModelError>(c.outputs.size() == (a.indices ? 2 : 1), "pooling node has {} outputs", c.outputs.size());
  if (a.kind != PoolKind::kMax) require_float(c.in(0), "data of average or Lp pooling");
  const Window w = complete(a.window, rank);
  Shape out = {x[0], x[1]};
  for (size_t i = 0; i < rank; ++i) out.push_back(window_output(x[2 + i], w, i, a.kernel[i], a.ceil_mode));
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
  if (a.indices) c.outputs[1] = {DType::kI64, out, std::nullopt, nullptr};
}

// The problem with exactly three spatial axes, extents of 1 in front.
struct Problem {
  const PoolingAttrs* attrs;
  int64_t planes;
  int64_t in[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, pad[3] = {0, 0, 0}, post[3] = {0, 0, 0};
  int64_t in_size() const { return in[0] * in[1] * in[2]; }
  int64_t out_size() const { return out[0] * out[1] * out[2]; }
};

// Positions of one window along one axis: those inside the input, and how many lie inside the padded input.
struct Taps {
  int64_t first = 0, step = 1, count = 0, padded_count = 0;
};

Taps taps(const Problem& p, int axis, int64_t o) {
  const int64_t start = o * p.stride[axis] - p.pad[axis], d = p.dilation[axis], k = p.kernel[axis];
  auto taps_below = [&](int64_t limit) { return std::clamp<int64_t>((limit - start + d - 1) / d, 0, k); };
  const int64_t skipped = start < 0 ? taps_below(0) : 0;
  const int64_t end = p.in[axis] > start ? taps_below(p.in[axis]) : 0;
  return {start + skipped * d, d, std::max<int64_t>(0, end - skipped), taps_below(p.in[axis] + p.post[axis])};
}

struct Statistics {
  double best = -std::numeric_limits<double>::infinity(), sum = 0;
  int64_t at = -1, count = 0;
};

template <class T>
Statistics scan(const Problem& p, const T* x, const Taps (&t)[3]) {
  Statistics s;
  s.count = t[0].count * t[1].count * t[2].count;
  const bool lp = p.attrs->kind == PoolKind::kLp;
  const auto power = static_cast<double>(p.attrs->p);
  for (int64_t i = 0; i < t[0].count; ++i)
    for (int64_t j = 0; j < t[1].count; ++j)
      for (int64_t k = 0; k < t[2].count; ++k) {
        const int64_t at = ((t[0].first + i * t[0].step) * p.in[1] + t[1].first + j * t[1].step) * p.in[2] +
                           t[2].first + k * t[2].step;
        const auto v = static_cast<double>(x[at]);
        if (s.at < 0 || v > s.best || (std::isnan(v) && !std::isnan(s.best))) s.best = v, s.at = at;
        s.sum += lp ? std::pow(std::fabs(v), power) : v;
      }
  return s;
}

double result(const PoolingAttrs& a, const Statistics& s, int64_t padded_count) {
  const int64_t divisor = a.count_include_pad ? padded_count : s.count;
  const double average = divisor > 0 ? s.sum / static_cast<double>(divisor) : 0;
  switch (a.kind) {
    case PoolKind::kMax:
      return s.best;
    case PoolKind::kAverage:
      return average;
    case PoolKind::kMaxAverageBlend:
      return a.blend * average + (1 - a.blend) * s.best;
    case PoolKind::kLp:
      return std::pow(s.sum, 1.0 / static_cast<double>(a.p));
  }
  fail<InternalError>("bad pooling kind");
}

int64_t position(const Problem& p, int64_t plane, int64_t at) {
  if (at < 0) return -1;
  if (!p.attrs->column_major) return plane * p.in_size() + at;
  const int64_t d = at / (p.in[1] * p.in[2]), h = at / p.in[2] % p.in[1], w = at % p.in[2];
  return plane * p.in_size() + (w * p.in[1] + h) * p.in[0] + d;
}

template <class T>
void pool_plane(const Problem& p, int64_t plane, const T* x, T* y, int64_t* indices) {
  for (int64_t o = 0; o < p.out_size(); ++o) {
    const Taps t[3] = {taps(p, 0, o / (p.out[1] * p.out[2])), taps(p, 1, o / p.out[2] % p.out[1]),
                       taps(p, 2, o % p.out[2])};
    const Statistics s = scan(p, x + plane * p.in_size(), t);
    const int64_t to = plane * p.out_size() + o;
    if (p.attrs->kind == PoolKind::kMax && s.at >= 0)
      y[to] = x[plane * p.in_size() + s.at];  // exact for wide integers
    else if (std::is_integral_v<T>)
      y[to] = std::numeric_limits<T>::lowest();
    else
      y[to] = static_cast<T>(result(*p.attrs, s, t[0].padded_count * t[1].padded_count * t[2].padded_count));
    if (indices != nullptr) indices[to] = position(p, plane, s.at);
  }
}

void eval_pooling(EvalContext& c) {
  const auto& a = c.attr<PoolingAttrs>();
  const Dims& x = c.in(0).dims();
  const size_t rank = x.size() - 2;
  require<Unsupported>(rank <= 3, "the reference pools over at most 3 spatial axes, not {}", rank);
  const Window w = complete(a.window, rank);
  Problem p{&a, x[0] * x[1]};
  Dims dims = {x[0], x[1]};
  for (size_t i = 0; i < rank; ++i) {
    const size_t k = 3 - rank + i;
    p.in[k] = x[2 + i], p.kernel[k] = a.kernel[i], p.stride[k] = w.stride[i], p.dilation[k] = w.dilation[i];
    p.out[k] = window_output(x[2 + i], w, i, a.kernel[i], a.ceil_mode).value();
    std::tie(p.pad[k], p.post[k]) = window_pads(x[2 + i], w, i, a.kernel[i]);
    dims.push_back(p.out[k]);
  }
  int64_t* indices = a.indices ? c.out(1, DType::kI64, dims).data<int64_t>() : nullptr;
  const DType type = c.in(0).type();
  with_compute(type, [&]<class T>() {
    const Tensor in = c.in(0).to(dtype_of<T>);
    Tensor out(dtype_of<T>, dims);
    parallel_for(p.planes, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) pool_plane(p, i, in.data<T>(), out.data<T>(), indices);
    });
    c.out(0) = out.to(type);
  });
}

}  // namespace

const Op kPoolingOp = {"Pooling", kNoFlags, 1, 1, -1, make_attrs<PoolingAttrs>, infer_pooling, eval_pooling};

}  // namespace hone
