// Layer, RMS, group and instance normalisation. Rows that lie together stay in registers between one read and one
// write; otherwise moments are gathered as a reduction and applied by a second pass.
#include "ops/normalization.h"

#include <algorithm>

#include "backends/cuda/row_shape.h"
#include "backends/cuda/tactics/reduce/reduction.h"

namespace hone::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kLongestRow = int64_t{1024} * 16;

std::vector<bool> normalized(const NormalizationAttrs& a, size_t rank) {
  std::vector<bool> r(rank, false);
  for (int64_t axis : a.axes) r[static_cast<size_t>(normalize_axis(axis, static_cast<int64_t>(rank)))] = true;
  return r;
}

std::string_view accumulator(DType t) { return t == DType::kF64 ? "double" : "float"; }

// Rows: all normalised axes are one contiguous run in both tensors, along which scale and bias (if any) lie too.
struct Rows {
  Nest lines;  // operands: input, output
  int64_t extent = 1;
};

bool along(const Problem& p, size_t input, const std::vector<bool>& axes) {
  if (!p.has(input)) return true;
  const TensorDesc &d = p.inputs[input], &x = p.inputs[0];
  if (!is_linear(d) || !is_dense(d)) return false;
  for (size_t a = 0; a < x.dims.size(); ++a) {
    const size_t lead = x.dims.size() - d.dims.size();
    const int64_t size = a < lead ? 1 : d.dims[a - lead];
    if (size != (axes[a] ? x.dims[a] : 1)) return false;
  }
  return true;
}

std::optional<Rows> rows_of(const Problem& p) {
  const auto& a = p.attr<NormalizationAttrs>();
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const auto axes = normalized(a, x.dims.size());
  if (a.groups != 1 || !along(p, 1, axes) || !along(p, 2, axes)) return std::nullopt;
  Nest run;
  Rows r;
  run.strides.resize(2), r.lines.strides.resize(2);
  const auto from = element_strides(x), to = element_strides(y);
  size_t reduced = 0;
  for (size_t axis : memory_order(y.format, y.dims.size())) {
    Nest& n = axes[axis] ? run : r.lines;
    if (axes[axis] && x.dims[axis] > 1) ++reduced;
    n.dims.push_back(x.dims[axis]);
    n.strides[0].push_back(from[axis]);
    n.strides[1].push_back(to[axis]);
  }
  run.collapse(), r.lines.collapse();
  if (run.dims.size() != 1) return std::nullopt;
  r.extent = run.dims[0];
  if (r.extent > 1 && (run.strides[0][0] != 1 || run.strides[1][0] != 1)) return std::nullopt;
  // Channels-last data have their channels innermost, scale and bias in logical order.
  if (x.format == Format::kChannelsLast && reduced > 1 && (p.has(1) || p.has(2))) return std::nullopt;
  return r.extent <= kLongestRow ? std::optional(r) : std::nullopt;
}

