// Resize: separable interpolation, one axis after another: nearest positions, or weighted taps (linear, cubic, with or
// without antialiasing).
#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "ops/movement.h"

namespace hone {
namespace {

// What happens to one axis of the input.
struct AxisPlan {
  Dim out;
  float scale = 1;
  float roi_begin = 0, roi_end = 1;
  bool resized = false;
};

std::vector<int64_t> axes_of(const ResizeAttrs& a, size_t rank) {
  std::vector<int64_t> axes = a.axes;
  if (axes.empty())
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  return normalize_axes(axes, static_cast<int64_t>(rank));
}

// The simplest fraction that rounds to the same float: 0.7f is meant as 7/10.
std::pair<int64_t, int64_t> fraction(float scale) {
  double x = scale;
  int64_t p0 = 0, q0 = 1, p1 = 1, q1 = 0;
  for (int i = 0; i < 40; ++i) {
    const auto whole = static_cast<int64_t>(std::floor(x));
    const int64_t p = whole * p1 + p0, q = whole * q1 + q0;
    p0 = p1, q0 = q1, p1 = p, q1 = q;
    if (static_cast<float>(static_cast<double>(p) / static_cast<double>(q)) == scale) break;
    x = 1 / (x - static_cast<double>(whole));
  }
  return {p1, q1};
}

// Floats of an argument; nullopt where known only at run time.
std::optional<std::vector<double>> floats_of(const InferContext& c, size_t i, const std::vector<double>& attribute) {
  if (!c.has(i)) return attribute;
  const TensorInfo& t = c.in(i);
  require<ModelError>(is_float(t.type) && t.shape.size() <= 1, "Resize: input {} must be a vector of floats", i);
  if (t.constant == nullptr) return volume(t.shape).is(0) ? std::optional(attribute) : std::nullopt;
  return t.constant->count() == 0 ? attribute : t.constant->as_doubles();
}

void require_count(size_t got, size_t want, std::string_view what) {
  require<ModelError>(got == want, "Resize has {} {} for {} axes", got, what, want);
}

void plan_scales(const InferContext& c, const std::vector<int64_t>& axes, std::vector<AxisPlan>& plan) {
  const auto scales = floats_of(c, 2, c.attr<ResizeAttrs>().scales);
  for (size_t i = 0; i < axes.size(); ++i) {
    AxisPlan& p = plan[static_cast<size_t>(axes[i])];
    p.resized = true;
    if (!scales) {
      p.out = c.data_dependent(static_cast<int>(axes[i]));
      continue;
    }
    require_count(scales->size(), axes.size(), "scales");
    p.scale = static_cast<float>((*scales)[i]);
    require<ModelError>(p.scale > 1e-9f && p.scale < 1e6f, "Resize by {}", (*scales)[i]);
    const auto [num, den] = fraction(p.scale);
    p.out = floor_div(p.out * Dim(num), Dim(den));
  }
}

// One scale for all axes, so that the result is as large as fits into, or as small as covers, the sizes.
void keep_aspect(AspectPolicy policy, const Shape& in, const std::vector<int64_t>& axes, const std::vector<Dim>& sizes,
                 std::vector<AxisPlan>& plan) {
  double scale = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Dim& n = in[static_cast<size_t>(axes[i])];
    require<Unsupported>(n.is_const() && sizes[i].is_const(), "Resize that keeps the aspect ratio needs static dims");
    require<ModelError>(n.value() > 0, "Resize of an empty axis");
    const double s = static_cast<double>(sizes[i].value()) / static_cast<double>(n.value());
    scale = i == 0 ? s : policy == AspectPolicy::kNotLarger ? std::min(scale, s) : std::max(scale, s);
  }
  for (int64_t axis : axes) {
    AxisPlan& p = plan[static_cast<size_t>(axis)];
    p.scale = static_cast<float>(scale);
    p.out =
        Dim(static_cast<int64_t>(std::floor(scale * static_cast<double>(in[static_cast<size_t>(axis)].value()) + 0.5)));
  }
}

void plan_sizes(const InferContext& c, const std::vector<int64_t>& axes, std::vector<AxisPlan>& plan) {
  const auto& a = c.attr<ResizeAttrs>();
  const Shape& in = c.in(0).shape;
  const auto sizes = int_argument(c, 1, a.sizes);
  if (sizes) require_count(sizes->size(), axes.size(), "sizes");
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    AxisPlan& p = plan[axis];
    p.resized = true;
    p.out = sizes ? (*sizes)[i] : c.data_dependent(static_cast<int>(axis));
    require<ModelError>(!p.out.is_const() || p.out.value() >= 0, "Resize to {}", p.out.str());
    if (p.out.is_const() && in[axis].is_const() && in[axis].value() > 0)
      p.scale = static_cast<float>(p.out.value()) / static_cast<float>(in[axis].value());
  }
  if (sizes && a.aspect != AspectPolicy::kStretch) keep_aspect(a.aspect, in, axes, *sizes, plan);
}

