// Unique: the slices' numbers are sorted by value, then by number; where the value changes a group begins.
#include "ops/unique.h"

#include "backends/cuda/elements.h"
#include "backends/cuda/tactics/selection/selection.h"

namespace hone::cuda {
namespace {

// The input as [outer, extent, inner].
struct Slices {
  int64_t outer = 1, extent = 1, inner = 1;
};
Slices slices_of(const Problem& p) {
  const auto& a = p.attr<UniqueAttrs>();
  const Dims& d = p.inputs[0].dims;
  Slices s;
  if (!a.has_axis) {
    s.extent = volume(d);
    return s;
  }
  const auto axis = static_cast<size_t>(normalize_axis(a.axis, static_cast<int64_t>(d.size())));
  s.extent = d[axis];
  for (size_t i = 0; i < d.size(); ++i)
    if (i != axis) (i < axis ? s.outer : s.inner) *= d[i];
  return s;
}

// What the kernels leave to one another; all of ints.
struct Places {
  explicit Places(int64_t n) {
    const int64_t bytes = n * static_cast<int64_t>(sizeof(int));
    order = parts.add(bytes);
    scratch = Sort::needs_scratch(n) ? parts.add(bytes) : 0;
    group = parts.add(bytes), start = parts.add(bytes), target = parts.add(bytes), rank = parts.add(bytes);
    sums = parts.add(Selection::sums_bytes(n));
  }
  WorkspaceParts parts;
  int64_t order = 0;    // slices, sorted
  int64_t scratch = 0;  // of the sort
  int64_t group = 0;    // by place in the order: the group in sorted order
  int64_t start = 0;    // by group: its first place
  int64_t target = 0;   // by slice: the group's place in the output if the slice is its first, else -1
  int64_t rank = 0;     // by slice: how many groups begin before it
  int64_t sums = 0;
};

class Unique : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.unique"; }
  Verdict supports(const Problem& p) const override {
    if (Verdict v = plain_node(p); !v) return v;
    if (!is_linear(p.inputs[0]) || !is_dense(p.inputs[0])) return Verdict::no("the input is not linear");
    if (slices_of(p).extent >= INT32_MAX / 2) return Verdict::no("too many slices");
    if (p.outputs[0].type != p.inputs[0].type) return Verdict::no("types differ");
    for (size_t i = 1; i < p.outputs.size(); ++i)
      if (p.outputs[i].type != DType::kI64) return Verdict::no("type of the indices");
    return Verdict::yes();
  }
  size_t workspace(const Problem& p) const override { return Places(slices_of(p).extent).parts.size(); }

  std::vector<Recipe> recipes(const Problem& p) const override {
    const Slices s = slices_of(p);
    const Places at(s.extent);
    std::vector<Recipe> r = sort(p, s, at);
    const auto append = [&](std::vector<Recipe> more) {
      for (Recipe& x : more) r.push_back(std::move(x));
    };
    append(find_groups(p, s, at));
    if (!p.attr<UniqueAttrs>().sorted) append(rank_groups(s, at));
    if (p.outputs.size() > 1) r.push_back(write_numbers(p, s, at));
    r.push_back(write_values(p, s, at));
    return r;
  }

 private:
  // `order_of(a, b)`: whether slice a comes before slice b (-1), is the same (0) or comes behind it.
  static void compare(KernelSource& k, const Problem& p, const Slices& s) {
    k.define(
        "template <class V>\n"
        "__device__ __forceinline__ int compare(V a, V b) {\n"
        "  if (a != a || b != b) return static_cast<int>(a != a) - static_cast<int>(b != b);\n"
        "  return a < b ? -1 : b < a ? 1 : 0;\n"
        "}\n");
    k.input("in", 0, device_type(p.inputs[0].type));
    k.index("outer", s.outer);
    k.index("slices", s.extent);
    k.index("inner", s.inner);
    k.line("const auto order_of = [&](int a, int b) {{");
    k.line("for (Index o = 0; o < outer; ++o) {{");
    k.line("const auto *x = in + (o * slices + a) * inner, *y = in + (o * slices + b) * inner;");
    k.line("for (Index j = 0; j < inner; ++j) {{");
    k.line("const int c = compare(value_of(x[j]), value_of(y[j]));");
    k.line("if (c != 0) return c;");
    k.line("}}");
    k.line("}}");
    k.line("return 0;");
    k.line("}};");
  }

