// Max, average, blended and Lp pooling over up to three spatial axes: a thread walks the window of one result, or of a
// pack of channels where those are innermost; windows that cover the whole image are reductions.
#include <algorithm>
#include <tuple>

#include "backends/cuda/elements.h"
#include "backends/cuda/tactics/reduce/reduction.h"
#include "ops/pooling.h"

namespace hone::cuda {
namespace {

bool covers_image(const Problem& p) {
  const auto& a = p.attr<PoolingAttrs>();
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  if (a.indices || (a.kind != PoolKind::kMax && a.kind != PoolKind::kAverage) || !is_float(x.type)) return false;
  const size_t rank = x.dims.size() - 2;
  const Window w = complete(a.window, rank);
  for (size_t i = 0; i < rank; ++i)
    if (y.dims[i + 2] != 1 || a.kernel[i] != x.dims[i + 2] || w.dilation[i] != 1 ||
        window_pads(x.dims[i + 2], w, i, a.kernel[i]) != std::pair<int64_t, int64_t>(0, 0))
      return false;
  return x.count() > 0;
}

Reduction global_reduction(const Problem& p) {
  const auto& a = p.attr<PoolingAttrs>();
  const TensorDesc& x = p.inputs[0];
  std::vector<bool> reduced(x.dims.size(), true);
  reduced[0] = reduced[1] = false;
  Reduction r = reduction_over(x, reduced, p.outputs[0], true);
  const bool max = a.kind == PoolKind::kMax, wide = x.type == DType::kF64;
  r.header = "math.cuh";
  r.state = fmt::format(R"(
typedef {} A;
struct State {{ A v; }};
__device__ __forceinline__ State state_start() {{ State s; s.v = {}; return s; }}
__device__ __forceinline__ void state_merge(State& a, const State& b) {{ a.v = {}; }}
template <class V>
__device__ __forceinline__ void state_add(State& s, V x, Index) {{ State b; b.v = static_cast<A>(x); state_merge(s, b); }}
)",
                        wide ? "double" : "float", max ? "-A(float_of_bits(0x7f800000u))" : "A(0)",
                        max ? "nan_max(a.v, b.v)" : "a.v + b.v");
  r.state_bytes = wide ? 8 : 4;
  r.finish = fmt::format("  out[to] = element_of<{}>({});\n", device_type(x.type), max ? "s.v" : "s.v / A(count)");
  r.parameters = [t = x.type](KernelSource& k) { k.output("out", 0, device_type(t)); };
  return r;
}

std::string accumulator(DType t) { return t == DType::kF64 ? "double" : is_float(t) ? "float" : "long long"; }

std::vector<Recipe> window_recipes(const Problem& p) {
  const auto& a = p.attr<PoolingAttrs>();
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const size_t rank = x.dims.size() - 2;
  const Window w = complete(a.window, rank);
  const int bytes = bits(x.type) / 8;
  int pack = 1;
  if (x.format == Format::kChannelsLast && y.format == Format::kChannelsLast && !a.indices)
    for (int v = std::min(8, 16 / bytes); v > 1 && pack == 1; v /= 2)
      if (x.dims[1] % v == 0 && x.pixel_pitch() % v == 0 && y.pixel_pitch() % v == 0) pack = v;
  const bool sums = a.kind != PoolKind::kMax, best = a.kind == PoolKind::kMax || a.kind == PoolKind::kMaxAverageBlend;
  ElementKernel e(p);
  KernelSource& k = e.k;
  const std::string_view t = device_type(x.type);
  k.define(fmt::format("typedef {} E;\ntypedef {} A;\n", t, accumulator(x.type)));
  k.input("in", 0, "E");
  k.output("out", 0, "E");
  if (a.indices) k.output("positions", 1, "long long");
  const auto o = e.coordinates(pack);
  k.line("constexpr int V = {};", pack);
  k.line("const bool aligned = ((reinterpret_cast<size_t>(in) | reinterpret_cast<size_t>(out)) & {}) == 0;",
         bytes * pack - 1);
  if (best) k.line("A best[V]; Index at[V];");
  if (sums) k.line("A sum[V];");
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) {{ {}{} }}", best ? "at[e] = -1; best[e] = A(0); " : "",
         sums ? "sum[e] = A(0);" : "");
  const auto strides = element_strides(x);
  k.line("const E* __restrict__ base = in + {};",
         k.offset({x.dims[0], x.dims[1]}, {strides[0], strides[1]}, {o[0], o[1]}));
  std::string inside = "1", padded = "1", offset = "Index(0)", position = "Index(0)";
  for (size_t i = 0; i < rank; ++i) {
    const auto [before, after] = window_pads(x.dims[i + 2], w, i, a.kernel[i]);
    const std::string n = std::to_string(i);
    k.index("extent" + n, x.dims[i + 2]), k.index("kernel" + n, a.kernel[i]), k.index("step" + n, w.dilation[i]);
    k.index("stride" + n, w.stride[i]), k.index("before" + n, before), k.index("after" + n, after);
    k.index("offset" + n, strides[i + 2]);
    k.line("const Index start{0} = {1} * stride{0} - before{0};", n, o[i + 2]);
    // Taps below a limit, of those that the window has.
    k.line("const Index skipped{0} = start{0} < 0 ? min((-start{0} + step{0} - 1) / step{0}, kernel{0}) : Index(0);",
           n);
    k.line(
        "const Index end{0} = extent{0} > start{0} ? min((extent{0} - start{0} + step{0} - 1) / step{0}, kernel{0}) : "
        "Index(0);",
        n);
    k.line(
        "const Index padded{0} = max(Index(0), min((extent{0} + after{0} - start{0} + step{0} - 1) / step{0}, "
        "kernel{0}));",
        n);
    inside += fmt::format(" * max(Index(0), end{0} - skipped{0})", n);
    padded += fmt::format(" * padded{}", n);
    offset += fmt::format(" + (start{0} + t{0} * step{0}) * offset{0}", n);
    position = fmt::format("({1}) * extent{0} + start{0} + t{0} * step{0}", n, position);
  }
  for (size_t i = 0; i < rank; ++i)
    k.line("for (Index t{0} = skipped{0}; t{0} < end{0}; ++t{0}){1}", i, i + 1 < rank ? " {" : "");
  k.line("{{");
  k.line("const auto pack = load_pack<V>(base + {}, aligned);", offset);
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) {{");
  k.line("const A v = static_cast<A>(value_of(pack.at[e]));");
  if (best)
    k.line("if (at[e] < 0 || v > best[e] || (v != v && best[e] == best[e])) {{ best[e] = v; at[e] = {}; }}",
           a.indices ? position : "0");
  if (sums)
    k.line("sum[e] += {};", a.kind == PoolKind::kLp ? (a.p == 1   ? "m_fabs(v)"
                                                       : a.p == 2 ? "v * v"
                                                                  : "m_pow(m_fabs(v), A(power))")
                                                    : "v");
  k.line("}}");
  for (size_t i = 0; i < rank; ++i) k.line("}}");
  if (a.kind == PoolKind::kLp) k.real("power", static_cast<double>(a.p));
  if (a.kind == PoolKind::kMaxAverageBlend) k.real("blend", a.blend);
  if (sums && a.kind != PoolKind::kLp) {
    k.line("const Index divisor = {};", a.count_include_pad ? padded : inside);
    k.line("const A share = divisor > 0 ? A(1) / static_cast<A>(divisor) : A(0);");
  }
  const std::string lowest = is_float(x.type) ? "-A(float_of_bits(0x7f800000u))" : "A(IntegerLimits<long long>::low)";
  std::string result = "at[e] < 0 ? " + lowest + " : best[e]";
  if (a.kind == PoolKind::kAverage) result = "sum[e] * share";
  if (a.kind == PoolKind::kMaxAverageBlend)
    result = "A(blend) * (sum[e] * share) + (A(1) - A(blend)) * (" + result + ")";
  if (a.kind == PoolKind::kLp)
    result = a.p == 1 ? "sum[e]" : a.p == 2 ? "m_sqrt(sum[e])" : "m_pow(sum[e], A(1) / A(power))";
  k.line("Pack<E, V> r;");
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) r.at[e] = element_of<E>({});", result);
  k.line("store_pack<V>(out + {}, r, aligned);", e.here());
  if (a.indices) {
    k.line("const Index plane = {} * {} + {};", o[0], x.dims[1], o[1]);
    int64_t size = 1;
    for (size_t i = 0; i < rank; ++i) size *= x.dims[i + 2];
    k.integer("plane_size", size);
    std::string where = "at[0]";
    if (a.column_major) {  // the first spatial axis runs fastest
      k.line("Index rest = at[0] < 0 ? 0 : at[0], column = 0;");
      std::string scale = "1";
      for (size_t i = 0; i < rank; ++i) scale += fmt::format(" * extent{}", i);
      k.line("Index scale = {};", scale);
      for (size_t i = rank; i-- > 0;)
        k.line("scale /= extent{0}; column += rest % extent{0} * scale; rest /= extent{0};", i);
      where = "column";
    }
    k.line("positions[{}] = at[0] < 0 ? -1ll : plane * plane_size + {};", k.at(p.outputs[1], o), where);
  }
  return e.recipes();
}

class PoolingWindow : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.pooling_window"; }
  Verdict supports(const Problem& p) const override {
    if (const Verdict v = plain_node(p); !v) return v;
    const TensorDesc& x = p.inputs[0];
    if (x.dims.size() < 3 || x.dims.size() > 5) return Verdict::no("rank {}", x.dims.size());
    if (x.type == DType::kU64) return Verdict::no("type u64");
    if (x.type != p.outputs[0].type) return Verdict::no("changes the element type");
    if (!is_float(x.type) && p.attr<PoolingAttrs>().kind != PoolKind::kMax) return Verdict::no("integers");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    return covers_image(p) ? global_reduction(p).recipes() : window_recipes(p);
  }
  size_t workspace(const Problem& p) const override { return covers_image(p) ? global_reduction(p).workspace() : 0; }
};

}  // namespace

const Tactic& pooling_window() {
  static const PoolingWindow tactic;
  return tactic;
}

}  // namespace hone::cuda
