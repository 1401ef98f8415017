// How the work is cut: threads run along the axis that is innermost in memory; where there are few results, slices of
// the reduced range are gathered by different blocks and combined by a second launch.
#include "backends/cuda/tactics/reduce/reduction.h"

#include <algorithm>
#include <bit>

namespace hone::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kRows = 8;  // of threads of a block that reduces columns

}  // namespace

struct Reduction::Shape {
  bool columns = false;           // neighbouring threads take neighbouring results
  int group = 1;                  // threads for each result
  int pack = 1;                   // elements of a load
  int64_t slices = 1, slice = 1;  // parts of the reduced range
  int64_t blocks = 1;             // for one slice
};

Reduction reduction_over(const TensorDesc& x, const std::vector<bool>& is_reduced, const TensorDesc& y,
                         bool keep_dims) {
  Reduction r;
  r.type = x.type;
  r.kept.strides.resize(2);
  r.reduced.strides.resize(1);
  const auto from = element_strides(x), to = element_strides(y);
  std::vector<size_t> source;  // input axis of each output axis
  for (size_t a = 0; a < x.dims.size(); ++a)
    if (!is_reduced[a] || keep_dims) source.push_back(a);
  for (size_t a : memory_order(y.format, y.dims.size())) {
    const size_t s = source[a];
    if (is_reduced[s]) continue;
    r.kept.dims.push_back(x.dims[s]);
    r.kept.strides[0].push_back(from[s]);
    r.kept.strides[1].push_back(to[a]);
  }
  // Logical order: positions along the reduced axes count so.
  for (size_t a = 0; a < x.dims.size(); ++a)
    if (is_reduced[a]) {
      r.reduced.dims.push_back(x.dims[a]);
      r.reduced.strides[0].push_back(from[a]);
    }
  r.kept.collapse();
  r.reduced.collapse();
  return r;
}

Reduction::Shape Reduction::shape() const {
  Shape s;
  const int64_t results = kept.count(), count = reduced.count();
  const auto step = [](const Nest& n) { return n.strides[0].back() == 0 ? INT64_MAX : std::abs(n.strides[0].back()); };
  s.columns = kept.dims.back() > 1 && step(kept) < step(reduced) && results >= 8;
  if (s.columns) {
    s.group = kRows;
    s.blocks = (results + 31) / 32;
  } else {
    const int bytes = bits(type) / 8;
    if (reduced.strides[0].back() == 1)
      for (int v = std::min(8, 16 / bytes); v > 1 && s.pack == 1; v /= 2) {
        bool fits = reduced.dims.back() % v == 0;
        for (size_t a = 0; a + 1 < reduced.dims.size(); ++a) fits = fits && reduced.strides[0][a] % v == 0;
        for (size_t a = 0; a < kept.dims.size(); ++a) fits = fits && (kept.dims[a] == 1 || kept.strides[0][a] % v == 0);
        if (fits) s.pack = v;
      }
    const auto wanted = static_cast<uint64_t>(std::max<int64_t>(1, count / (2 * s.pack)));
    s.group = static_cast<int>(std::min<uint64_t>(kThreads, std::bit_ceil(wanted)));
    s.blocks = (results + kThreads / s.group - 1) / (kThreads / s.group);
  }
  const int64_t enough = int64_t{4} * std::max(1, gpu().multiprocessors), per_slice = int64_t{16} * s.group * s.pack;
  if (s.blocks < enough) s.slices = std::clamp<int64_t>(std::min(enough / s.blocks, count / per_slice), 1, 256);
  s.slice = (count + s.slices - 1) / s.slices;
  s.slice = (s.slice + s.pack - 1) / s.pack * s.pack;
  s.slices = s.slice > 0 ? std::max<int64_t>(1, (count + s.slice - 1) / s.slice) : 1;
  return s;
}

size_t Reduction::workspace() const {
  const Shape s = shape();
  return s.slices > 1 ? static_cast<size_t>(s.slices * kept.count()) * state_bytes : 0;
}

std::vector<Recipe> Reduction::recipes(int64_t workspace_offset) const {
  if (kept.count() == 0) return {};
  const Shape s = shape();
  std::vector<Recipe> r{gather(s, workspace_offset)};
  if (s.slices > 1) r.push_back(combine(s, workspace_offset));
  return r;
}

