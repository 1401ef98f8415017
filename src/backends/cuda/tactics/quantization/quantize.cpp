// Quantisation and dequantisation with scales per tensor, per axis or per block, and block quantisation with scales
// found from the data.
#include "ops/quantize.h"

#include <algorithm>

#include "backends/cuda/elements.h"
#include "ops/dequantize.h"
#include "ops/dynamic_quantize.h"
#include "ops/movement.h"

namespace hone::cuda {
namespace {

// Offset of the scale that belongs to the element at `o`, for scales that lie densely in logical order.
std::string scale_offset(KernelSource& k, const Problem& p, int64_t axis, int64_t block,
                         const std::vector<std::string>& o) {
  const TensorDesc &x = p.inputs[0], &s = p.inputs[1];
  if (block == 0 && s.count() == 1) return "0";
  const auto a = static_cast<size_t>(normalize_axis(axis, static_cast<int64_t>(x.dims.size())));
  if (block == 0) return o[a];
  std::vector<std::string> at = o;
  k.divisor("block", block);
  at[a] = fmt::format("quotient({}, block)", o[a]);
  return k.offset(s.dims, contiguous_strides(s.dims), at);
}

Verdict scales_fit(const Problem& p) {
  for (size_t i : {1, 2})
    if (p.has(i) && (!is_linear(p.inputs[i]) || !is_dense(p.inputs[i]))) return Verdict::no("scales are not linear");
  return Verdict::yes();
}

class Quantize : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.quantize"; }
  Verdict supports(const Problem& p) const override {
    if (const Verdict v = plain_node(p); !v) return v;
    return scales_fit(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<QuantizeAttrs>();
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, device_type(p.inputs[0].type));
    k.input("scale", 1, device_type(p.inputs[1].type));
    if (p.has(2)) k.input("zero", 2, device_type(a.to));
    k.output("out", 0, device_type(a.to));
    e.coordinates();
    k.line("const Index s = {};", scale_offset(k, p, a.axis, a.block_size, e.o));
    k.line("const float v = convert<float>(value_of(in[{}])) / convert<float>(value_of(scale[s]));",
           k.at(p.inputs[0], e.o));
    if (is_float(a.to))
      k.line("out[{}] = element_of<{}>(v);", e.here(), device_type(a.to));
    else
      k.line("out[{}] = convert<{}>(static_cast<double>(rintf(v)){});", e.here(), device_type(a.to),
             p.has(2) ? " + static_cast<double>(zero[s])" : "");
    return e.recipes();
  }
};

class Dequantize : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.dequantize"; }
  Verdict supports(const Problem& p) const override {
    if (const Verdict v = plain_node(p); !v) return v;
    return scales_fit(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<DequantizeAttrs>();
    ElementKernel e(p);
    KernelSource& k = e.k;
    const DType t = p.inputs[0].type;
    const bool wide = a.to == DType::kF64 || bits(t) >= 32;
    const std::string_view w = wide ? "double" : "float";
    k.input("in", 0, device_type(t));
    k.input("scale", 1, device_type(p.inputs[1].type));
    if (p.has(2)) k.input("zero", 2, device_type(t));
    k.output("out", 0, device_type(a.to));
    e.coordinates();
    k.line("const Index s = {};", scale_offset(k, p, a.axis, a.block_size, e.o));
    k.line("const {0} v = convert<{0}>(value_of(in[{1}])){2};", w, k.at(p.inputs[0], e.o),
           p.has(2) ? fmt::format(" - convert<{}>(value_of(zero[s]))", w) : "");
    k.line("out[{}] = element_of<{}>(v * convert<{}>(value_of(scale[s])));", e.here(), device_type(a.to), w);
    return e.recipes();
  }
};

// A thread takes one block.
class DynamicQuantize : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.dynamic_quantize"; }
  Verdict supports(const Problem& p) const override {
    if (const Verdict v = plain_node(p); !v) return v;
    return scales_fit(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<DynamicQuantizeAttrs>();
    ElementKernel e(p, 1);
    KernelSource& k = e.k;
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.dims.size())));
    k.input("in", 0, device_type(x.type));
    if (p.has(1)) k.input("second", 1, device_type(p.inputs[1].type));
    k.output("out", 0, device_type(a.to));
    k.output("scales", 1, device_type(a.scale_type));
    auto at = e.coordinates();
    k.index("extent", x.dims[axis]);
    k.index("block", a.block_size);
    k.line("const double global = {};", p.has(1) ? "convert<double>(value_of(second[0]))" : "1.0");
    k.line("const Index first = {0} * block, last = min(extent, first + block);", at[axis]);
    k.line("double most = 0;");
    at[axis] = "j";
    k.line("for (Index j = first; j < last; ++j) most = fmax(most, fabs(convert<double>(value_of(in[{}]))));",
           k.at(x, at));
    const double largest = a.to == DType::kFP8 ? 448 : a.to == DType::kFP8E5M2 ? 57344 : 127;
    k.real64("largest", largest);
    k.line("const {0} stored = element_of<{0}>(most / largest / global);", device_type(a.scale_type));
    k.line("scales[{}] = stored;", e.here());
    k.line("const double scale = convert<double>(value_of(stored)) * global;");
    k.line("for (Index j = first; j < last; ++j) {{");
    k.line("const double q = scale == 0 ? 0.0 : convert<double>(value_of(in[{}])) / scale;", k.at(x, at));
    k.line("out[{}] = element_of<{}>({});", k.at(y, at), device_type(a.to),
           a.to == DType::kI8 ? "rint(q)" : "fmax(-largest, fmin(largest, q))");
    k.line("}}");
    return e.recipes();
  }
};

}  // namespace

const Tactic& quantize() {
  static const Quantize tactic;
  return tactic;
}
const Tactic& dequantize() {
  static const Dequantize tactic;
  return tactic;
}
const Tactic& dynamic_quantize() {
  static const DynamicQuantize tactic;
  return tactic;
}

}  // namespace hone::cuda
