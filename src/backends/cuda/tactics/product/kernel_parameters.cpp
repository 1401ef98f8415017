// Parameters as text.
#include "backends/cuda/tactics/product/kernel_parameters.h"

#include <limits>

namespace hone::cuda {

std::string KernelParameters::add(std::string_view type, std::string_view name, const Argument& a) {
  parameters_ += fmt::format("{}{} {}", parameters_.empty() ? "" : ", ", type, name);
  arguments_.push_back(a);
  return std::string(name);
}

std::string KernelParameters::pointer(std::string_view type, std::string_view name, const Argument& a) {
  return add(fmt::format("{}*", type), name, a);
}

std::string KernelParameters::map(std::string_view name, const TensorMap& m) {
  maps_.push_back(m);
  return add("const __grid_constant__ bulk::Map", name, Argument::tensor_map(static_cast<int>(maps_.size()) - 1));
}

std::string KernelParameters::integer(std::string_view name, int64_t value) {
  require<InternalError>(value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max(),
                         "kernel argument '{}' = {} does not fit", name, value);
  return add("int", name, Argument::value_of(static_cast<int>(value)));
}

std::string KernelParameters::wide(std::string_view name, int64_t value) {
  return add("long long", name, Argument::value_of(static_cast<long long>(value)));
}

std::string KernelParameters::real(std::string_view name, float value) {
  return add("float", name, Argument::value_of(value));
}

std::string KernelParameters::axes(std::string_view name, const std::vector<Factor>& f) {
  if (f.empty()) return "{}";
  std::string extents, strides;
  for (size_t i = 0; i < f.size(); ++i) {
    const char* comma = i == 0 ? "" : ", ";
    // The outermost extent takes no part.
    extents += comma + (i == 0 ? std::string("1") : integer(fmt::format("{}_e{}", name, i), f[i].extent));
    strides += comma + wide(fmt::format("{}_s{}", name, i), f[i].stride);
  }
  return fmt::format("{{{{{}}}, {{{}}}}}", extents, strides);
}

std::string KernelParameters::view_type(std::string_view type, const TensorView& v) {
  return fmt::format("View<{}, {}, {}, {}>", type, v.rows.size(), v.columns.size(), v.contiguous());
}

std::string KernelParameters::view(std::string_view type, std::string_view name, const TensorView& v,
                                   const Argument& data) {
  const std::string p = pointer(type, name, data);
  const std::string rows = axes(fmt::format("{}_r", name), v.rows);
  return fmt::format("{{{}, {}, {}}}", p, rows,
                     v.contiguous() && v.columns.size() == 1 ? "{}" : axes(fmt::format("{}_c", name), v.columns));
}

}  // namespace hone::cuda