Recipe row_kernel(const Problem& p, const Rows& g) {
  const auto& a = p.attr<NormalizationAttrs>();
  const TensorDesc& x = p.inputs[0];
  KernelSource k = KernelSource::for_problem(p);
  k.include("math.cuh");
  k.include("reduce.cuh");
  k.define(fmt::format("typedef {} E;\ntypedef {} A;\nstruct Sums {{ A rest, square; }};\n", device_type(x.type),
                       accumulator(x.type)));
  k.input("in", 0, "E");
  if (p.has(1)) k.input("scale", 1, device_type(p.inputs[1].type));
  if (p.has(2)) k.input("bias", 2, device_type(p.inputs[2].type));
  k.output("out", 0, "E");
  int widest = bits(x.type) / 8;
  for (size_t i : {1, 2})
    if (p.has(i)) widest = std::max(widest, bits(p.inputs[i].type) / 8);
  const auto fits = [&](int v) {
    bool ok = g.extent % v == 0;
    for (const auto& s : g.lines.strides)
      for (size_t d = 0; d < s.size(); ++d) ok = ok && (g.lines.dims[d] == 1 || s[d] % v == 0);
    return ok;
  };
  int pack = std::min(8, 16 / (bits(x.type) / 8));
  while (pack > 1 && !fits(pack)) pack /= 2;
  const auto [group, threads, rounds] = row_shape(g.lines.count(), g.extent, pack);
  k.index("extent", g.extent);
  k.index("lines", g.lines.count());
  k.real64("epsilon", a.epsilon);
  k.line("const int member = static_cast<int>(threadIdx.x) % {};", group);
  k.line("const Index number = static_cast<Index>(blockIdx.x) * {} + static_cast<int>(threadIdx.x) / {};",
         threads / group, group);
  k.line("const bool live = number < lines;");
  k.line("const Index line = live ? number : 0;");
  k.unravel("line", g.lines.dims, "k");
  const auto at = KernelSource::coordinates("k", g.lines.dims.size());
  k.line("const E* __restrict__ x = in + {};", k.offset(g.lines.dims, g.lines.strides[0], at));
  k.line("E* __restrict__ y = out + {};", k.offset(g.lines.dims, g.lines.strides[1], at));
  std::string pointers = "reinterpret_cast<size_t>(in) | reinterpret_cast<size_t>(out)";
  for (const char* name : {"scale", "bias"})
    if (p.has(name == std::string_view("scale") ? 1 : 2))
      pointers += fmt::format(" | reinterpret_cast<size_t>({})", name);
  k.line("const bool whole = (({}) & {}) == 0;", pointers, std::min(16, widest * pack) - 1);
  k.line("constexpr int V = {}, R = {};", pack, rounds);
  k.line("Kept<E, V> kept[R];");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r) {{");
  k.line("const Index first = (r * {} + member) * V;", group);
  k.line("if (first < extent) kept[r] = keep_pack<V>(x + first, whole);");
  k.line("}}");
  k.line("A sum = A(0);");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r)");
  k.line("if ((r * {} + member) * V < extent) {{ const auto v = kept[r].unpack();", group);
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) sum += static_cast<A>(value_of(v.at[e])); }}");
  if (!a.rms) {
    k.line("merge_group<{}, {}>(sum, [](A& a, A b) {{ a += b; }});", group, threads);
    k.line("const A mean = sum / static_cast<A>(extent);");
  } else {
    k.line("const A mean = A(0);");
  }
  // What rounding took from the mean shows in the sum of the deviations; it matters where the mean is far larger.
  k.line("Sums sums = {{A(0), A(0)}};");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r)");
  k.line("if ((r * {} + member) * V < extent) {{ const auto v = kept[r].unpack();", group);
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) {{ const A d = static_cast<A>(value_of(v.at[e])) - mean; {} }} }}",
         a.rms ? "sums.square += d * d;" : "sums.rest += d, sums.square += d * d;");
  k.line("merge_group<{}, {}>(sums, [](Sums& a, Sums b) {{ a.rest += b.rest, a.square += b.square; }});", group,
         threads);
  k.line("const A shift = sums.rest / static_cast<A>(extent);");
  k.line("const A variance = (sums.square - sums.rest * shift) / static_cast<A>(extent);");
  k.line("const A factor = A(1) / m_sqrt((variance > A(0) ? variance : A(0)) + static_cast<A>(epsilon));");
  k.line("#pragma unroll");
  k.line("for (int r = 0; r < R; ++r) {{");
  k.line("const Index first = (r * {} + member) * V;", group);
  k.line("if (live && first < extent) {{ Pack<E, V> s;");
  if (p.has(1)) k.line("const auto g = load_pack<V>(scale + first, whole);");
  if (p.has(2)) k.line("const auto h = load_pack<V>(bias + first, whole);");
  k.line("const auto v = kept[r].unpack();");
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e)");
  k.line("s.at[e] = element_of<E>(((static_cast<A>(value_of(v.at[e])) - mean) - shift) * factor{}{});",
         p.has(1) ? " * static_cast<A>(value_of(g.at[e]))" : "",
         p.has(2) ? " + static_cast<A>(value_of(h.at[e]))" : "");
  k.line("store_pack<V>(y + first, s, whole); }}");
  k.line("}}");
  return k.recipe((g.lines.count() * group + threads - 1) / threads, static_cast<unsigned>(threads));
}

// The problem with axis 1 cut into groups: strides of the data and what is reduced.
struct Split {
  TensorDesc x, y;  // linear descriptions are not used; strides below are
  Dims dims;
  std::vector<bool> reduced;
  std::vector<int64_t> from, to;
};

Split split_of(const Problem& p) {
  const auto& a = p.attr<NormalizationAttrs>();
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  Split s{x, y, x.dims, normalized(a, x.dims.size()), element_strides(x), element_strides(y)};
  if (a.groups > 1) {
    const int64_t channels = x.dims[1] / a.groups;
    s.dims[1] = channels;
    s.dims.insert(s.dims.begin() + 1, a.groups);
    s.reduced[1] = true;
    s.reduced.insert(s.reduced.begin() + 1, false);
    s.from.insert(s.from.begin() + 1, s.from[1] * channels);
    s.to.insert(s.to.begin() + 1, s.to[1] * channels);
  }
  return s;
}

