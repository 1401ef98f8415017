// Copies whose source position follows a rule at the borders: padding of every mode and windows that reach outside; and
// copies under other dims for tensors in any format (reshapes, shuffles).
#include <algorithm>

#include "backends/cuda/elements.h"
#include "backends/moves.h"
#include "ops/movement.h"
#include "ops/shuffle.h"

namespace hone::cuda {
namespace {

enum class Border { kFill, kClamp, kWrap, kReflect };

// Source position of one axis: start + o * step, brought inside by the border's rule.
struct Axis {
  int64_t start = 0, step = 1;
};

struct Sampling {
  std::string refusal;
  Border border = Border::kFill;
  std::vector<Axis> axes;
  size_t value_input = 0;  // 0: none
  double value = 0;
};

Sampling refused(std::string reason) {
  Sampling s;
  s.refusal = std::move(reason);
  return s;
}

Sampling pad(const Problem& p) {
  const auto& a = p.attr<PadAttrs>();
  const auto pads = movement::argument(p, 1, a.pads), axes = movement::argument(p, 3, a.axes);
  if (!pads || !axes) return refused("pads known at run time only");
  Sampling s;
  s.border = a.mode == PadMode::kConstant ? Border::kFill
             : a.mode == PadMode::kEdge   ? Border::kClamp
             : a.mode == PadMode::kWrap   ? Border::kWrap
                                          : Border::kReflect;
  s.value = a.value;
  s.value_input = p.has(2) ? 2 : 0;
  s.axes.resize(p.inputs[0].dims.size());
  const size_t count = pads->size() / 2;
  const auto where = movement::axis_list(*axes, count, s.axes.size());
  for (size_t i = 0; i < count; ++i) s.axes[where[i]].start = -(*pads)[i];
  return s;
}

Sampling window(const Problem& p) {
  const auto& a = p.attr<SliceAttrs>();
  if (a.ends || a.mode == SampleMode::kStrict) return refused("a plain window");
  const auto start = movement::argument(p, 1, a.start), stride = movement::argument(p, 3, a.stride),
             axes = movement::argument(p, 5, a.axes);
  if (!start || !stride || !axes) return refused("window known at run time only");
  Sampling s;
  s.border = a.mode == SampleMode::kFill    ? Border::kFill
             : a.mode == SampleMode::kClamp ? Border::kClamp
             : a.mode == SampleMode::kWrap  ? Border::kWrap
                                            : Border::kReflect;
  s.value_input = p.has(4) ? 4 : 0;
  s.axes.resize(p.inputs[0].dims.size());
  const auto where = movement::axis_list(*axes, start->size(), s.axes.size());
  for (size_t i = 0; i < where.size(); ++i) {
    Axis& x = s.axes[where[i]];
    x.start = start->at(i), x.step = stride->empty() ? 1 : stride->at(i);
    const int64_t last = x.start + x.step * std::max<int64_t>(0, p.outputs[0].dims[where[i]] - 1);
    if (std::max(std::abs(x.start), std::abs(last)) > (int64_t{1} << 30)) return refused("window far outside");
  }
  return s;
}

Sampling sampling_of(const Problem& p) { return p.op == &kPadOp ? pad(p) : window(p); }

constexpr std::string_view kBorders[] = {
    "p >= 0 && p < n ? p : Index(-1)", "max(Index(0), min(p, n - 1))", "(p % n + n) % n",
    "n == 1 ? Index(0) : (p = (p % (2 * (n - 1)) + 2 * (n - 1)) % (2 * (n - 1))) < n ? p : 2 * (n - 1) - p"};

class SampledCopy : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.sampled_copy"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (const std::string r = refuse_type(p.outputs[0]); !r.empty()) return Verdict::no("{}", r);
    const Sampling s = sampling_of(p);
    if (!s.refusal.empty()) return Verdict::no("{}", s.refusal);
    if (p.inputs[0].count() == 0 && p.outputs[0].count() > 0 && s.border != Border::kFill)
      return Verdict::no("empty input");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const Sampling s = sampling_of(p);
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    ElementKernel e(p);
    KernelSource& k = e.k;
    const std::string_view t = device_type(x.type);
    k.define(fmt::format("__device__ __forceinline__ Index border(Index p, Index n) {{ return {}; }}\n",
                         kBorders[static_cast<size_t>(s.border)]));
    k.input("in", 0, t);
    if (s.value_input > 0) k.input("fill", s.value_input, t);
    k.output("out", 0, t);
    const int width = vector_width(p, s);
    const auto o = e.coordinates(width);
    std::vector<std::string> from;
    std::string inside = "true";
    for (size_t a = 0; a < x.dims.size(); ++a) {
      const Axis& m = s.axes[a];
      const int64_t last = m.start + m.step * (y.dims[a] - 1);
      if (m.start == 0 && m.step == 1 && y.dims[a] <= x.dims[a]) {
        from.push_back(o[a]);
        continue;
      }
      const std::string position = fmt::format("x{}", a), start = fmt::format("start{}", a);
      k.index(start, m.start);
      std::string source = fmt::format("{} + {}", start, o[a]);
      if (m.step != 1) {
        k.index(fmt::format("step{}", a), m.step);
        source = fmt::format("{} + {} * step{}", start, o[a], a);
      }
      if (std::min(m.start, last) < 0 || std::max(m.start, last) >= x.dims[a]) {
        k.index(fmt::format("extent{}", a), x.dims[a]);
        source = fmt::format("border({}, extent{})", source, a);
        inside += fmt::format(" && {} >= 0", position);
      }
      k.line("const Index {} = {};", position, source);
      from.push_back(position);
    }
    if (s.value_input == 0) k.real64("value", s.value);
    const char* fill = s.value_input > 0 ? "value_of(fill[0])" : "value";
    if (width == 1) {
      k.line("{} v = element_of<{}>({});", t, t, fill);
      k.line("if ({}) v = in[{}];", inside, k.at(x, from));
      k.line("out[{}] = v;", e.here());
      return e.recipes();
    }
    k.line("Pack<{}, {}> v;", t, width);
    k.line("#pragma unroll");
    k.line("for (int e = 0; e < {}; ++e) v.at[e] = element_of<{}>({});", width, t, fill);
    const int mask = width * bits(x.type) / 8 - 1;
    k.line("const bool together = ((reinterpret_cast<size_t>(in) | reinterpret_cast<size_t>(out)) & {}) == 0;", mask);
    k.line("if ({}) v = load_pack<{}>(in + {}, together);", inside, width, k.at(x, from));
    k.line("store_pack<{}>(out + {}, v, together);", width, e.here());
    return e.recipes();
  }

