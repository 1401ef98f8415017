// Softmax and log-softmax: rows along the innermost axis stay in registers between one read and one write; other axes
// are walked by threads that lie beside each other in memory.
#include "ops/softmax.h"

#include <algorithm>

#include "backends/cuda/axes.h"
#include "backends/cuda/kernel_source.h"
#include "backends/cuda/row_shape.h"

namespace hone::cuda {
namespace {

constexpr int kThreads = 256;

struct Geometry {
  Nest lines;  // the other axes in the output's memory order; operands: input, output
  int64_t extent = 1, from = 1, to = 1;
};

Geometry geometry(const Problem& p) {
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const auto axis =
      static_cast<size_t>(normalize_axis(p.attr<SoftmaxAttrs>().axis, static_cast<int64_t>(x.dims.size())));
  const auto from = element_strides(x), to = element_strides(y);
  Geometry g;
  g.extent = x.dims[axis], g.from = from[axis], g.to = to[axis];
  if (g.extent == 1) g.from = g.to = 1;
  g.lines.strides.resize(2);
  for (size_t a : memory_order(y.format, y.dims.size())) {
    if (a == axis) continue;
    g.lines.dims.push_back(y.dims[a]);
    g.lines.strides[0].push_back(from[a]);
    g.lines.strides[1].push_back(to[a]);
  }
  g.lines.collapse();
  return g;
}

// The common start: one line's pointers from its number `line`.
void line_pointers(KernelSource& k, const Geometry& g) {
  k.unravel("line", g.lines.dims, "k");
  const auto at = KernelSource::coordinates("k", g.lines.dims.size());
  k.line("const E* __restrict__ x = in + {};", k.offset(g.lines.dims, g.lines.strides[0], at));
  k.line("E* __restrict__ y = out + {};", k.offset(g.lines.dims, g.lines.strides[1], at));
}

KernelSource start(const Problem& p) {
  KernelSource k = KernelSource::for_problem(p);
  k.include("math.cuh");
  k.include("reduce.cuh");
  const bool wide = p.inputs[0].type == DType::kF64;
  k.define(fmt::format("typedef {} E;\ntypedef {} A;\n", device_type(p.inputs[0].type), wide ? "double" : "float"));
  k.input("in", 0, "E");
  k.output("out", 0, "E");
  return k;
}

std::string_view result(bool log) { return log ? "v - highest - log_sum" : "m_exp(v - highest) * factor"; }

Recipe in_registers(const Problem& p, const Geometry& g, bool log) {
  const TensorDesc& x = p.inputs[0];
  int pack = std::min(8, 16 / (bits(x.type) / 8));
  const auto fits = [&](int v) {
    bool ok = g.extent % v == 0;
    for (const auto& s : g.lines.strides)
      for (size_t a = 0; a < s.size(); ++a) ok = ok && (g.lines.dims[a] == 1 || s[a] % v == 0);
    return ok;
  };
  while (pack > 1 && !fits(pack)) pack /= 2;
  const auto [group, threads, rounds] = row_shape(g.lines.count(), g.extent, pack);
  KernelSource k = start(p);
  k.index("extent", g.extent);
  k.index("lines", g.lines.count());
  k.line("const int member = static_cast<int>(threadIdx.x) % {};", group);
  k.line("const Index number = static_cast<Index>(blockIdx.x) * {} + static_cast<int>(threadIdx.x) / {};",
         threads / group, group);
  k.line("const bool live = number < lines;");
  k.line("const Index line = live ? number : 0;");
  line_pointers(k, g);
  k.line("const bool whole = ((reinterpret_cast<size_t>(in) | reinterpret_cast<size_t>(out)) & {}) == 0;",
         bits(x.type) / 8 * pack - 1);
  k.line("constexpr int V = {}, R = {};", pack, rounds);
  k.line("Kept<E, V> kept[R];");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r) {{");
  k.line("const Index first = (r * {} + member) * V;", group);
  k.line("if (first < extent) kept[r] = keep_pack<V>(x + first, whole);");
  k.line("}}");
  k.line("A v[R * V];");
  k.line("A highest = -A(float_of_bits(0x7f800000u));");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r) {{");
  k.line("if ((r * {} + member) * V < extent) {{ const auto l = kept[r].unpack();", group);
  k.line("#pragma unroll");
  k.line(
      "for (int e = 0; e < V; ++e) {{ v[r * V + e] = value_of(l.at[e]); highest = nan_max(highest, v[r * V + e]); }} "
      "}}");
  k.line("}}");
  k.line("merge_group<{}, {}>(highest, [](A& a, A b) {{ a = nan_max(a, b); }});", group, threads);
  k.line("A sum = A(0);");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r)");
  k.line("if ((r * {} + member) * V < extent) {{", group);
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) {{ {} }} }}",
         log ? "sum += m_exp(v[r * V + e] - highest);"
             : "v[r * V + e] = m_exp(v[r * V + e] - highest); sum += v[r * V + e];");
  k.line("merge_group<{}, {}>(sum, [](A& a, A b) {{ a += b; }});", group, threads);
  k.line("const A {} = {};", log ? "log_sum" : "factor", log ? "m_log(sum)" : "A(1) / sum");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r) {{");
  k.line("const Index first = (r * {} + member) * V;", group);
  k.line("if (live && first < extent) {{ Pack<E, V> s;");
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) s.at[e] = element_of<E>({});",
         log ? "v[r * V + e] - highest - log_sum" : "v[r * V + e] * factor");
  k.line("store_pack<V>(y + first, s, whole); }}");
  k.line("}}");
  return k.recipe((g.lines.count() * group + threads - 1) / threads, static_cast<unsigned>(threads));
}