  static std::vector<Recipe> sort(const Problem& p, const Slices& s, const Places& at) {
    Sort sort(KernelSource::for_problem(p));
    sort.type = "int";
    sort.extent = s.extent;
    sort.element = [](KernelSource&) { return "static_cast<int>(i)"; };
    sort.before = [&](KernelSource& k) {
      compare(k, p, s);
      k.line(
          "const auto earlier = [&](int a, int b) {{ const int c = order_of(a, b); return c != 0 ? c < 0 : a < b; }};");
      return "earlier(a, b)";
    };
    sort.sorted = at.order, sort.scratch = at.scratch;
    return sort.recipes();
  }

  static std::vector<Recipe> find_groups(const Problem& p, const Slices& s, const Places& at) {
    Selection groups(KernelSource::for_problem(p));
    groups.units = s.extent;
    groups.sums = at.sums;
    groups.flag = [&](KernelSource& k) {
      compare(k, p, s);
      k.workspace("order", at.order, "const int");
      return "i == 0 || order_of(order[i - 1], order[i]) != 0";
    };
    groups.take = [&](KernelSource& k) {
      k.workspace("group", at.group, "int");
      k.workspace("start", at.start, "int");
      k.workspace("target", at.target, "int");
      k.line("group[i] = rank + chosen - 1;");
      k.line("target[order[i]] = chosen ? rank : -1;");
      k.line("if (chosen) start[rank] = static_cast<int>(i);");
    };
    groups.finish = [&](KernelSource& k) {
      k.output("found", p.outputs.size(), "long long");
      k.line("*found = total;");
    };
    return groups.recipes();
  }

  // Groups in the order of their first slices.
  static std::vector<Recipe> rank_groups(const Slices& s, const Places& at) {
    Selection ranks{KernelSource(s.extent)};
    ranks.units = s.extent;
    ranks.sums = at.sums;
    ranks.flag = [&](KernelSource& k) {
      k.workspace("target", at.target, "int");
      return "target[i] >= 0";
    };
    ranks.take = [&](KernelSource& k) {
      k.workspace("ranks", at.rank, "int");
      k.line("ranks[i] = rank;");
      k.line("if (chosen) target[i] = rank;");
    };
    ranks.finish = [](KernelSource&) {};
    return ranks.recipes();
  }

  // First slices, the group of each slice, and counts.
  static Recipe write_numbers(const Problem& p, const Slices& s, const Places& at) {
    KernelSource k(s.extent);
    k.workspace("order", at.order, "const int");
    k.workspace("group", at.group, "const int");
    k.workspace("start", at.start, "const int");
    k.workspace("target", at.target, "const int");
    k.index("slices", s.extent);
    k.line("const int g = group[i], begin = start[g], slice = order[begin], place = target[slice];");
    if (p.outputs.size() > 2) {
      k.output("inverse", 2, "long long");
      k.line("inverse[order[i]] = place;");
    }
    k.line("if (i != begin) return;");
    if (p.outputs.size() > 1) {
      k.output("first", 1, "long long");
      k.line("first[place] = slice;");
    }
    if (p.outputs.size() > 3) {
      k.output("counts", 3, "long long");
      k.output("found", p.outputs.size(), "const long long");
      k.line("counts[place] = (g + 1 < *found ? start[g + 1] : slices) - begin;");
    }
    return k.per_element(s.extent);
  }

  static Recipe write_values(const Problem& p, const Slices& s, const Places& at) {
    KernelSource k = KernelSource::for_problem(p);
    const std::string_view type = width_type(p.inputs[0].type);
    k.input("in", 0, type);
    k.output("out", 0, type);
    k.workspace("target", at.target, "const int");
    k.output("found", p.outputs.size(), "const long long");
    k.index("inner", s.inner);
    k.unravel("i", {s.outer, s.extent, s.inner}, "s");
    k.line("const int place = target[s1];");
    k.line("if (place >= 0) out[(s0 * static_cast<Index>(*found) + place) * inner + s2] = in[i];");
    return k.per_element(s.outer * s.extent * s.inner);
  }
};

}  // namespace

const Tactic& unique() {
  static const Unique tactic;
  return tactic;
}

}  // namespace hone::cuda
