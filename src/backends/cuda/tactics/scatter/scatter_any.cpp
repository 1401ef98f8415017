// Scatter: a copy of the data, then the updates in the reference's order wherever several meet, so that results never
// vary. Indices outside of their axis are left out: a kernel cannot report them.
#include <algorithm>

#include "backends/cuda/elements.h"
#include "ops/movement.h"
#include "ops/scatter.h"

namespace hone::cuda {
namespace {

std::string combine(ScatterReduction r, DType t) {
  const std::string_view v = value_type(t);
  if (r == ScatterReduction::kNone) return "b";
  if (r == ScatterReduction::kAdd) return t == DType::kBool ? "(a || b)" : fmt::format("static_cast<{}>(a + b)", v);
  if (r == ScatterReduction::kMul) return t == DType::kBool ? "(a && b)" : fmt::format("static_cast<{}>(a * b)", v);
  const bool min = r == ScatterReduction::kMin;
  if (t == DType::kBool) return min ? "(a && b)" : "(a || b)";
  if (is_float(t)) return min ? "nan_min(a, b)" : "nan_max(a, b)";
  return min ? "(b < a ? b : a)" : "(a < b ? b : a)";
}

void common(KernelSource& k, const Problem& p) {
  const auto& a = p.attr<ScatterAttrs>();
  const DType t = p.inputs[0].type;
  k.include("math.cuh");
  k.define(fmt::format(
      "typedef {} E;\n__device__ __forceinline__ E apply(E to, E from) {{ const auto a = value_of(to), b = "
      "value_of(from); (void)a; return {}; }}\n",
      device_type(t),
      a.reduction == ScatterReduction::kNone ? "from" : fmt::format("element_of<E>({})", combine(a.reduction, t))));
}

Recipe copy(const Problem& p) {
  ElementKernel e(p);
  e.k.input("in", 0, width_type(p.inputs[0].type));
  e.k.output("out", 0, width_type(p.inputs[0].type));
  e.coordinates();
  e.k.line("out[{}] = in[{}];", e.here(), e.k.at(p.inputs[0], e.o));
  return e.recipes().at(0);
}

// A thread takes all updates of one line along the axis.
Recipe by_lines(const Problem& p) {
  const TensorDesc &idx = p.inputs[1], &upd = p.inputs[2], &y = p.outputs[0];
  const auto axis =
      static_cast<size_t>(normalize_axis(p.attr<ScatterAttrs>().axis, static_cast<int64_t>(y.dims.size())));
  KernelSource k = KernelSource::for_problem(p);
  common(k, p);
  k.input("indices", 1, device_type(idx.type));
  k.input("updates", 2, "E");
  k.output("out", 0, "E");
  Dims lines = upd.dims;
  lines[axis] = 1;
  k.unravel("i", lines, "l", memory_order(y.format, y.dims.size()));
  auto at = KernelSource::coordinates("l", lines.size());
  at[axis] = "j";
  k.index("count", upd.dims[axis]);
  k.index("extent", y.dims[axis]);
  k.line("for (Index j = 0; j < count; ++j) {{");
  k.line("long long t = static_cast<long long>(indices[{}]);", k.at(idx, at));
  k.line("if (t < 0) t += extent;");
  k.line("if (t < 0 || t >= extent) continue;");
  const std::string from = k.at(upd, at);
  at[axis] = "static_cast<Index>(t)";
  k.line("E& to = out[{}];", k.at(y, at));
  k.line("to = apply(to, updates[{}]);", from);
  k.line("}}");
  return k.per_element(volume(lines));
}

// What ScatterND writes: a slice of the trailing axes for each index tuple.
struct Slices {
  int64_t tuples = 1, tuple = 0, targets = 1, run = 1;
};
Slices slices_of(const Problem& p) {
  const TensorDesc &idx = p.inputs[1], &y = p.outputs[0];
  Slices s;
  s.tuple = idx.dims.back();
  for (size_t a = 0; a + 1 < idx.dims.size(); ++a) s.tuples *= idx.dims[a];
  for (size_t a = 0; a < y.dims.size(); ++a) (static_cast<int64_t>(a) < s.tuple ? s.targets : s.run) *= y.dims[a];
  return s;
}

// Declares `target`, the number of the slice that tuple `t` names, or -1.
void target_function(KernelSource& k, const Problem& p, const Slices& s) {
  std::string body = "  Index target = 0;\n";
  for (int64_t j = 0; j < s.tuple; ++j) {
    const int64_t extent = p.outputs[0].dims[static_cast<size_t>(j)];
    body += fmt::format(
        "  {{ long long v = static_cast<long long>(indices[t * {0} + {1}]); if (v < 0) v += {2}; if (v < 0 || v >= "
        "{2}) return "
        "-1; target = target * static_cast<Index>({2}) + static_cast<Index>(v); }}\n",
        s.tuple, j, fmt::format("{}ll", extent));
  }
  k.define(
      fmt::format("__device__ __forceinline__ Index target_of(const {}* indices, Index t) {{\n{}  return target;\n}}\n",
                  device_type(p.inputs[1].type), body));
}

// For every slice the last tuple that names it (plain writes), or the first (reductions, whose thread then takes all).
std::vector<Recipe> by_slices(const Problem& p) {
  const Slices s = slices_of(p);
  const bool plain = p.attr<ScatterAttrs>().reduction == ScatterReduction::kNone;
  std::vector<Recipe> r;
  const int start = plain ? -1 : 2147483647;
  {
    KernelSource k(s.targets);
    k.workspace("owner", 0, "int");
    k.line("owner[i] = {};", start);
    r.push_back(k.per_element(s.targets));
  }
  {
    KernelSource k = KernelSource::for_problem(p);
    target_function(k, p, s);
    k.input("indices", 1, device_type(p.inputs[1].type));
    k.workspace("owner", 0, "int");
    k.line("const Index target = target_of(indices, i);");
    k.line("if (target >= 0) {}(owner + target, static_cast<int>(i));", plain ? "atomicMax" : "atomicMin");
    r.push_back(k.per_element(s.tuples));
  }
  KernelSource k = KernelSource::for_problem(p);
  common(k, p);
  target_function(k, p, s);
  k.input("indices", 1, device_type(p.inputs[1].type));
  k.input("updates", 2, "E");
  k.workspace("owner", 0, "const int");
  k.output("out", 0, "E");
  k.unravel("i", {s.tuples, s.run}, "w");
  k.index("run", s.run);
  k.index("tuples", s.tuples);
  k.line("const Index target = target_of(indices, w0);");
  k.line("if (target < 0 || owner[target] != static_cast<int>(w0)) return;");
  k.line("E v = out[target * run + w1];");
  k.line("v = apply(v, updates[w0 * run + w1]);");
  if (!plain)
    k.line(
        "for (Index t = w0 + 1; t < tuples; ++t) if (target_of(indices, t) == target) v = apply(v, updates[t * run + "
        "w1]);");
  k.line("out[target * run + w1] = v;");
  r.push_back(k.per_element(s.tuples * s.run));
  return r;
}

class ScatterAny : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.scatter_any"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    const auto& a = p.attr<ScatterAttrs>();
    if (const std::string r = refuse_type(p.inputs[0]); !r.empty()) return Verdict::no("{}", r);
    if (p.inputs[1].type != DType::kI32 && p.inputs[1].type != DType::kI64) return Verdict::no("type of the indices");
    if (p.inputs[2].type != p.inputs[0].type || p.outputs[0].type != p.inputs[0].type)
      return Verdict::no("types differ");
    if (a.nd) {
      for (const TensorDesc* d : {&p.inputs[1], &p.inputs[2], &p.outputs[0]})
        if (!is_linear(*d) || !is_dense(*d)) return Verdict::no("a tensor is not linear");
      if (slices_of(p).tuples >= INT32_MAX) return Verdict::no("too many updates");
    }
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    if (p.outputs[0].count() == 0) return {};
    std::vector<Recipe> r{copy(p)};
    if (p.inputs[2].count() == 0) return r;
    if (!p.attr<ScatterAttrs>().nd) {
      r.push_back(by_lines(p));
    } else {
      for (Recipe& k : by_slices(p)) r.push_back(std::move(k));
    }
    return r;
  }
  size_t workspace(const Problem& p) const override {
    return p.attr<ScatterAttrs>().nd ? static_cast<size_t>(slices_of(p).targets) * sizeof(int) : 0;
  }
};

}  // namespace

const Tactic& scatter_any() {
  static const ScatterAny tactic;
  return tactic;
}

}  // namespace hone::cuda
