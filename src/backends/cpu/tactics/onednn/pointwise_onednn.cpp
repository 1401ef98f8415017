// Element-wise chains in float by oneDNN: the first function is its primitive, the others follow as post-operations.
#include "backends/cpu/tactics/onednn/onednn.h"
#include "backends/cpu/tactics/pointwise/pointwise_program.h"

namespace hone::cpu {
namespace {

using dnnl::memory;
using onednn::Runner;

// A primitive with what it reads and how its scratch memory looks.
struct Made {
  dnnl::primitive primitive;
  memory::desc source, other, target, scratchpad;
  int other_input = -1;  // of a binary primitive
  onednn::PostOps post;
  std::string code;  // the library's name for it
};

// The program as a chain that begins with input 0.
EpilogueChain chain_of(const Problem& p, const PwProgram& program) {
  Problem q = p;
  q.epilogue = {&program, 1};
  return epilogue_chain(q, {p.outputs[0].dims, p.outputs[0].format, true, bool(onednn::takes_bf16(p))});
}

EpilogueChain without_first(EpilogueChain chain) {
  chain.steps.erase(chain.steps.begin());
  chain.inputs.erase(chain.inputs.begin());
  return chain;
}

// nullopt: oneDNN lacks a function. Throws dnnl::error where it has no such primitive.
std::optional<Made> plan(const Problem& p, const EpilogueChain& chain) {
  const size_t rank = p.outputs[0].dims.size();
  const auto operand = [&](int input) { return onednn::describe(p.inputs[static_cast<size_t>(input)], rank); };
  auto post = onednn::post_ops(without_first(chain), operand);
  if (!post) return std::nullopt;
  Made m;
  m.source = operand(0);
  m.target = onednn::describe(p.outputs[0], rank);
  m.post = std::move(*post);
  const dnnl::primitive_attr attributes = onednn::attributes(m.post);
  const auto finish = [&](const auto& pd, auto primitive) {
    m.scratchpad = pd.scratchpad_desc();
    m.code = pd.impl_info_str();
    m.primitive = std::move(primitive);
  };
  if (const auto kind = onednn::binary_algorithm(chain.steps[0])) {
    m.other_input = chain.inputs[0];
    m.other = operand(m.other_input);
    const dnnl::binary::primitive_desc pd(onednn::engine(), *kind, m.source, m.other, m.target, attributes);
    finish(pd, dnnl::binary(pd));
  } else if (const auto e = onednn::eltwise_algorithm(chain.steps[0])) {
    const dnnl::eltwise_forward::primitive_desc pd(onednn::engine(), dnnl::prop_kind::forward_inference, e->kind,
                                                   m.source, m.target, e->alpha, e->beta, attributes);
    finish(pd, dnnl::eltwise_forward(pd));
  } else {
    return std::nullopt;
  }
  return m;
}

class PointwiseOneDnn : public Tactic {
 public:
  std::string_view name() const override { return "cpu.pointwise_onednn"; }

  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (p.outputs.size() != 1) return Verdict::no("has one output");
    const TensorDesc& out = p.outputs[0];
    if (out.count() == 0 || out.dims.empty() || out.dims.size() > 5)
      return Verdict::no("takes 1 to 5 axes, none empty");
    for (size_t i = 0; i < p.inputs.size(); ++i) {
      if (!p.has(i)) return Verdict::no("input {} is left out", i);
      if (!onednn::is_f32_or_bf16(p.inputs[i].type))
        return Verdict::no("computes in f32, not {}", hone::name(p.inputs[i].type));
    }
    if (!onednn::is_f32_or_bf16(out.type)) return Verdict::no("computes in f32, not {}", hone::name(out.type));
    if (p.inputs.empty() || p.inputs[0].dims != out.dims || p.inputs[0].format != out.format)
      return Verdict::no("the first input must be like the output");
    const PwProgram program = pointwise_program(p);
    const EpilogueChain chain = chain_of(p, program);
    if (!chain.failure.empty() || chain.steps.empty())
      return Verdict::no("the program is no chain from its first input");
    try {
      const ThreadScope threads(p.threads);
      const auto made = plan(p, chain);
      if (!made) return Verdict::no("the library lacks a function of the program");
      if (made->code.find("ref") != std::string::npos) return Verdict::no("the library has only reference code");
    } catch (const dnnl::error& e) {
      return Verdict::no("the library refuses: {}", e.message);
    }
    return Verdict::yes();
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    const ThreadScope threads(p.threads);
    const PwProgram program = pointwise_program(p);
    const auto made = plan(p, chain_of(p, program));
    require<InternalError>(made.has_value(), "element-wise chain without a plan");
    auto runner = std::make_unique<Runner>(made->primitive, made->scratchpad, p.threads);
    runner->bind_input(DNNL_ARG_SRC_0, made->source, 0);  // of one operand too: DNNL_ARG_SRC is the same
    if (made->other_input >= 0) runner->bind_input(DNNL_ARG_SRC_1, made->other, made->other_input);
    for (size_t i = 0; i < made->post.arguments.size(); ++i)
      runner->bind_input(made->post.arguments[i].first, made->post.descs[i], made->post.arguments[i].second);
    runner->bind_output(DNNL_ARG_DST, made->target);
    runner->finish();
    return std::make_unique<onednn::RunnerKernel>(std::move(runner));
  }
  double estimate(const Problem&) const override { return 2; }
};

}  // namespace

const Tactic& pointwise_onednn() {
  static const PointwiseOneDnn tactic;
  return tactic;
}

}  // namespace hone::cpu
