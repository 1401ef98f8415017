// Slice: strided windows, either by start and end as ONNX does, or by start and size with a rule for what lies outside.
#include "ops/slice.h"

#include <algorithm>

#include "ops/movement.h"

namespace hone {
namespace {

constexpr int64_t kInfinity = INT32_MAX;  // exporters write INT32_MAX or INT64_MAX for 'to the end'

// Window of one axis: element j of the output is element start + j * step of the input.
struct Window {
  Dim start, length;
  int64_t step;
};

// A position counted from the end where negative, clamped to [low, extent + low] (low is 0, or -1 for negative steps).
Dim clamped(const Dim& v, const Dim& extent, int64_t low) {
  const Dim top = extent + Dim(low);
  if (!v.is_const()) return min(v, top);
  const int64_t x = v.value();
  if (x >= kInfinity) return top;
  if (x >= 0) return min(Dim(x), top);
  if (x <= -kInfinity) return Dim(low);
  return low == 0 ? non_negative_part(extent + v) : non_negative_part(extent + v + Dim(1)) - Dim(1);
}

Window by_ends(const Dim& start, const Dim& end, const Dim& step, const Dim& extent) {
  require<Unsupported>(step.is_const(), "the step of Slice must be a number, not '{}'", step.str());
  const int64_t s = step.value();
  require<ModelError>(s != 0, "the step of Slice is zero");
  require<ModelError>(s > INT64_MIN, "the step of Slice is too large");
  if (s > 0) {
    const Dim b = clamped(start, extent, 0), e = clamped(end, extent, 0);
    const Dim length = e == extent || b.is(0) ? e - b : non_negative_part(e - b);
    return {b, ceil_div(length, Dim(s)), s};
  }
  const Dim b = clamped(start, extent, -1), e = clamped(end, extent, -1);
  const Dim length = e.is(-1) ? b + Dim(1) : non_negative_part(b - e);
  return {b, ceil_div(length, Dim(-s)), s};
}

// The arguments by axis; nullopt where some are known only at run time.
struct Arguments {
  std::vector<int64_t> axes;
  std::vector<Dim> start, size, stride;
};

std::vector<int64_t> window_axes(const InferContext& c, int64_t count) {
  std::vector<int64_t> axes = const_argument(c, 5, c.attr<SliceAttrs>().axes, "axes of Slice");
  if (axes.empty() && !c.has(5))
    for (int64_t i = 0; i < count; ++i) axes.push_back(i);
  require<ModelError>(static_cast<int64_t>(axes.size()) == count, "Slice has {} starts for {} axes", count,
                      axes.size());
  return normalize_axes(axes, static_cast<int64_t>(c.in(0).shape.size()));
}

std::optional<Arguments> arguments(const InferContext& c) {
  const auto& a = c.attr<SliceAttrs>();
  const auto start = int_argument(c, 1, a.start), size = int_argument(c, 2, a.size),
             stride = int_argument(c, 3, a.stride);
  if (!start || !size || !stride) return std::nullopt;
  Arguments r{window_axes(c, static_cast<int64_t>(start->size())), *start, *size, *stride};
  if (r.stride.empty()) r.stride.assign(r.start.size(), Dim(1));
  require<ModelError>(r.size.size() == r.start.size() && r.stride.size() == r.start.size(),
                      "Slice has {} starts, {} sizes or ends and {} strides", r.start.size(), r.size.size(),
                      r.stride.size());
  return r;
}

Window by_size(const Dim& start, const Dim& size, const Dim& stride, const Dim& extent, SampleMode mode) {
  require<Unsupported>(stride.is_const(), "the stride of Slice must be a number, not '{}'", stride.str());
  require<ModelError>(!size.is_const() || size.value() >= 0, "Slice has a negative size {}", size.str());
  if (mode == SampleMode::kStrict && start.is_const() && size.is_const() && extent.is_const() && size.value() > 0) {
    const Dim last = start + (size - Dim(1)) * stride;
    require<ModelError>(
        start.value() >= 0 && start.value() < extent.value() && last.value() >= 0 && last.value() < extent.value(),
        "Slice reads {} to {}, outside an axis of {}", start.value(), last.value(), extent.value());
  }
  return {start, size, stride.value()};
}

// One window an axis of the input; nullopt where the arguments are known only at run time.
std::optional<std::vector<Window>> windows(const InferContext& c) {
  const auto& a = c.attr<SliceAttrs>();
  const auto args = arguments(c);
  if (!args) return std::nullopt;
  const Shape& s = c.in(0).shape;
  std::vector<Window> w;
  for (const Dim& d : s) w.push_back({Dim(0), d, 1});
  for (size_t i = 0; i < args->axes.size(); ++i) {
    const auto axis = static_cast<size_t>(args->axes[i]);
    w[axis] = a.ends ? by_ends(args->start[i], args->size[i], args->stride[i], s[axis])
                     : by_size(args->start[i], args->size[i], args->stride[i], s[axis], a.mode);
  }
  return w;
}

Shape unknown_dims(const InferContext& c) {
  const Shape& s = c.in(0).shape;
  Shape out = s;
  const bool axes_known = !c.has(5) || known_content(c.in(5));
  const int64_t count = argument_length(c, 1, c.attr<SliceAttrs>().start);
  if (axes_known)
    for (int64_t a : window_axes(c, count)) out[static_cast<size_t>(a)] = c.data_dependent(static_cast<int>(a));
  else
    for (size_t i = 0; i < out.size(); ++i) out[i] = c.data_dependent(static_cast<int>(i));
  return out;
}

void rule(InferContext& c) {
  const TensorInfo& x = c.in(0);
  Shape out;
  if (const auto w = windows(c))
    for (const Window& i : *w) out.push_back(i.length);
  else
    out = unknown_dims(c);
  if (c.has(4))
    require<ModelError>(c.in(4).type == x.type && volume(c.in(4).shape).is(1),
                        "the fill value of Slice must be one {}, not {}{}", name(x.type), name(c.in(4).type),
                        str(c.in(4).shape));
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

// Position outside [0, n) brought inside by the mode; -1: fill.
int64_t sampled(int64_t p, int64_t n, SampleMode mode) {
  if (p >= 0 && p < n) return p;
  switch (mode) {
    case SampleMode::kWrap:
      return ((p % n) + n) % n;
    case SampleMode::kClamp:
      return std::clamp<int64_t>(p, 0, n - 1);
    case SampleMode::kFill:
      return -1;
    case SampleMode::kReflect: {
      if (n == 1) return 0;
      const int64_t period = 2 * (n - 1), q = ((p % period) + period) % period;
      return q < n ? q : period - q;
    }
    case SampleMode::kStrict:
      break;
  }
  fail<ModelError>("Slice reads element {} of an axis of {}", p, n);
}

void eval_sampled(const EvalContext& c, const std::vector<Window>& w, SampleMode mode, Tensor& y) {
  const Tensor& x = c.in(0);
  std::vector<std::vector<int64_t>> maps(w.size());
  for (size_t i = 0; i < w.size(); ++i) {
    const int64_t n = x.dims()[i], length = w[i].length.value();
    require<ModelError>(n > 0 || length == 0 || mode == SampleMode::kFill, "Slice samples an empty axis");
    for (int64_t j = 0; j < length; ++j)
      maps[i].push_back(sampled((w[i].start + Dim(j) * Dim(w[i].step)).value(), n, mode));
  }
  mapped_copy(x, maps, c.has(4) ? c.in(4).raw() : nullptr, y);
}

void eval(EvalContext& c) {
  const auto& a = c.attr<SliceAttrs>();
  const std::vector<Window> w = windows(ConcreteContext(c)).value();
  Tensor& y = allocate_output(c, rule);
  if (y.count() == 0) return;
  if (!a.ends && a.mode != SampleMode::kStrict) return eval_sampled(c, w, a.mode, y);
  const Tensor& x = c.in(0);
  Dims strides = contiguous_strides(x.dims());
  int64_t offset = 0;
  for (size_t i = 0; i < w.size(); ++i) offset += w[i].start.value() * strides[i], strides[i] *= w[i].step;
  const auto* base = static_cast<const std::byte*>(x.raw()) + offset * static_cast<int64_t>(storage_bytes(x.type(), 1));
  strided_copy(x.type(), y.dims(), base, strides, y.raw(), contiguous_strides(y.dims()));
}

void infer(InferContext& c) {
  rule(c);
  if (c.attr<SliceAttrs>().mode != SampleMode::kFill) track_content(c, 1, eval);
}

}  // namespace

const Op kSliceOp = {"Slice", kView, 1, 6, 1, make_attrs<SliceAttrs>, infer, eval};

}  // namespace hone
