// Reductions of all kinds over any axes, and positions of extremes along an axis.
#include "backends/cuda/tactics/reduce/reduction.h"
#include "ops/arg_reduce.h"
#include "ops/reduce.h"

namespace hone::cuda {
namespace {

std::vector<bool> reduced_axes(const Problem& p) {
  const auto& a = p.attr<ReduceAttrs>();
  const auto rank = static_cast<int64_t>(p.inputs[0].dims.size());
  std::vector<int64_t> axes = a.axes;
  if (p.has(1)) axes = p.constant(1)->as_ints();
  std::vector<bool> r(static_cast<size_t>(rank), axes.empty() && !a.noop_if_empty);
  for (int64_t axis : axes) r[static_cast<size_t>(normalize_axis(axis, rank))] = true;
  return r;
}

// How the accumulator begins and what an element does to it; `v` is the element in the accumulator's type.
struct Kind {
  std::string_view start, add, merge, finish;
};
Kind kind_of(ReduceKind k, bool floating) {
  constexpr std::string_view sum = "a.v + b.v", average = "s.v / A(count)";
  switch (k) {
    case ReduceKind::kSum:
      return {"0", "s.v + v", sum, "s.v"};
    case ReduceKind::kAvg:
      return {"0", "s.v + v", sum, floating ? average : "(count == 0 ? 0 : s.v / static_cast<A>(count))"};
    case ReduceKind::kProd:
      return {"1", "s.v * v", "a.v * b.v", "s.v"};
    case ReduceKind::kMax:
      return floating ? Kind{"-A(float_of_bits(0x7f800000u))", "nan_max(s.v, v)", "nan_max(a.v, b.v)", "s.v"}
                      : Kind{"IntegerLimits<A>::low", "max(s.v, v)", "max(a.v, b.v)", "s.v"};
    case ReduceKind::kMin:
      return floating ? Kind{"A(float_of_bits(0x7f800000u))", "nan_min(s.v, v)", "nan_min(a.v, b.v)", "s.v"}
                      : Kind{"IntegerLimits<A>::high", "min(s.v, v)", "min(a.v, b.v)", "s.v"};
    case ReduceKind::kL1:
      return {"0", "s.v + (v < A(0) ? -v : v)", sum, "s.v"};
    case ReduceKind::kL2:
      return {"0", "s.v + v * v", sum, floating ? "m_sqrt(s.v)" : "convert<A>(sqrt(static_cast<double>(s.v)))"};
    case ReduceKind::kSumSquare:
      return {"0", "s.v + v * v", sum, "s.v"};
    case ReduceKind::kLogSum:
      return {"0", "s.v + v", sum, "m_log(s.v)"};
    case ReduceKind::kLogSumExp:
      break;
  }
  fail<InternalError>("reduction without a plain accumulator");
}

constexpr std::string_view kLogSumExp = R"(
struct State { A m, v; };  // the maximum, and the sum of exp(x - shift(maximum))
__device__ __forceinline__ A shift(A m) { return m - m == A(0) ? m : A(0); }
__device__ __forceinline__ State state_start() { State s; s.m = -A(float_of_bits(0x7f800000u)); s.v = A(0); return s; }
__device__ __forceinline__ void state_merge(State& a, const State& b) {
  const A m = nan_max(a.m, b.m);
  a.v = a.v * m_exp(shift(a.m) - shift(m)) * A(a.v != A(0)) + (b.v != A(0) ? b.v * m_exp(shift(b.m) - shift(m)) : A(0));
  a.m = m;
}
template <class V>
__device__ __forceinline__ void state_add(State& s, V x, Index) {
  State b;
  b.m = static_cast<A>(x);
  b.v = m_exp(b.m - shift(b.m));
  state_merge(s, b);
}
)";

void set_state(Reduction& r, ReduceKind k, DType out) {
  const bool logarithm = k == ReduceKind::kLogSum || k == ReduceKind::kLogSumExp;
  const bool floating = is_float(r.type);
  const std::string_view a = r.type == DType::kF64 || (!floating && logarithm) ? "double"
                             : floating                                        ? "float"
                                                                               : "long long";
  r.header = "math.cuh";
  r.state = fmt::format("typedef {} A;\n", a);
  r.state_bytes = a == "float" ? 4 : 8;
  const bool as_float = floating || logarithm;
  std::string result = "s.m + 0 * s.v";
  if (k == ReduceKind::kLogSumExp) {
    r.state += kLogSumExp;
    r.state_bytes *= 2;
    result = "m_log(s.v) + shift(s.m)";
  } else {
    const Kind kind = kind_of(k, as_float);
    r.state += fmt::format(R"(
struct State {{ A v; }};
__device__ __forceinline__ State state_start() {{ State s; s.v = {}; return s; }}
template <class V>
__device__ __forceinline__ void state_add(State& s, V x, Index) {{ const A v = static_cast<A>(x); s.v = {}; }}
__device__ __forceinline__ void state_merge(State& a, const State& b) {{ a.v = {}; }}
)",
                           kind.start, kind.add, kind.merge);
    result = kind.finish;
  }
  r.finish = fmt::format("  out[to] = element_of<{}>({});\n", device_type(out), result);
  r.parameters = [out](KernelSource& s) { s.output("out", 0, device_type(out)); };
}

