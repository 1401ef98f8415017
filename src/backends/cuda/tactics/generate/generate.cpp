// Operators whose elements follow from their coordinates and at most one other element: OneHot, Trilu, EyeLike, Range,
// Fill, ReverseSequence, BitCast.
#include <algorithm>
#include <atomic>

#include "backends/cuda/elements.h"
#include "ops/bit_cast.h"
#include "ops/eye_like.h"
#include "ops/fill.h"
#include "ops/one_hot.h"
#include "ops/reverse_sequence.h"
#include "ops/trilu.h"

namespace hone::cuda {
namespace {

class OneHot : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.one_hot"; }
  Verdict supports(const Problem& p) const override {
    if (is_packed(p.outputs[0].type)) return Verdict::no("packed element type");
    return plain_node(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    const TensorDesc &idx = p.inputs[0], &y = p.outputs[0];
    const auto axis =
        static_cast<size_t>(normalize_axis(p.attr<OneHotAttrs>().axis, static_cast<int64_t>(y.dims.size())));
    e.k.input("indices", 0, device_type(idx.type));
    e.k.input("values", 2, width_type(y.type));
    e.k.output("out", 0, width_type(y.type));
    auto at = e.coordinates();
    at.erase(at.begin() + static_cast<long>(axis));
    e.k.integer("depth", y.dims[axis]);
    e.k.line("long long j = convert<long long>(value_of(indices[{}]));", e.k.at(idx, at));
    e.k.line("if (j < 0) j += depth;");
    e.k.line("out[{}] = values[j == {} ? 1 : 0];", e.here(), e.o[axis]);
    return e.recipes();
  }
};

// A scalar argument: constant, else the attribute; nullopt where it is in device memory only.
std::optional<int64_t> scalar_argument(const Problem& p, size_t input, int64_t attribute) {
  if (!p.has(input)) return attribute;
  if (p.constant(input) == nullptr) return std::nullopt;
  return p.constant(input)->as_ints().at(0);
}

class Trilu : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.trilu"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    const auto& a = p.attr<TriluAttrs>();
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    const size_t rank = y.dims.size();
    const int64_t rows = y.dims[rank - 2], columns = y.dims[rank - 1];
    e.k.input("in", 0, width_type(x.type));
    e.k.output("out", 0, width_type(x.type));
    e.coordinates();
    if (const auto diagonal = scalar_argument(p, 1, a.k)) {
      e.k.integer("diagonal", std::clamp(*diagonal, -rows - 1, columns + 1));
    } else {
      e.k.input("given", 1, device_type(p.inputs[1].type));
      e.k.integer("lowest", -rows - 1), e.k.integer("highest", columns + 1);
      e.k.line("const long long diagonal = max(lowest, min(highest, static_cast<long long>(given[0])));");
    }
    e.k.line("const bool zero = {} {} {} + diagonal;", e.o[rank - 1], a.upper ? "<" : ">", e.o[rank - 2]);
    e.k.line("out[{}] = zero ? 0 : in[{}];", e.here(), e.k.at(x, e.o));
    return e.recipes();
  }
};

class EyeLike : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.eye_like"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (const std::string r = refuse_type(p.outputs[0]); !r.empty()) return Verdict::no("{}", r);
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    const TensorDesc& y = p.outputs[0];
    e.k.output("out", 0, device_type(y.type));
    e.coordinates();
    e.k.integer("diagonal", std::clamp(p.attr<EyeLikeAttrs>().k, -y.dims[0] - 1, y.dims[1] + 1));
    e.k.line("out[{}] = element_of<{}>({} == {} + diagonal ? 1 : 0);", e.here(), device_type(y.type), e.o[1], e.o[0]);
    return e.recipes();
  }
};

