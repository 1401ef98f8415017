// NonZero: selection of the elements that are not zero.
#include "ops/non_zero.h"

#include "backends/cuda/elements.h"
#include "backends/cuda/tactics/selection/selection.h"

namespace hone::cuda {
namespace {

class NonZero : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.non_zero"; }
  Verdict supports(const Problem& p) const override {
    if (Verdict v = plain_node(p); !v) return v;
    if (!is_linear(p.inputs[0]) || !is_dense(p.inputs[0])) return Verdict::no("the input is not linear");
    if (p.inputs[0].count() >= INT32_MAX) return Verdict::no("too many elements");
    const DType t = p.outputs[0].type;
    return t == DType::kI32 || t == DType::kI64 ? Verdict::yes() : Verdict::no("type of the indices");
  }
  size_t workspace(const Problem& p) const override {
    return static_cast<size_t>(Selection::sums_bytes(p.inputs[0].count()));
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const TensorDesc& x = p.inputs[0];
    const std::string_view index_type = device_type(p.outputs[0].type);
    Selection s(KernelSource(x.count() * static_cast<int64_t>(std::max<size_t>(1, x.dims.size()))));
    s.units = x.count();
    s.flag = [&](KernelSource& k) {
      k.input("in", 0, device_type(x.type));
      return "value_of(in[i]) != 0";
    };
    s.take = [&](KernelSource& k) {
      k.output("out", 0, index_type);
      k.line("if (chosen) {{");
      k.unravel("i", x.dims, "c");
      for (size_t a = 0; a < x.dims.size(); ++a)
        k.line("out[static_cast<Index>(total) * {0} + rank] = static_cast<{1}>(c{0});", a, index_type);
      k.line("}}");
    };
    s.finish = [](KernelSource& k) {
      k.output("found", 1, "long long");
      k.line("*found = total;");
    };
    return s.recipes();
  }
};

}  // namespace

const Tactic& non_zero() {
  static const NonZero tactic;
  return tactic;
}

}  // namespace hone::cuda