void plan_roi(const InferContext& c, const std::vector<int64_t>& axes, std::vector<AxisPlan>& plan) {
  const auto roi = floats_of(c, 3, {});
  if (!roi || c.attr<ResizeAttrs>().coordinates != CoordinateMode::kTfCropAndResize) return;
  require<ModelError>(roi->size() == 2 * axes.size(), "Resize has {} region bounds for {} axes", roi->size(),
                      axes.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    AxisPlan& p = plan[static_cast<size_t>(axes[i])];
    p.roi_begin = static_cast<float>((*roi)[i]), p.roi_end = static_cast<float>((*roi)[i + axes.size()]);
  }
}

std::vector<AxisPlan> make_plan(const InferContext& c) {
  const auto& a = c.attr<ResizeAttrs>();
  const Shape& in = c.in(0).shape;
  const auto axes = axes_of(a, in.size());
  std::vector<AxisPlan> plan(in.size());
  for (size_t i = 0; i < in.size(); ++i) plan[i].out = in[i];
  const bool sizes = !a.sizes.empty() || (c.has(1) && !volume(c.in(1).shape).is(0));
  if (sizes)
    plan_sizes(c, axes, plan);
  else
    plan_scales(c, axes, plan);
  plan_roi(c, axes, plan);
  return plan;
}

void rule(InferContext& c) {
  Shape out;
  for (const AxisPlan& p : make_plan(c)) out.push_back(p.out);
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
}

// Input coordinate of an output position.
float coordinate(CoordinateMode mode, const AxisPlan& p, int64_t in, int64_t out, int64_t i) {
  const auto x = static_cast<float>(i), n = static_cast<float>(in), m = static_cast<float>(out);
  switch (mode) {
    case CoordinateMode::kHalfPixel:
      return (x + 0.5f) / p.scale - 0.5f;
    case CoordinateMode::kAlignCorners:
      return out == 1 ? 0 : x * (n - 1) / (m - 1);
    case CoordinateMode::kAsymmetric:
      return x / p.scale;
    case CoordinateMode::kPytorchHalfPixel:
      return out > 1 ? (x + 0.5f) / p.scale - 0.5f : 0;
    case CoordinateMode::kTfCropAndResize:
      return out > 1 ? p.roi_begin * (n - 1) + x * (p.roi_end - p.roi_begin) * (n - 1) / (m - 1)
                     : 0.5f * (p.roi_begin + p.roi_end) * (n - 1);
    case CoordinateMode::kHalfPixelSymmetric: {
      const float exact = p.scale * n;
      return n / 2 * (1 - m / exact) + (x + 0.5f) / p.scale - 0.5f;
    }
    case CoordinateMode::kTfHalfPixelForNn:
      return (x + 0.5f) / p.scale;
  }
  fail<InternalError>("bad coordinate mode");
}

bool outside(const ResizeAttrs& a, float x, int64_t in) {
  return a.coordinates == CoordinateMode::kTfCropAndResize && (x < 0 || x > static_cast<float>(in - 1));
}

int64_t nearest(NearestMode mode, float x, int64_t in) {
  float r = 0;
  switch (mode) {
    case NearestMode::kRoundPreferFloor:
      r = std::ceil(x - 0.5f);
      break;
    case NearestMode::kRoundPreferCeil:
      r = std::floor(x + 0.5f);
      break;
    case NearestMode::kFloor:
      r = std::floor(x);
      break;
    case NearestMode::kCeil:
      r = std::ceil(x);
      break;
  }
  return std::clamp<int64_t>(static_cast<int64_t>(r), 0, in - 1);
}

bool is_identity(const ResizeAttrs& a, const AxisPlan& p, int64_t in) {
  return !p.resized || (p.out.is(in) && p.scale == 1 && a.coordinates != CoordinateMode::kTfCropAndResize &&
                        a.coordinates != CoordinateMode::kTfHalfPixelForNn);
}

void eval_nearest(const ResizeAttrs& a, const std::vector<AxisPlan>& plan, const Tensor& x, Tensor& y) {
  std::vector<std::vector<int64_t>> maps(plan.size());
  for (size_t k = 0; k < plan.size(); ++k) {
    const int64_t in = x.dims()[k], out = y.dims()[k];
    for (int64_t i = 0; i < out; ++i) {
      const float at = plan[k].resized ? coordinate(a.coordinates, plan[k], in, out, i) : static_cast<float>(i);
      const bool identity = is_identity(a, plan[k], in);
      maps[k].push_back(identity ? i : outside(a, at, in) ? -1 : nearest(a.nearest, at, in));
    }
  }
  const Tensor fill = Tensor::scalar(a.extrapolation).to(x.type());
  mapped_copy(x, maps, fill.raw(), y);
}

// Weighted taps of every output position along an axis; positions outside the region are marked.
struct Taps {
  size_t count = 0;  // per position
  std::vector<int64_t> at;
  std::vector<double> weight;
  std::vector<bool> extrapolated;
};

double kernel(const ResizeAttrs& a, double d) {
  d = std::fabs(d);
  if (a.mode == ResizeMode::kLinear) return std::max(0.0, 1 - d);
  const double k = a.cubic_coefficient;
  if (d <= 1) return ((k + 2) * d - (k + 3)) * d * d + 1;
  return d < 2 ? ((k * d - 5 * k) * d + 8 * k) * d - 4 * k : 0;
}

