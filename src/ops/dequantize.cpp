// Dequantisation: shape rule and reference evaluation.
#include "ops/dequantize.h"

#include "ops/quantization.h"

namespace hone {
namespace {

void infer_dequantize(InferContext& c) {
  const auto& a = c.attr<DequantizeAttrs>();
  require<ModelError>(is_float(a.to), "dequantisation to {}", name(a.to));
  require<ModelError>(c.in(0).type != DType::kBool, "dequantisation of bool data");
  require_type_of_first(c, 2, "the zero point");
  check_scale(c, c.in(0).shape, a.axis, a.block_size);
  c.outputs[0] = {a.to, c.in(0).shape, std::nullopt, nullptr};
}

void eval_dequantize(EvalContext& c) {
  const auto& a = c.attr<DequantizeAttrs>();
  const std::vector<double> x = c.in(0).as_doubles(), scale = c.in(1).as_doubles();
  const std::vector<double> zero = c.has(2) ? c.in(2).as_doubles() : std::vector<double>();
  Tensor y(DType::kF64, c.in(0).dims());
  for_each_scale(c.in(0).dims(), c.in(1).dims(), a.axis, a.block_size, [&](int64_t i, int64_t s) {
    const auto k = static_cast<size_t>(s);
    y.data<double>()[i] = (x[static_cast<size_t>(i)] - (zero.empty() ? 0 : zero[k])) * scale[k];
  });
  c.out(0) = y.to(a.to);
}

}  // namespace

const Op kDequantizeOp = {"Dequantize",     kNoFlags,       2, 3, 1, make_attrs<DequantizeAttrs>,
                          infer_dequantize, eval_dequantize};

}  // namespace hone
