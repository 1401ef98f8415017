// Transposed convolution: shape rule and reference evaluation.
#include "ops/deconvolution.h"

#include "ops/reference.h"

namespace hone {
namespace {

DeconvolutionAttrs complete(const DeconvolutionAttrs& a, size_t rank) {
  DeconvolutionAttrs r = a;
  r.window = complete(a.window, rank);
  if (r.output_padding.empty()) r.output_padding.assign(rank, 0);
  require<ModelError>(r.output_padding.size() == rank, "output padding has {} entries for {} spatial axes",
                      r.output_padding.size(), rank);
  for (int64_t p : r.output_padding) require<ModelError>(p >= 0, "output padding {} is negative", p);
  require<ModelError>(r.output_shape.empty() || r.output_shape.size() == rank,
                      "output shape has {} entries for {} spatial axes", r.output_shape.size(), rank);
  for (int64_t s : r.output_shape) require<ModelError>(s > 0, "output extent {} is not positive", s);
  return r;
}

/// Extent before anything is cut off.
Dim full_extent(const DeconvolutionAttrs& a, size_t i, const Dim& in, const Dim& kernel) {
  return (in - 1) * Dim(a.window.stride[i]) + (kernel - 1) * Dim(a.window.dilation[i]) + 1 + a.output_padding[i];
}

Dim output_extent(const DeconvolutionAttrs& a, size_t i, const Dim& in, const Dim& kernel) {
  if (!a.output_shape.empty()) return a.output_shape[i];
  if (a.window.auto_pad != AutoPad::kExplicit) return in * Dim(a.window.stride[i]);
  const Dim out = full_extent(a, i, in, kernel) - a.window.pre_pad[i] - a.window.post_pad[i];
  if (out.is_const())
    require<ModelError>(out.value() > 0, "padding leaves an extent of {} on spatial axis {}", out.value(), i);
  return out;
}

/// How much is cut off in front.
int64_t cut_before(const DeconvolutionAttrs& a, size_t i, int64_t in, int64_t kernel) {
  const bool automatic = a.window.auto_pad != AutoPad::kExplicit;
  if (a.output_shape.empty() && !automatic) return a.window.pre_pad[i];
  const int64_t out = output_extent(a, i, in, kernel).value();
  const int64_t total = std::max<int64_t>(0, full_extent(a, i, in, kernel).value() - out);
  return a.window.auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
}

void infer_deconvolution(InferContext& c) {
  const Shape &x = c.in(0).shape, &w = c.in(1).shape;
  require<ModelError>(x.size() >= 3, "transposed convolution needs data of rank 3 or more, got {}", str(x));
  require<ModelError>(w.size() == x.size(), "kernel {} does not match data {}", str(w), str(x));
  require_type_of_first(c, 1, "the kernel");
  require_type_of_first(c, 2, "the bias");
  const auto a = complete(c.attr<DeconvolutionAttrs>(), x.size() - 2);
  require<ModelError>(a.groups >= 1, "the number of groups is {}", a.groups);
  require_same_dim(x[1], w[0], "channels of data and kernel");
  if (w[0].is_const())
    require<ModelError>(w[0].value() % a.groups == 0, "{} channels do not split into {} groups", w[0].str(), a.groups);
  const Dim kernels = w[1] * Dim(a.groups);
  if (c.has(2)) {
    require<ModelError>(c.in(2).shape.size() == 1, "the bias has shape {}", str(c.in(2).shape));
    require_same_dim(c.in(2).shape[0], kernels, "bias and kernels");
  }
  Shape out = {x[0], kernels};
  for (size_t i = 0; i + 2 < x.size(); ++i) out.push_back(output_extent(a, i, x[2 + i], w[2 + i]));
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
}

struct Problem {
  int64_t batch, channels, kernels, groups;
  int64_t in[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, cut[3] = {0, 0, 0};
  int64_t in_size() const { return in[0] * in[1] * in[2]; }
  int64_t kernel_size() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t out_size() const { return out[0] * out[1] * out[2]; }
};

Problem problem(const EvalContext& c) {
  const Dims &x = c.in(0).dims(), &w = c.in(1).dims();
  const size_t rank = x.size() - 2;
  require<Unsupported>(rank <= 3, "the reference convolves over at most 3 spatial axes, not {}", rank);
  const auto a = complete(c.attr<DeconvolutionAttrs>(), rank);
  Problem p{x[0], x[1], w[1] * a.groups, a.groups};
  for (size_t i = 0; i < rank; ++i) {
    const size_t k = 3 - rank + i;
    p.in[k] = x[2 + i], p.kernel[k] = w[2 + i];
    p.out[k] = output_extent(a, i, x[2 + i], w[2 + i]).value();
    p.stride[k] = a.window.stride[i], p.dilation[k] = a.window.dilation[i];
    p.cut[k] = cut_before(a, i, x[2 + i], w[2 + i]);
  }
  return p;
}

// Adds weight * (the input plane spread to one kernel position) to the output plane.
template <class T, class A>
void spread_tap(const Problem& p, const T* x, const int64_t (&tap)[3], T weight, A* acc) {
  int64_t shift[3], begin[3], end[3];
  for (int i = 0; i < 3; ++i) {  // inputs whose output position lies inside
    shift[i] = tap[i] * p.dilation[i] - p.cut[i];
    begin[i] = shift[i] >= 0 ? 0 : (-shift[i] + p.stride[i] - 1) / p.stride[i];
    end[i] = p.out[i] - 1 - shift[i] < 0 ? 0 : std::min(p.in[i], (p.out[i] - 1 - shift[i]) / p.stride[i] + 1);
  }
  const A scale = static_cast<A>(weight);
  for (int64_t d = begin[0]; d < end[0]; ++d)
    for (int64_t h = begin[1]; h < end[1]; ++h) {
      const T* row = x + (d * p.in[1] + h) * p.in[2];
      A* to = acc + ((d * p.stride[0] + shift[0]) * p.out[1] + h * p.stride[1] + shift[1]) * p.out[2] + shift[2];
      for (int64_t w = begin[2]; w < end[2]; ++w) to[w * p.stride[2]] += scale * static_cast<A>(row[w]);
    }
}

template <class T>
void deconvolve_plane(const Problem& p, const T* x, const T* w, const T* bias, int64_t n, int64_t k, T* y) {
  using A = Accumulator<T>;
  std::vector<A> acc(static_cast<size_t>(p.out_size()), bias != nullptr ? static_cast<A>(bias[k]) : A(0));
  const int64_t per_group = p.channels / p.groups, kernels = p.kernels / p.groups, group = k / kernels;
  for (int64_t i = group * per_group; i < (group + 1) * per_group; ++i) {
    const T* taps = w + (i * kernels + k % kernels) * p.kernel_size();
    for (int64_t t = 0; t < p.kernel_size(); ++t) {
      const int64_t tap[3] = {t / (p.kernel[1] * p.kernel[2]), t / p.kernel[2] % p.kernel[1], t % p.kernel[2]};
      spread_tap(p, x + (n * p.channels + i) * p.in_size(), tap, taps[t], acc.data());
    }
  }
  T* to = y + (n * p.kernels + k) * p.out_size();
  for (size_t i = 0; i < acc.size(); ++i) to[i] = static_cast<T>(acc[i]);
}

void eval_deconvolution(EvalContext& c) {
  const Problem p = problem(c);
  const DType type = c.in(0).type();
  Dims dims = {p.batch, p.kernels};
  dims.insert(dims.end(), p.out + 3 - (c.in(0).rank() - 2), p.out + 3);
  with_compute(type, [&]<class T>() {
    const Tensor x = c.in(0).to(dtype_of<T>), w = c.in(1).to(dtype_of<T>);
    const Tensor bias = c.has(2) ? c.in(2).to(dtype_of<T>) : Tensor();
    Tensor y(dtype_of<T>, dims);
    const T* b = bias.defined() ? bias.data<T>() : nullptr;
    parallel_for(p.batch * p.kernels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        deconvolve_plane(p, x.data<T>(), w.data<T>(), b, i / p.kernels, i % p.kernels, y.data<T>());
    });
    c.out(0) = y.to(type);
  });
}

}  // namespace

const Op kDeconvolutionOp = {"Deconvolution",   kHeavy, 2, 3, 1, make_attrs<DeconvolutionAttrs>, infer_deconvolution,
                             eval_deconvolution};

}  // namespace hone
