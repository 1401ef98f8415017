// Checked conversions between public records and the graph's.
#include "api/convert.h"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace hone::api {

DType dtype(nvinfer1::DataType t) {
  const auto number = static_cast<int32_t>(t);
  require<ModelError>(number >= 0 && number < 256 && is_valid(static_cast<DType>(number)), "{} is not a data type",
                      number);
  return static_cast<DType>(number);
}

std::vector<int64_t> ints(const nvinfer1::Dims& d, const char* what) {
  require<ModelError>(d.nbDims >= 0 && d.nbDims <= nvinfer1::Dims::MAX_DIMS, "{} have rank {}, allowed is 0 to {}",
                      what, d.nbDims, nvinfer1::Dims::MAX_DIMS + 0);
  return std::vector<int64_t>(d.d, d.d + d.nbDims);
}

nvinfer1::Dims dims(const std::vector<int64_t>& v) noexcept {
  if (v.size() > static_cast<size_t>(nvinfer1::Dims::MAX_DIMS)) return no_dims();
  nvinfer1::Dims d{static_cast<int32_t>(v.size()), {}};
  std::copy(v.begin(), v.end(), d.d);
  return d;
}

nvinfer1::Dims dims(const Shape& s) noexcept {
  if (s.size() > static_cast<size_t>(nvinfer1::Dims::MAX_DIMS)) return no_dims();
  nvinfer1::Dims d{static_cast<int32_t>(s.size()), {}};
  for (size_t i = 0; i < s.size(); ++i) d.d[i] = s[i].value_or(-1);
  return d;
}

nvinfer1::Dims filled(size_t count, int64_t value) noexcept {
  if (count > static_cast<size_t>(nvinfer1::Dims::MAX_DIMS)) return no_dims();
  nvinfer1::Dims d{static_cast<int32_t>(count), {}};
  std::fill_n(d.d, count, value);
  return d;
}

std::string str(const nvinfer1::Dims& d) {
  if (d.nbDims < 0 || d.nbDims > nvinfer1::Dims::MAX_DIMS) return "(no shape)";
  return hone::str(std::vector<int64_t>(d.d, d.d + d.nbDims));
}

std::vector<int64_t> axes_of_mask(uint32_t mask, std::optional<int> rank) {
  std::vector<int64_t> axes;
  for (int i = 0; i < 32; ++i)
    if ((mask >> i) & 1U) axes.push_back(i);
  require<ModelError>(!rank || axes.empty() || axes.back() < *rank,
                      "axis {} of the mask is outside a tensor of rank {}", axes.empty() ? 0 : axes.back(),
                      rank.value_or(0));
  return axes;
}

uint32_t mask_of_axes(const std::vector<int64_t>& axes, std::optional<int> rank) {
  uint32_t mask = 0;
  for (int64_t a : axes) {
    if (a < 0 && rank) a += *rank;
    if (a >= 0 && a < 32) mask |= 1U << a;
  }
  return mask;
}

int64_t axis_of_mask(uint32_t mask) {
  const std::vector<int64_t> axes = axes_of_mask(mask);
  require<ModelError>(axes.size() == 1, "the axis mask {:#x} must have exactly one bit", mask);
  return axes[0];
}

Tensor tensor(const nvinfer1::Weights& w, const Dims& dims, const char* what) {
  const DType type = dtype(w.type);
  require<ModelError>(w.count >= 0 && (w.count == 0 || w.values != nullptr), "{} has {} elements without values", what,
                      w.count);
  require<ModelError>(w.count == volume(dims), "{} has {} elements, expected {} for {}", what, w.count, volume(dims),
                      hone::str(dims));
  Tensor t(type, dims);
  if (t.bytes() != 0) std::memcpy(t.raw(), w.values, t.bytes());
  return t;
}

nvinfer1::Weights weights(const Tensor& t) {
  if (!t.defined()) return {nvinfer1::DataType::kFLOAT, nullptr, 0};
  return {data_type(t.type()), t.raw(), t.count()};
}

std::string symbol_text(const std::string& name) {
  std::string s;
  for (const char c : name) {
    const bool bad = std::strchr("+*(),[] ", c) != nullptr || std::iscntrl(static_cast<unsigned char>(c)) != 0;
    s += bad ? '_' : c;
  }
  if (s.empty() || s[0] == '-' || s[0] == '%' || std::isdigit(static_cast<unsigned char>(s[0])) != 0) s = "d_" + s;
  return s;
}

}  // namespace hone::api
