// Helpers of the operators' unit tests: tensors from literals, shape rules and reference evaluation in one call.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "ops/op.h"

namespace hone::testing {

/// A tensor of `type` with these dims and values (converted from double).
inline Tensor tensor(Dims dims, const std::vector<double>& values, DType type = DType::kF32) {
  return Tensor::from(values).reshaped(std::move(dims)).to(type);
}
/// 0, step, 2 * step ... in these dims.
inline Tensor ramp(Dims dims, double step = 1, double first = 0, DType type = DType::kF32) {
  std::vector<double> v(static_cast<size_t>(volume(dims)));
  for (size_t i = 0; i < v.size(); ++i) v[i] = first + step * static_cast<double>(i);
  return tensor(std::move(dims), v, type);
}
inline Shape shape(const std::vector<std::string>& dims) {
  Shape s;
  for (const std::string& d : dims) s.push_back(Dim::parse(d));
  return s;
}
inline TensorInfo info(const std::vector<std::string>& dims, DType type = DType::kF32) {
  return {type, shape(dims), std::nullopt, nullptr};
}
inline TensorInfo constant_info(const Tensor& constant) {
  return {constant.type(), to_shape(constant.dims()), std::nullopt, &constant};
}
/// What the shape rule says; an input without a value stands for one left out.
inline std::vector<TensorInfo> infer_infos(const Op& op, const Attributes& attrs,
                                           const std::vector<std::optional<TensorInfo>>& in, size_t outputs = 1) {
  const auto own = attrs.clone();
  InferContext c;
  c.attrs = own.get();
  c.node_name = "node";
  for (const auto& i : in) c.inputs.push_back(i ? &*i : nullptr);
  c.outputs.resize(outputs);
  infer(op, c);
  return c.outputs;
}
/// Text of the first output's shape.
inline std::string infer_shape_text(const Op& op, const Attributes& attrs,
                                    const std::vector<std::optional<TensorInfo>>& in, size_t outputs = 1) {
  return str(infer_infos(op, attrs, in, outputs)[0].shape);
}
/// Reference outputs; an undefined tensor stands for an input left out.
inline std::vector<Tensor> run(const Op& op, const Attributes& attrs, const std::vector<Tensor>& in,
                               size_t outputs = 1) {
  std::vector<const Tensor*> p;
  p.reserve(in.size());
  for (const Tensor& t : in) p.push_back(t.defined() ? &t : nullptr);
  return evaluate(op, attrs, p, outputs);
}
/// Dims and every element within `tolerance` (NaN equals NaN).
inline void expect_tensor(const Tensor& t, const Dims& dims, const std::vector<double>& values,
                          double tolerance = 1e-6) {
  EXPECT_EQ(t.dims(), dims);
  const std::vector<double> got = t.as_doubles();
  ASSERT_EQ(got.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      EXPECT_TRUE(std::isnan(got[i])) << "element " << i << " is " << got[i];
    } else if (got[i] != values[i]) {
      EXPECT_NEAR(got[i], values[i], tolerance) << "element " << i;
    }
  }
}

}  // namespace hone::testing