constexpr std::string_view kMoments = R"(
struct State { A n, mean, m2; };
__device__ __forceinline__ State state_start() { State s; s.n = s.mean = s.m2 = A(0); return s; }
template <class V>
__device__ __forceinline__ void state_add(State& s, V v, Index) {
  const A x = static_cast<A>(v);
  s.n += A(1);
  const A d = x - s.mean;
  s.mean += d / s.n;
  s.m2 += d * (x - s.mean);
}
__device__ __forceinline__ void state_merge(State& a, const State& b) {
  const A n = a.n + b.n;
  if (n == A(0)) return;
  const A d = b.mean - a.mean, part = b.n / n;
  a.mean += d * part;
  a.m2 += b.m2 + d * d * a.n * part;
  a.n = n;
}
)";
constexpr std::string_view kSquares = R"(
struct State { A n, mean, m2; };
__device__ __forceinline__ State state_start() { State s; s.n = s.mean = s.m2 = A(0); return s; }
template <class V>
__device__ __forceinline__ void state_add(State& s, V v, Index) {
  s.n += A(1);
  s.m2 += static_cast<A>(v) * static_cast<A>(v);
}
__device__ __forceinline__ void state_merge(State& a, const State& b) { a.n += b.n, a.m2 += b.m2; }
)";

// Mean and factor of each statistic, two numbers each, at the start of the workspace.
Reduction moments(const Problem& p, const Split& s) {
  const auto& a = p.attr<NormalizationAttrs>();
  Reduction r;
  r.type = p.inputs[0].type;
  r.kept.strides.resize(2), r.reduced.strides.resize(1);
  for (size_t d = 0; d < s.dims.size(); ++d) {
    Nest& n = s.reduced[d] ? r.reduced : r.kept;
    n.dims.push_back(s.dims[d]);
    n.strides[0].push_back(s.from[d]);
    if (!s.reduced[d]) n.strides[1].push_back(0);
  }
  // Reduced axes in memory order.
  for (size_t i = 0; i < r.reduced.dims.size(); ++i)
    for (size_t j = i + 1; j < r.reduced.dims.size(); ++j)
      if (r.reduced.strides[0][i] < r.reduced.strides[0][j]) {
        std::swap(r.reduced.strides[0][i], r.reduced.strides[0][j]);
        std::swap(r.reduced.dims[i], r.reduced.dims[j]);
      }
  r.kept.collapse(), r.reduced.collapse();
  r.header = "math.cuh";
  r.state = fmt::format("typedef {} A;\n", accumulator(r.type)) + std::string(a.rms ? kSquares : kMoments);
  r.state_bytes = r.type == DType::kF64 ? 24 : 12;
  r.finish =
      "  moments[2 * o] = s.mean;\n"
      "  moments[2 * o + 1] = A(1) / m_sqrt(s.m2 / s.n + static_cast<A>(epsilon));\n";
  r.parameters = [epsilon = a.epsilon](KernelSource& k) {
    k.workspace("moments", 0, "A");
    k.real64("epsilon", epsilon);
  };
  return r;
}

int64_t moments_bytes(const Problem& p, const Reduction& r) {
  return (r.kept.count() * 2 * (p.inputs[0].type == DType::kF64 ? 8 : 4) + 255) / 256 * 256;
}

