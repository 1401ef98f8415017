// Source of a kernel with its parameters: text and arguments grow together, so that they cannot disagree.
#pragma once

#include <string>
#include <vector>

#include "backends/cuda/recipe.h"
#include "backends/cuda/tactics/product/views.h"

namespace hone::cuda {

class KernelParameters {
 public:
  /// A parameter `type name`; its name is returned for use in expressions.
  std::string pointer(std::string_view type, std::string_view name, const Argument& a);
  std::string integer(std::string_view name, int64_t value);  // int; must fit
  std::string wide(std::string_view name, int64_t value);     // long long
  std::string real(std::string_view name, float value);
  /// A bulk::Map.
  std::string map(std::string_view name, const TensorMap& m);
  /// `Axes<n>` as an initialiser made of parameters.
  std::string axes(std::string_view name, const std::vector<Factor>& f);
  /// View<type, ...> as a type and as an initialiser made of parameters.
  static std::string view_type(std::string_view type, const TensorView& v);
  std::string view(std::string_view type, std::string_view name, const TensorView& v, const Argument& data);

  const std::string& parameters() const { return parameters_; }
  const std::vector<Argument>& arguments() const { return arguments_; }
  const std::vector<TensorMap>& maps() const { return maps_; }

 private:
  std::string add(std::string_view type, std::string_view name, const Argument& a);
  std::string parameters_;
  std::vector<Argument> arguments_;
  std::vector<TensorMap> maps_;
};

}  // namespace hone::cuda
