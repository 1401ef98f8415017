// The k largest or smallest along an axis, in order, ties by the lower index. A block takes a line: the k-th element is
// found digit by digit, what is not behind it is gathered, and every gathered element counts those before it.
#include "ops/topk.h"

#include <algorithm>
#include <bit>

#include "backends/cuda/elements.h"

namespace hone::cuda {
namespace {

constexpr int64_t kCountAll = 1024;  // lines up to this length need no selection

struct Geometry {
  size_t axis = 0;
  int64_t extent = 1, k = 1, lines = 1;
  Dims line_dims;
};

Geometry geometry(const Problem& p) {
  Geometry g;
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  g.axis = static_cast<size_t>(normalize_axis(p.attr<TopKAttrs>().axis, static_cast<int64_t>(x.dims.size())));
  g.extent = x.dims[g.axis], g.k = y.dims[g.axis];
  g.line_dims = x.dims;
  g.line_dims[g.axis] = 1;
  g.lines = volume(g.line_dims);
  return g;
}

// An unsigned number in whose order elements come: the larger, the earlier. NaN is larger than everything; zeros are
// equal.
std::string key_function(DType t, bool largest) {
  std::string s = "__device__ __forceinline__ unsigned long long key_of(E x) {\n";
  if (t == DType::kF64) {
    s += "  const double v = x + 0.0;\n"
         "  const unsigned long long u = static_cast<unsigned long long>(__double_as_longlong(v));\n"
         "  const unsigned long long key = v != v ? ~0ull : u >> 63 ? ~u : u | 1ull << 63;\n";
  } else if (is_float(t)) {
    s += "  const float v = to_float(x) + 0.0f;\n"
         "  const unsigned u = bits_of(v);\n"
         "  const unsigned key = v != v ? ~0u : u >> 31 ? ~u : u | 1u << 31;\n";
  } else if (bits(t) == 64) {
    s += fmt::format("  const unsigned long long key = static_cast<unsigned long long>(x) ^ {};\n",
                     t == DType::kU64 ? "0ull" : "1ull << 63");
  } else {
    s += fmt::format("  const unsigned key = static_cast<unsigned>(x) ^ {};\n", t == DType::kU32 ? "0u" : "1u << 31");
  }
  return s + (largest ? "  return key;\n}\n" : "  return ~key;\n}\n");
}

// Entries: `high` and `low` compared one after the other; narrow keys hold the index in `high` too.
std::string entry_functions(bool wide) {
  std::string s = "struct Entry { unsigned long long high; unsigned low, at; };\n";
  s += "__device__ __forceinline__ Entry entry_of(E x, unsigned at) {\n  Entry e;\n  e.at = at;\n";
  s +=
      wide
          ? "  e.high = key_of(x);\n  e.low = ~at;\n"
          : "  e.high = static_cast<unsigned long long>(static_cast<unsigned>(key_of(x))) << 32 | ~at;\n  e.low = 0;\n";
  s += "  return e;\n}\n";
  s += "__device__ __forceinline__ bool before(const Entry& a, const Entry& b) {\n"
       "  return a.high > b.high || (a.high == b.high && a.low > b.low);\n}\n";
  s += "__device__ __forceinline__ unsigned digit(const Entry& e, int pass) {\n"
       "  return pass < 8 ? static_cast<unsigned>(e.high >> (56 - 8 * pass)) & 255u : e.low >> (88 - 8 * pass) & "
       "255u;\n}\n";
  return s;
}

class TopK : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.topk"; }
  Verdict supports(const Problem& p) const override {
    if (const Verdict v = plain_node(p); !v) return v;
    if (geometry(p).extent >= INT32_MAX) return Verdict::no("long axis");
    if (p.outputs.size() != 2) return Verdict::no("{} outputs", p.outputs.size());
    return Verdict::yes();
  }
  size_t workspace(const Problem& p) const override {
    const Geometry g = geometry(p);
    return g.extent <= kCountAll ? 0 : static_cast<size_t>(g.lines * g.k) * 16;
  }