// Reads the line twice, then once more to write; a group of threads takes every line.
Recipe in_passes(const Problem& p, const Geometry& g, bool log) {
  const bool rows = g.from == 1 || g.lines.count() < 32;
  const int group = rows ? (g.extent >= 1024 ? kThreads : 32) : 8;
  KernelSource k = start(p);
  k.define(R"(
struct State { A m, v; };
__device__ __forceinline__ void merge(State& a, const State& b) {
  const A m = nan_max(a.m, b.m);
  a.v = (a.v != A(0) ? a.v * m_exp(a.m - m) : A(0)) + (b.v != A(0) ? b.v * m_exp(b.m - m) : A(0));
  a.m = m;
}
)");
  k.index("extent", g.extent);
  k.index("lines", g.lines.count());
  k.index("from", g.from);
  k.index("to", g.to);
  if (rows) {
    k.line("const int member = static_cast<int>(threadIdx.x) % {};", group);
    k.line("const Index number = static_cast<Index>(blockIdx.x) * {} + static_cast<int>(threadIdx.x) / {};",
           kThreads / group, group);
  } else {
    k.line("const int member = static_cast<int>(threadIdx.x) / 32;");
    k.line("const Index number = static_cast<Index>(blockIdx.x) * 32 + static_cast<int>(threadIdx.x) % 32;");
  }
  k.line("const bool live = number < lines;");
  k.line("const Index line = live ? number : 0;");
  line_pointers(k, g);
  k.line("State s;");
  k.line("s.m = -A(float_of_bits(0x7f800000u)), s.v = A(0);");
  k.line("#pragma unroll 4");
  k.line(
      "for (Index i = member; i < extent; i += {}) {{ State b; b.m = value_of(x[i * from]), b.v = A(1); merge(s, b); "
      "}}",
      group);
  k.line("const auto add = [](State& a, const State& b) {{ merge(a, b); }};");
  if (rows) {
    k.line("merge_group<{}, {}>(s, add);", group, kThreads);
  } else {
    k.line("__shared__ State parts[{}];", kThreads);
    k.line("parts[threadIdx.x] = s;");
    k.line("__syncthreads();");
    k.line("s = parts[threadIdx.x % 32];");
    k.line("for (int i = 1; i < {}; ++i) add(s, parts[threadIdx.x % 32 + i * 32]);", group);
  }
  k.line("const A highest = s.m, {} = {};", log ? "log_sum" : "factor", log ? "m_log(s.v)" : "A(1) / s.v");
  k.line("if (!live) return;");
  k.line("#pragma unroll 4");
  k.line(
      "for (Index i = member; i < extent; i += {}) {{ const A v = value_of(x[i * from]); y[i * to] = "
      "element_of<E>({}); }}",
      group, result(log));
  return k.recipe((g.lines.count() * group + kThreads - 1) / kThreads, kThreads);
}

class SoftmaxTactic : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.softmax"; }
  Verdict supports(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (const std::string r = refuse_type(x); !r.empty()) return Verdict::no("{}", r);
    if (x.type != y.type) return Verdict::no("changes the element type");
    if (x.dims.empty()) return Verdict::no("scalar");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    if (p.outputs[0].count() == 0) return {};
    const Geometry g = geometry(p);
    const bool log = p.attr<SoftmaxAttrs>().log;
    if (g.from == 1 && g.to == 1 && g.extent <= int64_t{kThreads} * 4 * 16) return {in_registers(p, g, log)};
    return {in_passes(p, g, log)};
  }
};

}  // namespace

const Tactic& softmax() {
  static const SoftmaxTactic tactic;
  return tactic;
}

}  // namespace hone::cuda
