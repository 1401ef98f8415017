// Range: start, start + delta, ... up to but without limit. Inputs: three scalars of one type.
#include <algorithm>
#include <cmath>

#include "ops/movement.h"

namespace hone {
namespace {

constexpr int64_t kMaxLength = int64_t{1} << 40;

void require_scalars(const InferContext& c) {
  for (size_t i = 0; i < 3; ++i) {
    require<ModelError>(c.in(i).type == c.in(0).type, "Range: start, limit and delta differ in type");
    require<ModelError>(volume(c.in(i).shape).is(1), "Range: input {} must be a scalar, not {}", i, str(c.in(i).shape));
  }
}

Dim int_length(const Dim& start, const Dim& limit, const Dim& delta) {
  require<ModelError>(!delta.is(0), "Range: delta is zero");
  if (delta.is_const() && delta.value() < 0) return non_negative_part(ceil_div(start - limit, -delta));
  return non_negative_part(ceil_div(limit - start, delta));
}

int64_t float_length(double start, double limit, double delta) {
  require<ModelError>(delta != 0, "Range: delta is zero");
  const double n = std::ceil((limit - start) / delta);
  require<ModelError>(n < static_cast<double>(kMaxLength), "Range from {} to {} by {} is too long", start, limit,
                      delta);
  return std::max<int64_t>(0, static_cast<int64_t>(n));
}

double value_of(const TensorInfo& t) { return t.constant->as_doubles().at(0); }

void rule(InferContext& c) {
  require_scalars(c);
  TensorInfo& out = c.outputs[0];
  out = {c.in(0).type, {Dim(0)}, std::nullopt, nullptr};
  Dim& n = out.shape[0];
  if (is_float(out.type)) {
    const bool known = c.in(0).constant != nullptr && c.in(1).constant != nullptr && c.in(2).constant != nullptr;
    n = known ? Dim(float_length(value_of(c.in(0)), value_of(c.in(1)), value_of(c.in(2)))) : c.data_dependent(0);
    return;
  }
  require<ModelError>(is_integer(out.type), "Range of {}", name(out.type));
  const auto start = known_content(c.in(0)), limit = known_content(c.in(1)), delta = known_content(c.in(2));
  if (!start || !limit || !delta) {
    n = c.data_dependent(0);
    return;
  }
  n = int_length(start->at(0), limit->at(0), delta->at(0));
  require<ModelError>(!n.is_const() || n.value() < kMaxLength, "Range of {} elements is too long", n.str());
}

void infer(InferContext& c) {
  rule(c);
  TensorInfo& out = c.outputs[0];
  if (is_float(out.type) || !out.shape[0].is_const() || out.shape[0].value() > kMaxContent) return;
  const Dim start = known_content(c.in(0))->at(0), delta = known_content(c.in(2))->at(0);
  std::vector<Dim> content;
  for (int64_t i = 0; i < out.shape[0].value(); ++i) content.push_back(start + Dim(i) * delta);
  out.content = std::move(content);
}

template <class T>
void fill(T start, T delta, Tensor& y) {
  for (int64_t i = 0; i < y.count(); ++i) {
    if constexpr (std::is_arithmetic_v<T>)
      y.data<T>()[i] = static_cast<T>(start + static_cast<T>(i) * delta);
    else
      y.data<T>()[i] = T(static_cast<float>(start) + static_cast<float>(i) * static_cast<float>(delta));
  }
}

void eval(EvalContext& c) {
  Tensor& y = allocate_output(c, rule);
  with_type(y.type(), [&]<class T>() { fill<T>(*c.in(0).data<T>(), *c.in(2).data<T>(), y); });
}

}  // namespace

const Op kRangeOp = {"Range", kNoFlags, 3, 3, 1, make_attrs<NoAttrs>, infer, eval};

}  // namespace hone