 private:
  /// How many neighbours along the innermost axis move together: it must be copied as it is.
  static int vector_width(const Problem& p, const Sampling& s) {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (x.format != y.format || y.dims.empty()) return 1;
    const size_t inner = memory_order(y.format, y.dims.size()).back();
    const Axis& a = s.axes[inner];
    if (a.start != 0 || a.step != 1 || x.dims[inner] != y.dims[inner]) return 1;
    const auto from = element_strides(x), to = element_strides(y);
    const auto fits = [&](int width) {
      if (from[inner] != 1 || to[inner] != 1 || y.dims[inner] % width != 0) return false;
      for (size_t i = 0; i < from.size(); ++i)
        if (i != inner && (from[i] % width != 0 || to[i] % width != 0)) return false;
      return true;
    };
    int width = 128 / bits(x.type);
    while (width > 1 && !fits(width)) width /= 2;
    return width;
  }
};

// Reshape and relatives where formats stand in the way of a plain copy.
class ReshapeCopy : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.reshape_copy"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (is_packed(x.type)) return Verdict::no("packed element type");
    if (x.type != y.type) return Verdict::no("changes the element type");
    if (x.count() != y.count()) return Verdict::no("changes the number of elements");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, width_type(x.type));
    k.output("out", 0, width_type(x.type));
    const auto o = e.coordinates();
    std::vector<int64_t> first(x.dims.size()), second(y.dims.size());
    const bool shuffle = p.op == &kShuffleOp;
    const std::vector<int64_t> none;
    first =
        normalize_perm(shuffle ? p.attr<ShuffleAttrs>().first_perm : none, static_cast<int64_t>(x.dims.size()), false);
    second =
        normalize_perm(shuffle ? p.attr<ShuffleAttrs>().second_perm : none, static_cast<int64_t>(y.dims.size()), false);
    Dims middle(y.dims.size()), before;
    std::vector<std::string> at(y.dims.size());
    for (size_t a = 0; a < second.size(); ++a)
      middle[static_cast<size_t>(second[a])] = y.dims[a], at[static_cast<size_t>(second[a])] = o[a];
    for (int64_t a : first) before.push_back(x.dims[static_cast<size_t>(a)]);
    k.line("const Index m = {};", k.offset(middle, contiguous_strides(middle), at));
    k.unravel("m", before, "x");
    std::vector<std::string> from(x.dims.size());
    for (size_t a = 0; a < first.size(); ++a) from[static_cast<size_t>(first[a])] = fmt::format("x{}", a);
    k.line("out[{}] = in[{}];", e.here(), k.at(x, from));
    return e.recipes();
  }
};

}  // namespace

const Tactic& sampled_copy() {
  static const SampledCopy tactic;
  return tactic;
}
const Tactic& reshape_copy() {
  static const ReshapeCopy tactic;
  return tactic;
}

}  // namespace hone::cuda
