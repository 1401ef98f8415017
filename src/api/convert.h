// Between the records of the public interface (Dims, Weights, axis masks, DataType) and those of the graph. Everything
// that comes from a program is checked; ModelError names what is wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hone/dims.h"
#include "hone/types.h"
#include "ops/dim.h"
#include "ops/tensor.h"

namespace hone::api {

/// Throws ModelError for a number that is no type.
DType dtype(nvinfer1::DataType t);
inline nvinfer1::DataType data_type(DType t) { return static_cast<nvinfer1::DataType>(t); }

/// Entries of d; throws ModelError for a rank outside [0, 8].
std::vector<int64_t> ints(const nvinfer1::Dims& d, const char* what = "dimensions");
/// Rank -1: no shape.
inline nvinfer1::Dims no_dims() noexcept { return nvinfer1::Dims{-1, {}}; }
/// The inverse of ints(); no shape above rank 8.
nvinfer1::Dims dims(const std::vector<int64_t>& v) noexcept;
/// Symbolic extents become -1.
nvinfer1::Dims dims(const Shape& s) noexcept;
/// `count` times `value`.
nvinfer1::Dims filled(size_t count, int64_t value) noexcept;
/// [2,3,-1]
std::string str(const nvinfer1::Dims& d);

/// Axes of a bit mask, rising; throws ModelError for bits at or above `rank` (where it is known).
std::vector<int64_t> axes_of_mask(uint32_t mask, std::optional<int> rank = std::nullopt);
uint32_t mask_of_axes(const std::vector<int64_t>& axes, std::optional<int> rank = std::nullopt);
/// The one axis of a mask with exactly one bit.
int64_t axis_of_mask(uint32_t mask);

/// A copy of the weights as a tensor of these dims; throws ModelError where count, type or pointer do not fit.
Tensor tensor(const nvinfer1::Weights& w, const Dims& dims, const char* what);
/// True for weights without values.
inline bool empty(const nvinfer1::Weights& w) { return w.count == 0 || w.values == nullptr; }
/// The tensor's elements as weights (no copy); empty ones for an undefined tensor.
nvinfer1::Weights weights(const Tensor& t);

/// A symbol name made of arbitrary text: what an expression could not hold becomes '_'.
std::string symbol_text(const std::string& name);

}  // namespace hone::api
