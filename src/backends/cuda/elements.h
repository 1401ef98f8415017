// The skeleton of kernels in which one thread makes one element (or one pack of neighbours) of the output.
#pragma once

#include "backends/cuda/kernel_source.h"
#include "backends/layout.h"

namespace hone::cuda {

/// The index of a unit `i` as logical coordinates o0.. of the output; units follow the output's memory.
class ElementKernel {
 public:
  explicit ElementKernel(const Problem& p, size_t output = 0)
      : k(KernelSource::for_problem(p)), out_(p.outputs[output]) {
    k.include("math.cuh");
  }
  /// Declares the coordinates. With `pack` > 1 each unit is that many neighbours along the innermost axis.
  const std::vector<std::string>& coordinates(int pack = 1) {
    const auto order = memory_order(out_.format, out_.dims.size());
    Dims dims = out_.dims;
    if (pack > 1) dims[order.back()] /= pack;
    units_ = volume(dims);
    if (pack == 1) {
      k.unravel("i", dims, "o", order);
    } else {
      k.unravel("i", dims, "u", order);
      for (size_t a : order)
        k.line("const Index o{} = u{}{};", a, a, a == order.back() ? fmt::format(" * {}", pack) : "");
    }
    o = KernelSource::coordinates("o", out_.dims.size());
    return o;
  }
  /// Offset of this element in the output.
  std::string here() { return k.at(out_, o); }
  std::vector<Recipe> recipes() const {
    if (units_ == 0) return {};
    return {k.per_element(units_)};
  }

  KernelSource k;
  std::vector<std::string> o;

 private:
  const TensorDesc& out_;
  int64_t units_ = 0;
};

/// Loads index `expression` of an i32 or i64 tensor as `name`, counted from the end where negative and kept inside of
/// [0, extent) whatever it says.
inline void load_index(KernelSource& k, std::string_view name, std::string_view element, std::string_view extent) {
  k.line("long long {}_raw = static_cast<long long>({});", name, element);
  k.line("if ({}_raw < 0) {}_raw += {};", name, name, extent);
  k.line("const Index {} = static_cast<Index>(max(0ll, min({}_raw, static_cast<long long>({}) - 1)));", name, name,
         extent);
}

/// The types of all inputs and outputs are known to kernels, and nothing follows the node.
inline Verdict plain_node(const Problem& p) {
  if (p.has_epilogue()) return Verdict::no("takes no epilogue");
  for (size_t i = 0; i < p.inputs.size(); ++i)
    if (p.has(i))
      if (const std::string r = refuse_type(p.inputs[i]); !r.empty()) return Verdict::no("{}", r);
  for (const TensorDesc& d : p.outputs)
    if (const std::string r = refuse_type(d); !r.empty()) return Verdict::no("{}", r);
  return Verdict::yes();
}

}  // namespace hone::cuda
