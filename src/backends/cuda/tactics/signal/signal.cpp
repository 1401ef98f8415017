// Discrete and short-time Fourier transforms by their definition, one output number a thread; determinants by
// elimination, one matrix a thread.
#include <algorithm>

#include "backends/cuda/elements.h"
#include "ops/dft.h"
#include "ops/stft.h"

namespace hone::cuda {
namespace {

// Sums in double over roots of unity in float: the sign, the scale and the part follow from the operator.
constexpr std::string_view kRoot = R"(
// exp(2 pi i m / n), m reduced first so that the angle keeps its precision.
__device__ __forceinline__ void root(long long m, long long n, float& re, float& im) {
  const double f = 2.0 * static_cast<double>(m % n) / static_cast<double>(n);
  re = static_cast<float>(cos(f * 3.14159265358979323846));
  im = static_cast<float>(sin(f * 3.14159265358979323846));
}
)";
constexpr std::string_view kRootGpu = R"(
__device__ __forceinline__ void root(long long m, long long n, float& re, float& im) {
  sincospif(static_cast<float>(2.0 * static_cast<double>(m % n) / static_cast<double>(n)), &im, &re);
}
)";

std::string root_code() { return fmt::format("#ifdef HONE_EMULATED{}#else{}#endif\n", kRoot, kRootGpu); }

class Dft : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.dft"; }
  Verdict supports(const Problem& p) const override {
    if ((p.has(1) && !p.constant(1)) || (p.has(2) && !p.constant(2)))
      return Verdict::no("arguments known at run time only");
    return plain_node(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<DftAttrs>();
    const TensorDesc& x = p.inputs[0];
    const auto axis = static_cast<size_t>(
        normalize_axis(p.has(2) ? p.constant(2)->as_ints().at(0) : a.axis, static_cast<int64_t>(x.dims.size())));
    const bool to_real = a.inverse && a.onesided, complex = x.dims.back() == 2;
    const int64_t n = p.has(1) ? p.constant(1)->as_ints().at(0) : to_real ? 2 * (x.dims[axis] - 1) : x.dims[axis];
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.define(root_code());
    k.input("in", 0, device_type(x.type));
    k.output("out", 0, device_type(x.type));
    const auto o = e.coordinates();
    const std::string &bin = o[axis], &part = o.back();
    k.integer("n", n);
    k.index("given", std::min(n, x.dims[axis]));
    k.line("double sum = 0;");
    k.line("for (Index j = 0; j < given; ++j) {{");
    auto at = o;
    at[axis] = "j";
    at.back() = "Index(0)";
    k.line("double re = static_cast<double>(value_of(in[{}])), im = 0;", k.at(x, at));
    if (complex) {
      at.back() = "Index(1)";
      k.line("im = static_cast<double>(value_of(in[{}]));", k.at(x, at));
    }
    k.line("float c, s;");
    k.line("root(static_cast<long long>(j) * {}, n, c, s);", bin);
    if (!a.inverse) k.line("s = -s;");
    if (to_real) {  // the upper half mirrors the lower; what is real by symmetry counts as real
      k.line("if (2 * j > n) break;");
      k.line("const bool alone = j == 0 || 2 * j == n;");
      k.line("sum += alone ? re * c : 2 * (re * c - im * s);");
    } else {
      k.line("sum += {} == 0 ? re * c - im * s : re * s + im * c;", part);
    }
    k.line("}}");
    k.line("out[{}] = element_of<{}>({});", e.here(), device_type(x.type),
           a.inverse ? "sum / static_cast<double>(n)" : "sum");
    return e.recipes();
  }
};

class Stft : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.stft"; }
  Verdict supports(const Problem& p) const override {
    if (!p.constant(1) || (p.has(3) && !p.constant(3))) return Verdict::no("arguments known at run time only");
    return plain_node(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const TensorDesc& x = p.inputs[0];
    const int64_t length = p.has(3) ? p.constant(3)->as_ints().at(0) : p.has(2) ? p.inputs[2].count() : x.dims[1];
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.define(root_code());
    k.input("in", 0, device_type(x.type));
    if (p.has(2)) k.input("window", 2, device_type(p.inputs[2].type));
    k.output("out", 0, device_type(x.type));
    e.coordinates();
    k.index("step", p.constant(1)->as_ints().at(0));
    k.index("length", length);
    k.line("double sum = 0;");
    k.line("for (Index j = 0; j < length; ++j) {{");
    k.line("const Index t = o1 * step + j;");
    k.line("const double w = {};",
           p.has(2) ? fmt::format("static_cast<double>(value_of(window[{}]))", k.at(p.inputs[2], {"j"})) : "1.0");
    k.line("const double re = w * static_cast<double>(value_of(in[{}]));", k.at(x, {"o0", "t", "Index(0)"}));
    k.line("const double im = {};",
           x.dims[2] == 2 ? fmt::format("w * static_cast<double>(value_of(in[{}]))", k.at(x, {"o0", "t", "Index(1)"}))
                          : "0.0");
    k.line("float c, s;");
    k.line("root(static_cast<long long>(j) * o2, length, c, s);");
    k.line("sum += o3 == 0 ? re * c + im * s : im * c - re * s;");
    k.line("}}");
    k.line("out[{}] = element_of<{}>(sum);", e.here(), device_type(x.type));
    return e.recipes();
  }
};

class Det : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.det"; }
  Verdict supports(const Problem& p) const override {
    if (p.inputs[0].dims.back() > 256) return Verdict::no("large matrices");
    return plain_node(p);
  }
  size_t workspace(const Problem& p) const override {
    return static_cast<size_t>(p.inputs[0].count()) * sizeof(double);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const TensorDesc& x = p.inputs[0];
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, device_type(x.type));
    k.workspace("work", 0, "double");
    k.output("out", 0, device_type(x.type));
    auto at = e.coordinates();
    at.emplace_back("r"), at.emplace_back("c");
    k.index("n", x.dims.back());
    k.line("double* m = work + i * n * n;");
    k.line(
        "for (Index r = 0; r < n; ++r) for (Index c = 0; c < n; ++c) m[r * n + c] = "
        "static_cast<double>(value_of(in[{}]));",
        k.at(x, at));
    k.body(R"(
  double det = 1;
  for (Index q = 0; q < n && det != 0; ++q) {
    Index pivot = q;
    for (Index r = q + 1; r < n; ++r) if (fabs(m[r * n + q]) > fabs(m[pivot * n + q])) pivot = r;
    if (m[pivot * n + q] == 0) { det = 0; break; }
    if (pivot != q) {
      for (Index c = 0; c < n; ++c) { const double v = m[q * n + c]; m[q * n + c] = m[pivot * n + c]; m[pivot * n + c] = v; }
      det = -det;
    }
    det *= m[q * n + q];
    for (Index r = q + 1; r < n; ++r) {
      const double f = m[r * n + q] / m[q * n + q];
      for (Index c = q; c < n; ++c) m[r * n + c] -= f * m[q * n + c];
    }
  }
)");
    k.line("out[{}] = element_of<{}>(det);", e.here(), device_type(x.type));
    return e.recipes();
  }
};

}  // namespace

const Tactic& dft() {
  static const Dft tactic;
  return tactic;
}
const Tactic& stft() {
  static const Stft tactic;
  return tactic;
}
const Tactic& det() {
  static const Det tactic;
  return tactic;
}

}  // namespace hone::cuda