Recipe Reduction::gather(const Shape& s, int64_t workspace_offset) const {
  int64_t largest = std::max(kept.count(), reduced.count()) * (s.slices > 1 ? 1 : 1);
  int64_t span = 0;
  for (size_t a = 0; a < kept.dims.size(); ++a) span += (kept.dims[a] - 1) * std::abs(kept.strides[0][a]);
  for (size_t a = 0; a < reduced.dims.size(); ++a) span += (reduced.dims[a] - 1) * std::abs(reduced.strides[0][a]);
  KernelSource k(std::max({largest, span, s.slices * kept.count()}));
  if (!header.empty()) k.include(header);
  k.include("reduce.cuh");
  k.define(state);
  const std::string_view t = device_type(type);
  k.input("in", input, t);
  k.index("results", kept.count());
  k.index("count", reduced.count());
  k.index("slice", s.slice);
  k.divisor("blocks", s.blocks);
  k.line("Index block = static_cast<Index>(blockIdx.x);");
  k.line("const Index begin_block = split(block, blocks), part = block;");
  const int per_block = s.columns ? 32 : kThreads / s.group;
  k.line("const int member = static_cast<int>(threadIdx.x) {} {};", s.columns ? "/" : "%", s.columns ? 32 : s.group);
  k.line("const Index o = begin_block * {} + static_cast<int>(threadIdx.x) {} {};", per_block, s.columns ? "%" : "/",
         s.columns ? 32 : s.group);
  k.line("const Index end = min(count, (part + 1) * slice);");
  k.line("State s = state_start();");
  k.line("if (o < results) {{");
  k.unravel("o", kept.dims, "k");
  k.line("const {}* __restrict__ base = in + {};", t,
         k.offset(kept.dims, kept.strides[0], KernelSource::coordinates("k", kept.dims.size())));
  k.line("const auto work = [&](auto width) {{");
  k.line("constexpr int V = decltype(width)::value;");
  k.line("#pragma unroll 4");
  k.line("for (Index r = part * slice + member * V; r < end; r += {} * V) {{", s.group);
  k.unravel("r", reduced.dims, "r");
  k.line("const auto v = load_pack<V>(base + {});",
         k.offset(reduced.dims, reduced.strides[0], KernelSource::coordinates("r", reduced.dims.size())));
  k.line("#pragma unroll");
  k.line("for (int e = 0; e < V; ++e) state_add(s, value_of(v.at[e]), r + e);");
  k.line("}}");
  k.line("}};");
  if (s.pack > 1) {
    k.line("if (reinterpret_cast<size_t>(in) % {} == 0) work(Width<{}>());", bits(type) / 8 * s.pack, s.pack);
    k.line("else work(Width<1>());");
  } else {
    k.line("work(Width<1>());");
  }
  k.line("}}");
  k.line("const auto merge = [](State& a, const State& b) {{ state_merge(a, b); }};");
  if (s.columns) {
    k.line("__shared__ State parts[{}];", kThreads);
    k.line("parts[threadIdx.x] = s;");
    k.line("__syncthreads();");
    k.line("if (member != 0 || o >= results) return;");
    k.line("for (int i = 1; i < {}; ++i) merge(s, parts[threadIdx.x + i * 32]);", kRows);
  } else {
    k.line("merge_group<{}, {}>(s, merge);", s.group, kThreads);
    k.line("if (member != 0 || o >= results) return;");
  }
  if (s.slices > 1) {
    k.workspace("partial", workspace_offset, "State");
    k.line("partial[part * results + o] = s;");
  } else {
    k.unravel("o", kept.dims, "q");
    k.line("const Index to = {};",
           k.offset(kept.dims, kept.strides[1], KernelSource::coordinates("q", kept.dims.size())));
    if (parameters) parameters(k);
    k.body(finish);
  }
  return k.recipe(s.blocks * s.slices, kThreads);
}

Recipe Reduction::combine(const Shape& s, int64_t workspace_offset) const {
  int64_t span = 0;
  for (size_t a = 0; a < kept.dims.size(); ++a) span += (kept.dims[a] - 1) * std::abs(kept.strides[1][a]);
  KernelSource k(std::max({span, kept.count() * s.slices, reduced.count()}));
  if (!header.empty()) k.include(header);
  k.define(state);
  k.workspace("partial", workspace_offset, "const State");
  k.index("results", kept.count());
  k.index("slices", s.slices);
  k.index("count", reduced.count());
  k.line("const Index o = i;");
  k.line("State s = partial[o];");
  k.line("#pragma unroll 4");
  k.line("for (Index j = 1; j < slices; ++j) state_merge(s, partial[j * results + o]);");
  k.unravel("o", kept.dims, "q");
  k.line("const Index to = {};",
         k.offset(kept.dims, kept.strides[1], KernelSource::coordinates("q", kept.dims.size())));
  if (parameters) parameters(k);
  k.body(finish);
  return k.per_element(kept.count(), 128);
}

}  // namespace hone::cuda