Taps make_taps(const ResizeAttrs& a, const AxisPlan& p, int64_t in, int64_t out) {
  const double squeeze = a.antialias ? std::min(p.scale, 1.f) : 1.0;  // the kernel widens when shrinking
  const double support = (a.mode == ResizeMode::kLinear ? 1 : 2) / squeeze;
  require<ModelError>(support < static_cast<double>(in) + 1e6, "Resize by {} needs too many taps", p.scale);
  Taps t;
  t.count = 2 * static_cast<size_t>(std::ceil(support));
  for (int64_t i = 0; i < out; ++i) {
    const double x = coordinate(a.coordinates, p, in, out, i);
    const auto first = static_cast<int64_t>(std::floor(x)) - static_cast<int64_t>(t.count) / 2 + 1;
    t.extrapolated.push_back(outside(a, static_cast<float>(x), in));
    double sum = 0;
    for (size_t k = 0; k < t.count; ++k) {
      const int64_t at = first + static_cast<int64_t>(k);
      const bool beyond = at < 0 || at >= in;
      const double w = a.exclude_outside && beyond ? 0 : kernel(a, (static_cast<double>(at) - x) * squeeze);
      t.at.push_back(std::clamp<int64_t>(at, 0, in - 1));
      t.weight.push_back(w);
      sum += w;
    }
    if (sum != 0 && (a.exclude_outside || a.antialias))
      for (size_t k = t.weight.size() - t.count; k < t.weight.size(); ++k) t.weight[k] /= sum;
  }
  return t;
}

// One axis of [outer, in, inner].
template <class F>
void interpolate(const F* x, const Taps& t, int64_t outer, int64_t in, int64_t out, int64_t inner, F extrapolation,
                 F* y) {
  const int64_t grain = std::max<int64_t>(1, 8192 / std::max<int64_t>(1, inner * static_cast<int64_t>(t.count)));
  parallel_for(outer * out, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const auto i = static_cast<size_t>(r % out);
      F* d = y + r * inner;
      const F* s = x + r / out * in * inner;
      std::fill_n(d, inner, t.extrapolated[i] ? extrapolation : F(0));
      for (size_t k = i * t.count; !t.extrapolated[i] && k < (i + 1) * t.count; ++k) {
        const F w = static_cast<F>(t.weight[k]);
        const F* from = s + t.at[k] * inner;
        if (w != 0)
          for (int64_t j = 0; j < inner; ++j) d[j] += w * from[j];
      }
    }
  });
}

// Positions that any axis extrapolates keep the value through the axes that follow.
template <class F>
Tensor interpolate_all(const ResizeAttrs& a, const std::vector<AxisPlan>& plan, Tensor x) {
  std::vector<std::vector<bool>> marks(plan.size());
  for (size_t k = 0; k < plan.size(); ++k) {
    const int64_t in = x.dims()[k], out = plan[k].out.value();
    if (is_identity(a, plan[k], in)) continue;
    const Taps t = make_taps(a, plan[k], in, out);
    Dims dims = x.dims();
    dims[k] = out;
    Tensor y(x.type(), dims);
    const Dims s = contiguous_strides(dims);
    interpolate<F>(x.data<F>(), t, y.count() / std::max<int64_t>(1, out * s[k]), in, out, s[k],
                   static_cast<F>(a.extrapolation), y.data<F>());
    if (std::find(t.extrapolated.begin(), t.extrapolated.end(), true) != t.extrapolated.end())
      marks[k] = t.extrapolated;
    x = y;
  }
  for (size_t k = 0; k < plan.size(); ++k) {
    if (marks[k].empty()) continue;
    const int64_t inner = contiguous_strides(x.dims())[k], n = x.dims()[k];
    for (int64_t r = 0; r < x.count() / inner; ++r)
      if (marks[k][static_cast<size_t>(r % n)])
        std::fill_n(x.data<F>() + r * inner, inner, static_cast<F>(a.extrapolation));
  }
  return x;
}

void eval(EvalContext& c) {
  const auto& a = c.attr<ResizeAttrs>();
  const Tensor& x = c.in(0);
  const std::vector<AxisPlan> plan = make_plan(ConcreteContext(c));
  Tensor& y = allocate_output(c, rule);
  if (y.count() == 0) return;
  require<ModelError>(x.count() > 0, "Resize of an empty input {}", str(x.dims()));
  if (a.mode == ResizeMode::kNearest) return eval_nearest(a, plan, x, y);
  const bool wide = bits(x.type()) > 32 || x.type() == DType::kI32 || x.type() == DType::kU32;
  if (wide)
    set_output(c, 0, interpolate_all<double>(a, plan, x.to(DType::kF64)).to(x.type()));
  else
    set_output(c, 0, interpolate_all<float>(a, plan, x.to(DType::kF32)).to(x.type()));
}

}  // namespace

const Op kResizeOp = {"Resize", kNoFlags, 1, 4, 1, make_attrs<ResizeAttrs>, rule, eval};

}  // namespace hone
