// Element-wise nodes and fused groups of them, with any broadcasting, formats and pitches: one pass over memory in
// packs of up to 16 bytes where the innermost axis allows.
#include <algorithm>

#include "backends/cuda/axes.h"
#include "backends/cuda/kernel_source.h"
#include "ops/cast.h"
#include "ops/map.h"
#include "ops/pointwise.h"

namespace hone::cuda {
namespace {

constexpr unsigned kThreads = 256;

PwProgram program_of(const Problem& p) {
  if (p.op == &kPointwiseOp) return p.attr<PointwiseAttrs>().program;
  PwProgram program;
  program.inputs = static_cast<int>(p.inputs.size());
  PwInstr instr;
  instr.type = p.outputs[0].type;
  if (p.op == &kMapOp) {
    const auto& a = p.attr<MapAttrs>();
    instr.fn = a.fn;
    instr.alpha = static_cast<float>(a.alpha);
    instr.beta = static_cast<float>(a.beta);
  }
  for (int k = 0; k < arity(instr.fn); ++k) instr.operand[k] = static_cast<int16_t>(k);
  program.outputs = {program.add(instr)};
  return program;
}

std::vector<DType> input_types(const Problem& p) {
  std::vector<DType> types;
  for (const TensorDesc& d : p.inputs) types.push_back(d.type);
  return types;
}

Nest nest_of(const Problem& p) {
  std::vector<const TensorDesc*> operands;
  for (const TensorDesc& d : p.inputs) operands.push_back(&d);
  for (const TensorDesc& d : p.outputs) operands.push_back(&d);
  Nest n = broadcast_nest(p.outputs[0], operands);
  n.collapse();
  return n;
}

// Elements of a pack: as many as make 16 bytes of the widest operand that is read or written in packs.
int pack_of(const Problem& p, const Nest& n) {
  int widest = 1;
  std::vector<const TensorDesc*> operands;
  for (const TensorDesc& d : p.inputs) operands.push_back(&d);
  for (const TensorDesc& d : p.outputs) operands.push_back(&d);
  for (size_t k = 0; k < operands.size(); ++k)
    if (n.strides[k].back() != 0) widest = std::max(widest, bits(operands[k]->type) / 8);
  for (int v = std::min(8, 16 / widest); v > 1; v /= 2) {
    bool fits = n.dims.size() == 1 || n.dims.back() % v == 0;
    for (const auto& s : n.strides)
      if (s.back() == 1)
        for (size_t a = 0; a + 1 < s.size(); ++a) fits = fits && s[a] % v == 0;
    if (fits) return v;
  }
  return 1;
}

// The function `work<V>(first element, ...)`: loads, the program on each element, stores.
class Writer {
 public:
  Writer(const Problem& p, const Nest& n) : p_(p), n_(n), k_(largest(p, n)) {}

  Recipe recipe() {
    const int pack = pack_of(p_, n_);
    // Small tensors: smaller blocks, so that all multiprocessors get some.
    const unsigned threads =
        n_.count() / pack < int64_t{2} * kThreads * std::max(1, gpu().multiprocessors) ? kThreads / 4 : kThreads;
    k_.include("math.cuh");
    k_.define(program_function(program_of(p_), "program", input_types(p_)));
    for (size_t i = 0; i < p_.inputs.size(); ++i) k_.input(in(i), i, device_type(p_.inputs[i].type));
    for (size_t i = 0; i < p_.outputs.size(); ++i) k_.output(out(i), i, device_type(p_.outputs[i].type));
    k_.index("count", n_.count());
    k_.line("const auto work = [&](auto width, const Index first) {{");
    k_.line("constexpr int V = decltype(width)::value;");
    elements();
    k_.line("}};");
    schedule(pack, threads);
    const int64_t per_block = int64_t{threads} * pack;
    return k_.recipe((n_.count() + per_block - 1) / per_block, threads);
  }

 private:
  static int64_t largest(const Problem& p, const Nest& n) {
    int64_t v = n.count();
    for (const TensorDesc& d : p.inputs) v = std::max(v, element_span(d));
    for (const TensorDesc& d : p.outputs) v = std::max(v, element_span(d));
    return v;
  }
  static std::string in(size_t i) { return fmt::format("in{}", i); }
  static std::string out(size_t i) { return fmt::format("out{}", i); }

