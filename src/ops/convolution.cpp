// Convolution: window geometry, shape rule and reference evaluation (direct sums, accumulated in double).
#include "ops/convolution.h"

#include "ops/reference.h"

namespace hone {
namespace {
constexpr int64_t kMaxWindow = int64_t{1} << 31;

void complete(std::vector<int64_t>& v, const char* what, size_t rank, int64_t fill, int64_t least) {
  if (v.empty()) v.assign(rank, fill);
  require<ModelError>(v.size() == rank, "{} has {} entries for {} spatial axes", what, v.size(), rank);
  for (int64_t x : v)
    require<ModelError>(x >= least && x < kMaxWindow, "{} {} is out of range", what, str(Dims(v.begin(), v.end())));
}

int64_t extent(const Window& w, size_t axis, int64_t kernel) { return (kernel - 1) * w.dilation[axis] + 1; }
}  // namespace

Window complete(const Window& w, size_t rank) {
  Window r = w;
  complete(r.stride, "stride", rank, 1, 1);
  complete(r.dilation, "dilation", rank, 1, 1);
  complete(r.pre_pad, "padding before", rank, 0, -kMaxWindow);
  complete(r.post_pad, "padding after", rank, 0, -kMaxWindow);
  return r;
}

Dim window_output(const Dim& in, const Window& w, size_t axis, const Dim& kernel, bool ceil_mode) {
  const int64_t stride = w.stride[axis];
  if (w.auto_pad != AutoPad::kExplicit) return ceil_div(in, stride);
  const Dim window = (kernel - 1) * Dim(w.dilation[axis]) + 1;
  const Dim room = in + w.pre_pad[axis] + w.post_pad[axis] - window;
  if (room.is_const())
    require<ModelError>(room.value() >= 0, "a window of {} does not fit an extent of {} padded by {} and {}",
                        window.str(), in.str(), w.pre_pad[axis], w.post_pad[axis]);
  if (!ceil_mode) return floor_div(room, stride) + 1;
  const Dim out = ceil_div(room, stride) + 1;
  // A window must not start in the padding behind the input. The bound only bites when that padding is wide.
  const Dim bound = floor_div(in + w.pre_pad[axis] - 1, stride) + 1;
  return window.is_const() && w.post_pad[axis] + stride <= window.value() ? out : min(out, bound);
}

std::pair<int64_t, int64_t> window_pads(int64_t in, const Window& w, size_t axis, int64_t kernel) {
  if (w.auto_pad == AutoPad::kExplicit) return {w.pre_pad[axis], w.post_pad[axis]};
  const int64_t stride = w.stride[axis], out = (in + stride - 1) / stride;
  const int64_t total = std::max<int64_t>(0, (out - 1) * stride + extent(w, axis, kernel) - in), less = total / 2;
  return w.auto_pad == AutoPad::kSameUpper ? std::pair(less, total - less) : std::pair(total - less, less);
}

namespace {

void infer_convolution(InferContext& c) {
  const auto& a = c.attr<ConvolutionAttrs>();
  const Shape &x = c.in(0).shape, &w = c.in(1).shape;
  require<ModelError>(x.size() >= 3, "convolution needs data of rank 3 or more, got {}", str(x));
  require<ModelError>(w.size() == x.size(), "kernel {} does not match data {}", str(w), str(x));
  require_type_of_first(c, 1, "the kernel");
  require_type_of_first(c, 2, "the bias");
  require<ModelError>(a.groups >= 1, "the number of groups is {}", a.groups);
  require_same_dim(x[1], w[1] * a.groups, "channels of the data and of the kernel times groups");
  if (w[0].is_const())
    require<ModelError>(w[0].value() % a.groups == 0, "{} kernels do not split into {} groups", w[0].str(), a.groups);
  if (c.has(2)) {
    require<ModelError>(c.in(2).shape.size() == 1, "the bias has shape {}", str(c.in(2).shape));
    require_same_dim(c.in(2).shape[0], w[0], "bias and kernels");
  }
  const Window win = complete(a.window, x.size() - 2);
  Shape out = {x[0], w[0]};
  for (size_t i = 2; i < x.size(); ++i) out.push_back(window_output(x[i], win, i - 2, w[i]));
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
}

// The problem with exactly three spatial axes, extents of 1 in front.
struct Problem {
  int64_t batch, channels, kernels, groups;
  int64_t in[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, pad[3] = {0, 0, 0};
  int64_t in_size() const { return in[0] * in[1] * in[2]; }
  int64_t kernel_size() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t out_size() const { return out[0] * out[1] * out[2]; }
};

Problem problem(const EvalContext& c) {
  const auto& a = c.attr<ConvolutionAttrs>();
  const Dims &x = c.in(0).dims(), &w = c.in(1).dims();
  const size_t rank = x.size() - 2;
  require<Unsupported>(rank <= 3, "the reference convolves over at most 3 spatial axes, not {}", rank);
  const Window win = complete(a.window, rank);
  Problem p{x[0], x[1], w[0], a.groups};
  for (size_t i = 0; i < rank; ++i) {
    const size_t k = 3 - rank + i;
    p.in[k] = x[2 + i], p.kernel[k] = w[2 + i];
    p.out[k] = window_output(x[2 + i], win, i, w[2 + i]).value();
    p.stride[k] = win.stride[i], p.dilation[k] = win.dilation[i];
    p.pad[k] = window_pads(x[2 + i], win, i, w[2 + i]).first;
  }
  return p;
}

// Range of outputs whose input position o * stride + shift lies inside [0, in).
std::pair<int64_t, int64_t> valid_outputs(int64_t in, int64_t out, int64_t stride, int64_t shift) {
  const int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const int64_t end = in - 1 - shift < 0 ? 0 : (in - 1 - shift) / stride + 1;
  return {begin, std::min(end, out)};
}

// Adds weight * (the input plane shifted to one kernel position) to the output plane.
template <class T, class A>
void add_tap(const Problem& p, const T* x, const int64_t (&tap)[3], T weight, A* acc) {
  std::pair<int64_t, int64_t> range[3];
  int64_t shift[3];
  for (int i = 0; i < 3; ++i) {
    shift[i] = tap[i] * p.dilation[i] - p.pad[i];
    range[i] = valid_outputs(p.in[i], p.out[i], p.stride[i], shift[i]);
  }
  const A scale = static_cast<A>(weight);
  for (int64_t d = range[0].first; d < range[0].second; ++d)
    for (int64_t h = range[1].first; h < range[1].second; ++h) {
      const T* row = x + ((d * p.stride[0] + shift[0]) * p.in[1] + h * p.stride[1] + shift[1]) * p.in[2] + shift[2];
      A* to = acc + (d * p.out[1] + h) * p.out[2];
      for (int64_t w = range[2].first; w < range[2].second; ++w) to[w] += scale * static_cast<A>(row[w * p.stride[2]]);
    }
}

template <class T>
void convolve_plane(const Problem& p, const T* x, const T* w, const T* bias, int64_t n, int64_t k, T* y) {
  using A = Accumulator<T>;
  std::vector<A> acc(static_cast<size_t>(p.out_size()), bias != nullptr ? static_cast<A>(bias[k]) : A(0));
  const int64_t per_group = p.channels / p.groups, group = k / (p.kernels / p.groups);
  for (int64_t i = 0; i < per_group; ++i) {
    const T* plane = x + (n * p.channels + group * per_group + i) * p.in_size();
    const T* taps = w + (k * per_group + i) * p.kernel_size();
    for (int64_t t = 0; t < p.kernel_size(); ++t) {
      const int64_t tap[3] = {t / (p.kernel[1] * p.kernel[2]), t / p.kernel[2] % p.kernel[1], t % p.kernel[2]};
      add_tap(p, plane, tap, taps[t], acc.data());
    }
  }
  T* to = y + (n * p.kernels + k) * p.out_size();
  for (size_t i = 0; i < acc.size(); ++i) to[i] = static_cast<T>(acc[i]);
}

void eval_convolution(EvalContext& c) {
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
        convolve_plane(p, x.data<T>(), w.data<T>(), b, i / p.kernels, i % p.kernels, y.data<T>());
    });
    c.out(0) = y.to(type);
  });
}

}  // namespace

const Op kConvolutionOp = {"Convolution",     kHeavy,          2, 3, 1, make_attrs<ConvolutionAttrs>,
                           infer_convolution, eval_convolution};

}  // namespace hone
