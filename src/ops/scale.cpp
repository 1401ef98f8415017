// (x * scale + shift) ^ power with constants: shape rule and reference evaluation.
#include "ops/scale.h"

#include <cmath>

#include "ops/reference.h"

namespace hone {
namespace {

void check_constant(const ScaleAttrs& a, const Tensor& t, const Shape& x, const char* what) {
  if (!t.defined()) return;
  const int64_t n = t.count();
  require<ModelError>(is_float(t.type()), "{} of a scale layer is {}", what, name(t.type()));
  switch (a.mode) {
    case ScaleMode::kUniform:
      require<ModelError>(n == 1, "{} of a uniform scale layer has {} elements", what, n);
      return;
    case ScaleMode::kChannel: {
      const auto axis = static_cast<size_t>(normalize_axis(a.channel_axis, static_cast<int64_t>(x.size())));
      require<ModelError>(!x[axis].is_const() || x[axis].value() == n,
                          "{} of a scale layer has {} elements for {} channels", what, n, x[axis].str());
      return;
    }
    case ScaleMode::kElementwise: {
      // Everything behind the batch axis, or everything.
      const Dim all = volume(x), sample = x.empty() ? Dim(1) : volume(Shape(x.begin() + 1, x.end()));
      require<ModelError>((all.is_const() && all.value() == n) || !sample.is_const() || sample.value() == n,
                          "{} of a scale layer has {} elements for data {}", what, n, str(x));
      return;
    }
  }
}

void infer_scale(InferContext& c) {
  const auto& a = c.attr<ScaleAttrs>();
  require_float(c.in(0), "data of a scale layer");
  check_constant(a, a.shift, c.in(0).shape, "the shift");
  check_constant(a, a.scale, c.in(0).shape, "the scale");
  check_constant(a, a.power, c.in(0).shape, "the power");
  c.outputs[0] = {c.in(0).type, c.in(0).shape, std::nullopt, nullptr};
}

void eval_scale(EvalContext& c) {
  const auto& a = c.attr<ScaleAttrs>();
  const Dims& d = c.in(0).dims();
  auto values = [&](const Tensor& t, double otherwise) {
    return t.defined() ? t.as_doubles() : std::vector<double>{otherwise};
  };
  const std::vector<double> shift = values(a.shift, 0), scale = values(a.scale, 1), power = values(a.power, 1);
  const AxisView v = a.mode == ScaleMode::kChannel
                         ? AxisView(d, static_cast<size_t>(normalize_axis(a.channel_axis, c.in(0).rank())))
                         : AxisView({1}, 0);
  auto pick = [&](const std::vector<double>& t, int64_t i) {
    const auto n = static_cast<int64_t>(t.size());
    if (n == 1) return t[0];
    return t[static_cast<size_t>(a.mode == ScaleMode::kChannel ? i / v.inner % v.extent : i % n)];
  };
  const std::vector<double> x = c.in(0).as_doubles();
  Tensor y(DType::kF64, d);
  for (int64_t i = 0; i < y.count(); ++i) {
    const double linear = x[static_cast<size_t>(i)] * pick(scale, i) + pick(shift, i), p = pick(power, i);
    y.data<double>()[i] = p == 1 ? linear : std::pow(linear, p);
  }
  c.out(0) = y.to(c.in(0).type());
}

}  // namespace

const Op kScaleOp = {"Scale", kPointwise, 1, 1, 1, make_attrs<ScaleAttrs>, infer_scale, eval_scale};

}  // namespace hone