Recipe apply(const Problem& p, const Split& s) {
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  KernelSource k = KernelSource::for_problem(p);
  k.include("math.cuh");
  k.define(fmt::format("typedef {} E;\ntypedef {} A;\n", device_type(x.type), accumulator(x.type)));
  k.input("in", 0, "E");
  k.output("out", 0, "E");
  k.workspace("moments", 0, "const A");
  // One nest over data, results, statistics, scale and bias, in the memory order of the result.
  Nest n;
  n.strides.resize(5);
  const auto& a = p.attr<NormalizationAttrs>();
  std::vector<int64_t> statistic(s.dims.size(), 0);
  int64_t step = 1;
  for (size_t d = s.dims.size(); d-- > 0;)
    if (!s.reduced[d]) statistic[d] = step, step *= s.dims[d];
  std::vector<std::vector<int64_t>> extra;
  for (size_t i : {1, 2}) {
    std::vector<int64_t> v(x.dims.size(), 0);
    if (p.has(i)) v = broadcast_strides_of(p.inputs[i], x.dims.size());
    if (a.groups > 1) v.insert(v.begin() + 1, v[1] * s.dims[2]);
    extra.push_back(std::move(v));
  }
  for (size_t axis : memory_order(y.format, y.dims.size())) {
    std::vector<size_t> parts{axis};
    if (a.groups > 1)
      parts = axis == 0   ? std::vector<size_t>{0}
              : axis == 1 ? std::vector<size_t>{1, 2}
                          : std::vector<size_t>{axis + 1};
    for (size_t d : parts) {
      n.dims.push_back(s.dims[d]);
      n.strides[0].push_back(s.from[d]);
      n.strides[1].push_back(s.to[d]);
      n.strides[2].push_back(statistic[d]);
      n.strides[3].push_back(extra[0][d]);
      n.strides[4].push_back(extra[1][d]);
    }
  }
  n.collapse();
  const int bytes = bits(x.type) / 8;
  int pack = n.strides[0].back() == 1 && n.strides[1].back() == 1 ? std::min(8, 16 / bytes) : 1;
  const auto fits = [&](int v) {
    bool ok = n.dims.back() % v == 0;
    for (size_t o : {0, 1})
      for (size_t d = 0; d + 1 < n.dims.size(); ++d) ok = ok && n.strides[o][d] % v == 0;
    return ok;
  };
  while (pack > 1 && !fits(pack)) pack /= 2;
  if (p.has(1)) k.input("scale", 1, device_type(p.inputs[1].type));
  if (p.has(2)) k.input("bias", 2, device_type(p.inputs[2].type));
  k.index("count", n.count());
  k.line("const auto work = [&](auto width, const Index first) {{");
  k.line("constexpr int V = decltype(width)::value;");
  k.unravel("first", n.dims, "p");
  const auto at = KernelSource::coordinates("p", n.dims.size());
  const char* names[] = {"x", "y", "m", "g", "h"};
  for (size_t o = 0; o < 5; ++o) {
    k.line("const Index {} = {};", names[o], k.offset(n.dims, n.strides[o], at));
    if (o > 1) k.index(fmt::format("{}_step", names[o]), n.strides[o].back());
  }
  k.index("x_step", n.strides[0].back());
  k.index("y_step", n.strides[1].back());
  k.line("E v[V];");
  k.line("if constexpr (V > 1) {{ const auto l = load_pack<V>(in + x);");
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) v[e] = l.at[e]; }} else {{ v[0] = in[x]; }}");
  k.line("Pack<E, V> r;");
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) {{");
  k.line("const Index s = 2 * (m + e * m_step);");
  k.line("const A factor = moments[s + 1]{};", p.has(1) ? " * static_cast<A>(value_of(scale[g + e * g_step]))" : "");
  k.line("r.at[e] = element_of<E>((static_cast<A>(value_of(v[e])) - moments[s]) * factor{});",
         p.has(2) ? " + static_cast<A>(value_of(bias[h + e * h_step]))" : "");
  k.line("}}");
  k.line("if constexpr (V > 1) store_pack<V>(out + y, r); else out[y] = r.at[0];");
  k.line("}};");
  const int per_block = kThreads * pack;
  k.line("const Index begin = static_cast<Index>(blockIdx.x) * {};", per_block);
  if (pack > 1) {
    k.line("if (((reinterpret_cast<size_t>(in) | reinterpret_cast<size_t>(out)) & {}) == 0) {{", bytes * pack - 1);
    k.line("Index i = begin + static_cast<Index>(threadIdx.x) * {};", pack);
    k.line("if (i + {} <= count) work(Width<{}>(), i);", pack, pack);
    k.line("else for (; i < count; ++i) work(Width<1>(), i);");
    k.line("return; }}");
  }
  k.line(
      "for (Index i = begin + static_cast<Index>(threadIdx.x); i < min(begin + {}, count); i += {}) work(Width<1>(), "
      "i);",
      per_block, kThreads);
  return k.recipe((n.count() + per_block - 1) / per_block, kThreads);
}

class NormalizationTactic : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.normalization"; }
  Verdict supports(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    for (size_t i = 0; i < p.inputs.size(); ++i)
      if (p.has(i))
        if (const std::string r = refuse_type(p.inputs[i]); !r.empty()) return Verdict::no("{}", r);
    if (x.type != y.type) return Verdict::no("changes the element type");
    const auto& a = p.attr<NormalizationAttrs>();
    if (a.groups > 1 && (x.dims.size() < 2 || x.dims[1] % a.groups != 0))
      return Verdict::no("channels do not split into {} groups", a.groups);
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    if (p.outputs[0].count() == 0) return {};
    if (const auto rows = rows_of(p)) return {row_kernel(p, *rows)};
    const Split s = split_of(p);
    const Reduction r = moments(p, s);
    std::vector<Recipe> list = r.recipes(moments_bytes(p, r));
    list.push_back(apply(p, s));
    return list;
  }
  size_t workspace(const Problem& p) const override {
    if (p.outputs[0].count() == 0 || rows_of(p)) return 0;
    const Reduction r = moments(p, split_of(p));
    return static_cast<size_t>(moments_bytes(p, r)) + r.workspace();
  }
};

}  // namespace

const Tactic& normalization() {
  static const NormalizationTactic tactic;
  return tactic;
}

}  // namespace hone::cuda