  std::vector<Recipe> recipes(const Problem& p) const override {
    const Geometry g = geometry(p);
    if (p.outputs[0].count() == 0) return {};
    const TensorDesc& x = p.inputs[0];
    const bool wide = bits(x.type) == 64;
    const int threads = g.extent <= kCountAll
                            ? std::clamp(static_cast<int>(std::bit_ceil(static_cast<uint64_t>(g.extent))), 32, 1024)
                            : 1024;
    KernelSource k = KernelSource::for_problem(p);
    k.define(fmt::format("typedef {} E;\n", device_type(x.type)));
    k.define(key_function(x.type, p.attr<TopKAttrs>().largest));
    k.define(entry_functions(wide));
    k.input("in", 0, "E");
    k.output("values", 0, "E");
    k.output("positions", 1, device_type(p.outputs[1].type));
    k.index("extent", g.extent);
    k.index("wanted", g.k);
    k.line("const Index line = static_cast<Index>(blockIdx.x);");
    k.unravel("line", g.line_dims, "l");
    auto at = KernelSource::coordinates("l", g.line_dims.size());
    at[g.axis] = "static_cast<Index>(j)";
    k.line("const auto load = [&](unsigned j) {{ return in[{}]; }};", k.at(x, at));
    k.line(
        "const auto store = [&](int j, const Entry& e) {{ values[{}] = load(e.at); positions[{}] = "
        "static_cast<{}>(e.at); }};",
        k.at(p.outputs[0], at), k.at(p.outputs[1], at), device_type(p.outputs[1].type));
    if (g.extent <= kCountAll)
      count_all(k, threads);
    else
      select(k, threads, wide);
    return {k.recipe(g.lines, static_cast<unsigned>(threads))};
  }

 private:
  static void count_all(KernelSource& k, int threads) {
    k.line("__shared__ Entry entries[{}];", kCountAll);
    k.line("for (int j = threadIdx.x; j < extent; j += {}) entries[j] = entry_of(load(j), j);", threads);
    k.line("__syncthreads();");
    k.line("for (int j = threadIdx.x; j < extent; j += {}) {{", threads);
    k.line("const Entry e = entries[j];");
    k.line("int rank = 0;");
    k.line("for (int i = 0; i < extent; ++i) rank += before(entries[i], e);");
    k.line("if (rank < wanted) store(rank, e);");
    k.line("}}");
  }

  static void select(KernelSource& k, int threads, bool wide) {
    k.workspace("gathered", 0, "Entry");
    k.line("__shared__ unsigned histogram[256];");
    k.line("__shared__ Entry least;");  // the digits of the k-th entry that are known
    k.line("__shared__ Entry mask;");
    k.line("__shared__ unsigned remaining, found, done;");
    k.line(
        "if (threadIdx.x == 0) {{ least.high = mask.high = 0; least.low = mask.low = 0; remaining = wanted; found = "
        "done = 0; }}");
    k.line("for (int pass = 0; pass < {}; ++pass) {{", wide ? 12 : 8);
    k.line("if (threadIdx.x < 256) histogram[threadIdx.x] = 0;");
    k.line("__syncthreads();");
    k.line("for (Index j = threadIdx.x; j < extent; j += {}) {{", threads);
    k.line("const Entry e = entry_of(load(j), j);");
    k.line(
        "if ((e.high & mask.high) == least.high && (e.low & mask.low) == least.low) atomicAdd(&histogram[digit(e, "
        "pass)], 1u);");
    k.line("}}");
    k.line("__syncthreads();");
    k.line("if (threadIdx.x == 0) {{");
    k.line("unsigned d = 255, rest = remaining;");
    k.line("while (d > 0 && histogram[d] < rest) rest -= histogram[d--];");
    k.line("remaining = rest;");
    k.line("done = histogram[d] == rest;");
    k.line(
        "if (pass < 8) {{ least.high |= static_cast<unsigned long long>(d) << (56 - 8 * pass); mask.high |= 255ull << "
        "(56 - 8 * pass); }}");
    k.line("else {{ least.low |= d << (88 - 8 * pass); mask.low |= 255u << (88 - 8 * pass); }}");
    k.line("}}");
    k.line("__syncthreads();");
    k.line("if (done) break;");
    k.line("}}");
    k.line("Entry* mine = gathered + line * wanted;");
    k.line("for (Index j = threadIdx.x; j < extent; j += {}) {{", threads);
    k.line("const Entry e = entry_of(load(j), j);");
    k.line("if (!before(least, e)) mine[atomicAdd(&found, 1u)] = e;");
    k.line("}}");
    k.line("__threadfence_block();");
    k.line("__syncthreads();");
    k.line("for (Index j = threadIdx.x; j < wanted; j += {}) {{", threads);
    k.line("const Entry e = mine[j];");
    k.line("int rank = 0;");
    k.line("for (Index i = 0; i < wanted; ++i) rank += before(mine[i], e);");
    k.line("store(rank, e);");
    k.line("}}");
  }
};

}  // namespace

const Tactic& topk() {
  static const TopK tactic;
  return tactic;
}

}  // namespace hone::cuda
