// Quantisation: shape rule and reference evaluation, computed in float as inference engines do.
#include "ops/quantize.h"

#include <cmath>
#include <limits>

#include "ops/quantization.h"

namespace hone {
namespace {

std::pair<double, double> range_of(DType t) {
  switch (t) {
    case DType::kI4:
      return {-8, 7};
    case DType::kU4:
      return {0, 15};
    case DType::kI8:
      return {-128, 127};
    case DType::kU8:
      return {0, 255};
    case DType::kI16:
      return {-32768, 32767};
    case DType::kU16:
      return {0, 65535};
    case DType::kI32:
      return {-2147483648.0, 2147483647.0};
    default:
      fail<Unsupported>("quantisation to {} is not supported", name(t));
  }
}

bool is_narrow_float(DType t) { return t == DType::kFP8 || t == DType::kFP8E5M2 || t == DType::kFP4; }

void infer_quantize(InferContext& c) {
  const auto& a = c.attr<QuantizeAttrs>();
  require<ModelError>(is_float(c.in(0).type) || c.in(0).type == DType::kI32, "quantisation of {} data",
                      name(c.in(0).type));
  if (!is_narrow_float(a.to)) range_of(a.to);
  require<ModelError>(!c.has(2) || c.in(2).type == a.to, "zero points are {}, the result is {}",
                      c.has(2) ? name(c.in(2).type) : "", name(a.to));
  check_scale(c, c.in(0).shape, a.axis, a.block_size);
  c.outputs[0] = {a.to, c.in(0).shape, std::nullopt, nullptr};
}

void eval_quantize(EvalContext& c) {
  const auto& a = c.attr<QuantizeAttrs>();
  const Tensor x = c.in(0).to(DType::kF32), scale = c.in(1).to(DType::kF32);
  const std::vector<double> zero = c.has(2) ? c.in(2).as_doubles() : std::vector<double>();
  Tensor y(DType::kF32, x.dims());
  const bool round = !is_narrow_float(a.to);
  const auto [low, high] = round ? range_of(a.to) : std::pair<double, double>();
  const float* from = x.data<float>();
  Tensor wide = round ? Tensor(DType::kF64, x.dims()) : Tensor();
  for_each_scale(x.dims(), scale.dims(), a.axis, a.block_size, [&](int64_t i, int64_t s) {
    const float v = from[i] / scale.data<float>()[s];
    if (!round) {
      y.data<float>()[i] = v;
      return;
    }
    const double q = std::nearbyint(v) + (zero.empty() ? 0 : zero[static_cast<size_t>(s)]);
    wide.data<double>()[i] = std::isnan(q) ? 0 : std::clamp(q, low, high);
  });
  c.out(0) = (round ? wide : y).to(a.to);
}

}  // namespace

const Op kQuantizeOp = {"Quantize", kNoFlags, 2, 3, 1, make_attrs<QuantizeAttrs>, infer_quantize, eval_quantize};

}  // namespace hone