  void elements() {
    k_.unravel("first", n_.dims, "p");
    const auto at = KernelSource::coordinates("p", n_.dims.size());
    const size_t inputs = p_.inputs.size();
    for (size_t i = 0; i < inputs; ++i) load(i, k_.offset(n_.dims, n_.strides[i], at));
    std::string operands;
    for (size_t i = 0; i < inputs; ++i)
      operands += fmt::format("value_of(x{}[{}]), ", i, n_.strides[i].back() == 0 ? "0" : "e");
    std::string results;
    for (size_t i = 0; i < p_.outputs.size(); ++i) {
      const std::string_view t = device_type(p_.outputs[i].type);
      k_.line("Pack<{}, V> y{};", t, i);
      results += fmt::format("{}v{}", i > 0 ? ", " : "", i);
    }
    k_.line("#pragma unroll");
    k_.line("for (int e = 0; e < V; ++e) {{");
    for (size_t i = 0; i < p_.outputs.size(); ++i) k_.line("  {} v{};", value_type(p_.outputs[i].type), i);
    k_.line("  program({}{});", operands, results);
    for (size_t i = 0; i < p_.outputs.size(); ++i)
      k_.line("  y{}.at[e] = element_of<{}>(v{});", i, device_type(p_.outputs[i].type), i);
    k_.line("}}");
    for (size_t i = 0; i < p_.outputs.size(); ++i) {
      const std::string offset = k_.offset(n_.dims, n_.strides[inputs + i], at);
      k_.line("store_pack<V>({} + {}, y{});", out(i), offset, i);
    }
  }
  void load(size_t i, const std::string& offset) {
    const std::string_view t = device_type(p_.inputs[i].type);
    const int64_t inner = n_.strides[i].back();
    k_.line("{} x{}[{}];", t, i, inner == 0 ? "1" : "V");
    if (inner == 0) {
      k_.line("x{}[0] = {}[{}];", i, in(i), offset);
    } else if (inner == 1) {
      k_.line("{{ const auto pack = load_pack<V>({} + {});", in(i), offset);
      k_.line("#pragma unroll");
      k_.line("for (int e = 0; e < V; ++e) x{}[e] = pack.at[e]; }}", i);
    } else {
      const std::string step = fmt::format("step{}", i);
      k_.index(step, inner);
      k_.line("#pragma unroll");
      k_.line("for (int e = 0; e < V; ++e) x{}[e] = {}[{} + e * {}];", i, in(i), offset, step);
    }
  }

  // Views may begin at any element: where a pointer is not aligned the block goes by single elements, as the last pack
  // does.
  void schedule(int pack, unsigned threads) {
    const unsigned per_block = threads * static_cast<unsigned>(pack);
    k_.line("const Index begin = static_cast<Index>(blockIdx.x) * {};", per_block);
    if (pack > 1) {
      std::string aligned;
      const size_t inputs = p_.inputs.size();
      for (size_t k = 0; k < n_.strides.size(); ++k) {
        if (n_.strides[k].back() != 1) continue;
        const TensorDesc& d = k < inputs ? p_.inputs[k] : p_.outputs[k - inputs];
        if (!aligned.empty()) aligned += " && ";
        aligned += fmt::format("reinterpret_cast<size_t>({}) % {} == 0", k < inputs ? in(k) : out(k - inputs),
                               bits(d.type) / 8 * pack);
      }
      k_.line("if ({}) {{", aligned.empty() ? "true" : aligned);
      k_.line("  Index i = begin + static_cast<Index>(threadIdx.x) * {};", pack);
      k_.line("  if (i + {} <= count) work(Width<{}>(), i);", pack, pack);
      k_.line("  else for (; i < count; ++i) work(Width<1>(), i);");
      k_.line("  return;");
      k_.line("}}");
    }
    k_.line(
        "for (Index i = begin + static_cast<Index>(threadIdx.x); i < min(begin + {}, count); i += {}) work(Width<1>(), "
        "i);",
        per_block, threads);
  }

  const Problem& p_;
  const Nest& n_;
  KernelSource k_;
};

class PointwiseFused : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.pointwise_fused"; }

  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (p.inputs.size() > 64) return Verdict::no("{} operands", p.inputs.size());
    const PwProgram program = program_of(p);
    if (const std::string reason = refuse_program(program, input_types(p)); !reason.empty())
      return Verdict::no("{}", reason);
    for (size_t i = 0; i < p.inputs.size(); ++i)
      if (!p.has(i)) return Verdict::no("input {} is left out", i);
    const TensorDesc& out = p.outputs[0];
    for (const TensorDesc& d : p.outputs)
      if (d.dims != out.dims || d.format != out.format) return Verdict::no("outputs differ in shape or format");
    const std::vector<DType> types = program_output_types(program, input_types(p));
    for (size_t i = 0; i < p.outputs.size(); ++i)
      if (p.outputs[i].type != types[i]) return Verdict::no("the program gives {}", hone::name(types[i]));
    return Verdict::yes();
  }

  std::vector<Recipe> recipes(const Problem& p) const override {
    if (p.outputs[0].count() == 0) return {};
    const Nest n = nest_of(p);
    return {Writer(p, n).recipe()};
  }
};

}  // namespace

const Tactic& pointwise_fused() {
  static const PointwiseFused tactic;
  return tactic;
}

}  // namespace hone::cuda