class Range : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.range"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    const DType t = p.outputs[0].type;
    e.k.input("start", 0, device_type(t));
    e.k.input("delta", 2, device_type(t));
    e.k.output("out", 0, device_type(t));
    e.coordinates();
    // The product is rounded before the sum, as the host does it.
    if (t == DType::kF64)
      e.k.line("out[{}] = __dadd_rn(start[0], __dmul_rn(static_cast<double>({}), delta[0]));", e.here(), e.o[0]);
    else if (is_float(t))
      e.k.line(
          "out[{}] = element_of<{}>(__fadd_rn(value_of(start[0]), __fmul_rn(static_cast<float>({}), "
          "value_of(delta[0]))));",
          e.here(), device_type(t), e.o[0]);
    else
      e.k.line(
          "out[{}] = static_cast<{}>(static_cast<unsigned long long>(start[0]) + static_cast<unsigned long long>({}) * "
          "static_cast<unsigned long long>(delta[0]));",
          e.here(), device_type(t), e.o[0]);
    return e.recipes();
  }
};

class Linspace : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.linspace"; }
  Verdict supports(const Problem& p) const override {
    const auto& a = p.attr<FillAttrs>();
    if (a.kind != FillKind::kLinspace) return Verdict::no("random numbers");
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (const std::string r = refuse_type(p.outputs[0]); !r.empty()) return Verdict::no("{}", r);
    for (size_t i : {1, 2})
      if (p.has(i))
        if (const std::string r = refuse_type(p.inputs[i]); !r.empty()) return Verdict::no("{}", r);
    const size_t steps = p.has(2) && !p.inputs[2].dims.empty() ? static_cast<size_t>(p.inputs[2].count()) : 1;
    if (!p.has(2) || p.inputs[2].dims.empty()) {
      if (p.outputs[0].dims.size() > 1) return Verdict::no("one step for several axes");
    } else if (steps != p.outputs[0].dims.size() && steps != 1) {
      return Verdict::no("{} steps", steps);
    }
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    const auto& a = p.attr<FillAttrs>();
    const std::string_view w = is_float(a.type) ? "double" : "long long";
    e.k.output("out", 0, device_type(a.type));
    const auto argument = [&](size_t i, const char* name, double attribute) {
      if (p.has(i)) {
        e.k.input(name, i, device_type(p.inputs[i].type));
        return;
      }
      e.k.real64(fmt::format("{}_value", name), attribute);
      e.k.line("const double {0}[1] = {{{0}_value}};", name);
    };
    argument(1, "alpha", a.alpha), argument(2, "beta", a.beta);
    e.coordinates();
    e.k.line("{0} v = convert<{0}>(static_cast<double>(value_of(alpha[0])));", w);
    for (size_t d = 0; d < e.o.size(); ++d)
      e.k.line("v += static_cast<{0}>({1}) * convert<{0}>(static_cast<double>(value_of(beta[{2}])));", w, e.o[d],
               p.has(2) && p.inputs[2].count() > 1 ? d : 0);
    e.k.line("out[{}] = element_of<{}>(v);", e.here(), device_type(a.type));
    return e.recipes();
  }
};

// The reference's generator: element i takes the words of its positions. Without a seed of the user's each launch draws
// a number of its own from a counter beside the code, and each kernel has another start.
constexpr std::string_view kRandomFunctions = R"(
__device__ unsigned long long launches;
__device__ __forceinline__ unsigned long long mix(unsigned long long z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
__device__ __forceinline__ unsigned long long stream_of(unsigned long long seed) {
  return mix(seed ^ 0x9e3779b97f4a7c15ull);
}
/// In [0, 1).
__device__ __forceinline__ double uniform(unsigned long long stream, unsigned long long position) {
  return static_cast<double>(mix(stream + (position + 1) * 0x9e3779b97f4a7c15ull) >> 11) * 0x1p-53;
}
__device__ __forceinline__ double normal(unsigned long long stream, unsigned long long position) {
  const double r = sqrt(-2 * log(1 - uniform(stream, 2 * position)));
  return r * cos(6.283185307179586 * uniform(stream, 2 * position + 1));
}
)";