Reduction reduction_of(const Problem& p) {
  const auto& a = p.attr<ReduceAttrs>();
  Reduction r = reduction_over(p.inputs[0], reduced_axes(p), p.outputs[0], a.keep_dims);
  set_state(r, a.kind, p.outputs[0].type);
  return r;
}

class ReduceAny : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.reduce_any"; }
  Verdict supports(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (const std::string r = refuse_type(x); !r.empty()) return Verdict::no("{}", r);
    if (x.type == DType::kU64) return Verdict::no("type u64");
    if (x.type != y.type) return Verdict::no("changes the element type");
    if (p.has(1) && !p.constant(1)) return Verdict::no("axes not constant");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override { return reduction_of(p).recipes(); }
  size_t workspace(const Problem& p) const override { return reduction_of(p).workspace(); }
};

// The extreme and where it lies; the first NaN wins, then the extreme, then the first or the last position.
Reduction arg_reduction_of(const Problem& p) {
  const auto& a = p.attr<ArgReduceAttrs>();
  const TensorDesc& x = p.inputs[0];
  std::vector<bool> reduced(x.dims.size(), false);
  reduced[static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(x.dims.size())))] = true;
  Reduction r = reduction_over(x, reduced, p.outputs[0], a.keep_dims);
  r.header = "math.cuh";
  const bool floating = is_float(x.type);
  r.state = fmt::format(R"(
typedef {} A;
struct State {{ long long at; A v; {}}};
__device__ __forceinline__ State state_start() {{ State s; s.at = -1; s.v = A(0); return s; }}
__device__ __forceinline__ void state_merge(State& a, const State& b) {{
  if (b.at < 0) return;
  const bool a_nan = a.v != a.v, b_nan = b.v != b.v;
  bool take = a.at < 0;
  if (!take && (a_nan || b_nan)) take = b_nan && (!a_nan || b.at < a.at);
  else if (!take) take = b.v {} a.v || (b.v == a.v && b.at {} a.at);
  if (take) a = b;
}}
template <class V>
__device__ __forceinline__ void state_add(State& s, V x, Index at) {{
  State b;
  b.at = at, b.v = static_cast<A>(x);
  state_merge(s, b);
}}
)",
                        x.type == DType::kF64 ? "double"
                        : floating            ? "float"
                                              : "long long",
                        x.type == DType::kF64 || !floating ? "" : "int unused; ", a.largest ? ">" : "<",
                        a.select_last ? ">" : "<");
  r.state_bytes = 16;
  r.finish = fmt::format("  out[to] = static_cast<{}>(s.at);\n", device_type(p.outputs[0].type));
  r.parameters = [t = p.outputs[0].type](KernelSource& s) { s.output("out", 0, device_type(t)); };
  return r;
}

class ArgReduceAny : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.arg_reduce_any"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (const std::string r = refuse_type(p.inputs[0]); !r.empty()) return Verdict::no("{}", r);
    if (p.inputs[0].type == DType::kU64) return Verdict::no("type u64");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override { return arg_reduction_of(p).recipes(); }
  size_t workspace(const Problem& p) const override { return arg_reduction_of(p).workspace(); }
};

}  // namespace

const Tactic& reduce_any() {
  static const ReduceAny tactic;
  return tactic;
}
const Tactic& arg_reduce_any() {
  static const ArgReduceAny tactic;
  return tactic;
}

}  // namespace hone::cuda
