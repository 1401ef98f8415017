// Helpers of operator tests: short ways to make tensors and facts, to run a reference evaluation and a shape rule.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "ops/op.h"

namespace hone::testing {

template <class T>
Tensor tensor(Dims dims, const std::vector<T>& values) {
  Tensor t(dtype_of<T>, std::move(dims));
  EXPECT_EQ(t.count(), static_cast<int64_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) t.data<T>()[i] = values[i];
  return t;
}
inline Tensor floats(Dims dims, const std::vector<float>& v) { return tensor<float>(std::move(dims), v); }
inline Tensor ints(Dims dims, const std::vector<int64_t>& v) { return tensor<int64_t>(std::move(dims), v); }
/// 0, 1, 2, ...
inline Tensor counting(Dims dims) {
  Tensor t(DType::kF32, std::move(dims));
  for (int64_t i = 0; i < t.count(); ++i) t.data<float>()[i] = static_cast<float>(i);
  return t;
}

/// Outputs of the reference evaluation; an undefined tensor is an input left out.
inline std::vector<Tensor> run_all(const Op& op, const Attributes& attrs, const std::vector<Tensor>& inputs,
                                   size_t outputs = 1) {
  std::vector<const Tensor*> in;
  in.reserve(inputs.size());
  for (const Tensor& t : inputs) in.push_back(t.defined() ? &t : nullptr);
  return evaluate(op, attrs, in, outputs);
}
inline Tensor run(const Op& op, const Attributes& attrs, const std::vector<Tensor>& inputs) {
  return run_all(op, attrs, inputs).at(0);
}

/// Facts of a value by type and dims written as text: {"N", "3", "H+1"}.
inline TensorInfo info(DType type, const std::vector<std::string>& dims) {
  TensorInfo t{type, {}, std::nullopt, nullptr};
  for (const std::string& d : dims) t.shape.push_back(Dim::parse(d));
  return t;
}
/// A vector of i64 whose elements are these expressions.
inline TensorInfo dims_value(const std::vector<std::string>& elements) {
  TensorInfo t{DType::kI64, {Dim(static_cast<int64_t>(elements.size()))}, std::vector<Dim>{}, nullptr};
  for (const std::string& d : elements) t.content->push_back(Dim::parse(d));
  return t;
}
inline TensorInfo constant(const Tensor& t) { return {t.type(), to_shape(t.dims()), std::nullopt, &t}; }

inline std::vector<TensorInfo> infer_all(const Op& op, const Attributes& attrs, const std::vector<TensorInfo>& inputs,
                                         size_t outputs = 1) {
  auto own = attrs.clone();
  InferContext c;
  c.attrs = own.get();
  for (const TensorInfo& t : inputs) c.inputs.push_back(&t);
  c.outputs.resize(outputs);
  c.node_name = "node";
  infer(op, c);
  return c.outputs;
}
inline TensorInfo infer_one(const Op& op, const Attributes& attrs, const std::vector<TensorInfo>& inputs) {
  return infer_all(op, attrs, inputs).at(0);
}
inline std::string shape_of(const Op& op, const Attributes& attrs, const std::vector<TensorInfo>& inputs) {
  return str(infer_one(op, attrs, inputs).shape);
}
/// Content as text, "?" where unknown.
inline std::string content_of(const Op& op, const Attributes& attrs, const std::vector<TensorInfo>& inputs) {
  const TensorInfo t = infer_one(op, attrs, inputs);
  return t.content ? str(Shape(*t.content)) : "?";
}

template <class T>
std::vector<T> values(const Tensor& t) {
  const auto s = t.span<T>();
  return {s.begin(), s.end()};
}
inline void expect_near(const Tensor& t, const Dims& dims, const std::vector<double>& want, double tolerance = 1e-5) {
  EXPECT_EQ(str(t.dims()), str(dims));
  const std::vector<double> got = t.as_doubles();
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], tolerance) << "element " << i;
}

}  // namespace hone::testing