class RandomFill : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.random_fill"; }
  Verdict supports(const Problem& p) const override {
    if (p.attr<FillAttrs>().kind == FillKind::kLinspace) return Verdict::no("evenly spaced values");
    if (!is_linear(p.outputs[0]) || !is_dense(p.outputs[0])) return Verdict::no("the output is not linear");
    if (p.outputs[0].type != p.attr<FillAttrs>().type) return Verdict::no("types differ");
    for (size_t i : {1, 2})
      if (p.has(i) && p.inputs[i].count() != 1) return Verdict::no("input {} is not one number", i);
    return plain_node(p);
  }
  size_t workspace(const Problem&) const override { return sizeof(uint64_t); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    static std::atomic<int64_t> kernels{1};
    const auto& a = p.attr<FillAttrs>();
    KernelSource start(1);
    start.define(kRandomFunctions);
    start.workspace("stream", 0, "unsigned long long");
    start.integer("seed", a.seed != 0 ? a.seed : -(kernels.fetch_add(1) << 32));
    start.line("*stream = stream_of(static_cast<unsigned long long>(seed){});",
               a.seed != 0 ? "" : " - atomicAdd(&launches, 1ull)");

    KernelSource k(p.outputs[0].count());
    k.define(kRandomFunctions);
    k.workspace("stream", 0, "const unsigned long long");
    k.output("out", 0, device_type(a.type));
    const auto number = [&](size_t i, const char* name, double attribute) {
      if (!p.has(i)) return k.real64(name, attribute);
      k.input(fmt::format("{}_given", name), i, device_type(p.inputs[i].type));
      k.line("const double {0} = convert<double>(value_of(*{0}_given));", name);
    };
    number(1, "alpha", a.alpha), number(2, "beta", a.beta);
    const bool uniform = a.kind == FillKind::kRandomUniform;
    k.line("const double v = {}(*stream, static_cast<unsigned long long>(i));", uniform ? "uniform" : "normal");
    k.line("out[i] = element_of<{}>(__dadd_rn(alpha, __dmul_rn({}, v)));", device_type(a.type),
           uniform ? "beta - alpha" : "beta");
    return {start.recipe(1, 1), k.per_element(p.outputs[0].count())};
  }
};

class ReverseSequence : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.reverse_sequence"; }
  Verdict supports(const Problem& p) const override { return plain_node(p); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    const auto& a = p.attr<ReverseSequenceAttrs>();
    const TensorDesc& x = p.inputs[0];
    const auto rank = static_cast<int64_t>(x.dims.size());
    const auto batch = static_cast<size_t>(normalize_axis(a.batch_axis, rank)),
               time = static_cast<size_t>(normalize_axis(a.time_axis, rank));
    e.k.input("in", 0, width_type(x.type));
    e.k.input("lengths", 1, device_type(p.inputs[1].type));
    e.k.output("out", 0, width_type(x.type));
    auto at = e.coordinates();
    e.k.index("steps", x.dims[time]);
    e.k.line("const long long n = min(static_cast<long long>(lengths[{}]), static_cast<long long>(steps));", at[batch]);
    e.k.line("const Index t = {0} < n ? static_cast<Index>(n - 1 - {0}) : {0};", at[time]);
    at[time] = "t";
    e.k.line("out[{}] = in[{}];", e.here(), e.k.at(x, at));
    return e.recipes();
  }
};

class BitCast : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.bit_cast"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (is_packed(p.inputs[0].type)) return Verdict::no("packed element type");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ElementKernel e(p);
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    e.k.input("in", 0, width_type(x.type));
    e.k.output("out", 0, width_type(y.type));
    e.coordinates();
    e.k.line("out[{}] = in[{}]{};", e.here(), e.k.at(x, e.o), y.type == DType::kBool ? " != 0" : "");
    return e.recipes();
  }
};

}  // namespace

const Tactic& one_hot() {
  static const OneHot tactic;
  return tactic;
}
const Tactic& trilu() {
  static const Trilu tactic;
  return tactic;
}
const Tactic& eye_like() {
  static const EyeLike tactic;
  return tactic;
}
const Tactic& range() {
  static const Range tactic;
  return tactic;
}
const Tactic& linspace() {
  static const Linspace tactic;
  return tactic;
}
const Tactic& random_fill() {
  static const RandomFill tactic;
  return tactic;
}
const Tactic& reverse_sequence() {
  static const ReverseSequence tactic;
  return tactic;
}
const Tactic& bit_cast() {
  static const BitCast tactic;
  return tactic;
}

}  // namespace hone::cuda
