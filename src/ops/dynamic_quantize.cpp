// Block quantisation with scales from the data: the scale of a block maps its largest magnitude to the largest number
// of the target type; shape rule and reference evaluation.
#include "ops/dynamic_quantize.h"

#include <cmath>

#include "ops/reference.h"

namespace hone {
namespace {

double largest(DType t) {
  switch (t) {
    case DType::kFP4:
      return 6;
    case DType::kFP8:
      return 448;
    case DType::kFP8E5M2:
      return 57344;
    case DType::kI8:
      return 127;
    default:
      fail<Unsupported>("dynamic quantisation to {} is not supported", name(t));
  }
}

void infer_dynamic_quantize(InferContext& c) {
  const auto& a = c.attr<DynamicQuantizeAttrs>();
  const Shape& x = c.in(0).shape;
  require_float(c.in(0), "data of dynamic quantisation");
  largest(a.to);
  require<ModelError>(is_float(a.scale_type), "scales of type {}", name(a.scale_type));
  require<ModelError>(a.block_size >= 1, "the block size is {}", a.block_size);
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.size())));
  if (c.has(1)) {
    require_float(c.in(1), "the second-level scale");
    require_same_dim(volume(c.in(1).shape), 1, "elements of the second-level scale and 1");
  }
  Shape scales = x;
  scales[axis] = ceil_div(x[axis], a.block_size);
  c.outputs[0] = {a.to, x, std::nullopt, nullptr};
  c.outputs[1] = {a.scale_type, scales, std::nullopt, nullptr};
}

// The block's scale as a number of the scale type. Powers of two round up, so that nothing saturates.
double stored_scale(double amax, const DynamicQuantizeAttrs& a, double global) {
  const double wanted = amax / largest(a.to) / global;
  if (a.scale_type != DType::kE8M0) return Tensor::scalar(wanted).to(a.scale_type).as_doubles()[0];
  return wanted > 0 ? std::exp2(std::clamp(std::ceil(std::log2(wanted)), -127.0, 127.0)) : std::exp2(-127);
}

void eval_dynamic_quantize(EvalContext& c) {
  const auto& a = c.attr<DynamicQuantizeAttrs>();
  const Dims& dims = c.in(0).dims();
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(dims.size())));
  const AxisView v(dims, axis);
  const int64_t blocks = (v.extent + a.block_size - 1) / a.block_size;
  Dims scale_dims = dims;
  scale_dims[axis] = blocks;
  const std::vector<double> x = c.in(0).as_doubles();
  const double global = c.has(1) ? c.in(1).as_doubles()[0] : 1;
  Tensor data(DType::kF64, dims), scales(DType::kF64, scale_dims);
  for (int64_t line = 0; line < v.lines(); ++line)
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t first = b * a.block_size, last = std::min(v.extent, first + a.block_size);
      double amax = 0;
      auto at = [&](int64_t k) { return v.begin(line) + k * v.inner; };
      for (int64_t k = first; k < last; ++k) amax = std::max(amax, std::fabs(x[static_cast<size_t>(at(k))]));
      const double scale = stored_scale(amax, a, global);
      scales.data<double>()[(line / v.inner * blocks + b) * v.inner + line % v.inner] = scale;
      for (int64_t k = first; k < last; ++k) {
        const double q = scale * global == 0 ? 0 : x[static_cast<size_t>(at(k))] / (scale * global);
        data.data<double>()[at(k)] =
            a.to == DType::kI8 ? std::nearbyint(q) : std::clamp(q, -largest(a.to), largest(a.to));
      }
    }
  c.out(0) = data.to(a.to);
  c.out(1) = scales.to(a.scale_type);
}

}  // namespace

const Op kDynamicQuantizeOp = {
    "DynamicQuantize",    kNoFlags, 1, 2, 2, make_attrs<DynamicQuantizeAttrs>, infer_dynamic_quantize,
    eval_dynamic_quantize};

}  // namespace hone
