// Shared parts of the oneDNN tactics.
#include "backends/cpu/tactics/onednn/onednn.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <thread>

#include "backends/cpu/brain_support.h"
#include "backends/cpu/simd/isa.h"
#include "backends/layout.h"

namespace hone::cpu::onednn {

using dnnl::algorithm;
using dnnl::memory;

const dnnl::engine& engine() {
  static const dnnl::engine e(dnnl::engine::kind::cpu, 0);
  return e;
}

memory::desc describe(const TensorDesc& t, size_t rank) {
  const std::vector<int64_t> own = element_strides(t);
  memory::dims dims(rank, 1), strides(rank, 1);
  const size_t lead = rank - t.dims.size();
  for (size_t i = 0; i < t.dims.size(); ++i) dims[lead + i] = t.dims[i], strides[lead + i] = own[i];
  for (size_t i = lead; i-- > 0;) strides[i] = i + 1 < rank ? dims[i + 1] * strides[i + 1] : 1;
  return memory::desc(dims, data_type(t.type), strides);
}

memory::data_type data_type(DType t) { return t == DType::kBF16 ? memory::data_type::bf16 : memory::data_type::f32; }

memory::desc narrowed(const memory::desc& d) {
  // Without gaps, in the same order of axes.
  const memory::dims dims = d.get_dims(), wide = d.get_strides();
  std::vector<size_t> order(dims.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return wide[a] > wide[b]; });
  memory::dims strides(dims.size(), 1);
  int64_t step = 1;
  for (size_t i = order.size(); i-- > 0; step *= dims[order[i]]) strides[order[i]] = step;
  return memory::desc(dims, memory::data_type::bf16, strides);
}

Verdict takes_bf16(const Problem& p) {
  if (!p.allow_bf16) return Verdict::no("bf16 arithmetic is not allowed");
  if (isa() != Isa::kAvx512)
    return Verdict::no("bf16 products need AMX-BF16 or AVX512-BF16; the instruction set in use is {}", isa_name(isa()));
  return brain_support() == BrainSupport::kUnits
             ? Verdict::yes()
             : Verdict::no("bf16 products need AMX-BF16 or AVX512-BF16, which the processor lacks");
}

std::optional<Eltwise> eltwise_algorithm(const Step& s) {
  switch (s.kind) {
    case StepKind::kAffine:
      return Eltwise{algorithm::eltwise_linear, s.alpha, s.beta};
    case StepKind::kClip:
      if (s.alpha == 0 && s.beta > 3e38f) return Eltwise{algorithm::eltwise_relu, 0, 0};
      return Eltwise{algorithm::eltwise_clip, s.alpha, s.beta};
    case StepKind::kSilu:
      return Eltwise{algorithm::eltwise_swish, s.alpha, 0};
    case StepKind::kSigmoid:
      return Eltwise{algorithm::eltwise_logistic, 0, 0};
    case StepKind::kGeluErf:
      return Eltwise{algorithm::eltwise_gelu_erf, 0, 0};
    case StepKind::kGeluTanh:
      return Eltwise{algorithm::eltwise_gelu_tanh, 0, 0};
    case StepKind::kHardSwish:
      return Eltwise{algorithm::eltwise_hardswish, 1.0f / 6, 0.5f};
    case StepKind::kHardSigmoid:
      return Eltwise{algorithm::eltwise_hardsigmoid, s.alpha, s.beta};
    case StepKind::kTanh:
      return Eltwise{algorithm::eltwise_tanh, 0, 0};
    case StepKind::kLeakyRelu:
      return Eltwise{algorithm::eltwise_relu, s.alpha, 0};
    case StepKind::kElu:
      return Eltwise{algorithm::eltwise_elu, s.alpha, 0};
    case StepKind::kExp:
      return Eltwise{algorithm::eltwise_exp, 0, 0};
    case StepKind::kLog:
      return Eltwise{algorithm::eltwise_log, 0, 0};
    case StepKind::kSqrt:
      return Eltwise{algorithm::eltwise_sqrt, 0, 0};
    case StepKind::kAbs:
      return Eltwise{algorithm::eltwise_abs, 0, 0};
    case StepKind::kNeg:
      return Eltwise{algorithm::eltwise_linear, -1, 0};
    case StepKind::kSquare:
      return Eltwise{algorithm::eltwise_square, 0, 0};
    default:
      return std::nullopt;
  }
}

std::optional<algorithm> binary_algorithm(const Step& s) {
  switch (s.kind) {
    case StepKind::kAdd:
      return algorithm::binary_add;
    case StepKind::kSub:
      return algorithm::binary_sub;
    case StepKind::kMul:
      return algorithm::binary_mul;
    case StepKind::kDiv:
      return algorithm::binary_div;
    case StepKind::kMin:
      return algorithm::binary_min;
    case StepKind::kMax:
      return algorithm::binary_max;
    default:
      return std::nullopt;
  }
}

std::optional<PostOps> post_ops(const EpilogueChain& chain, const std::function<memory::desc(int)>& operand) {
  PostOps p;
  for (size_t i = 0; i < chain.steps.size(); ++i) {
    const Step& s = chain.steps[i];
    if (!has_operand(s.kind)) {
      const auto e = eltwise_algorithm(s);
      if (!e) return std::nullopt;
      p.ops.append_eltwise(e->kind, e->alpha, e->beta);
      continue;
    }
    const auto b = binary_algorithm(s);
    if (!b) return std::nullopt;
    p.descs.push_back(operand(chain.inputs[i]));
    p.arguments.emplace_back(DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | DNNL_ARG_SRC_1, chain.inputs[i]);
    p.ops.append_binary(*b, p.descs.back());
  }
  return p;
}

dnnl::primitive_attr attributes(const PostOps& post) {
  dnnl::primitive_attr a;
  a.set_post_ops(post.ops);
  a.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return a;
}

Runner::Runner(const dnnl::primitive& primitive, const memory::desc& scratchpad, int threads)
    : primitive_(primitive),
      scratchpad_(scratchpad),
      threads_(threads),
      converted_at_((scratchpad.get_size() + 63) / 64 * 64) {}

void Runner::bind_input(int argument, const memory::desc& desc, int input) {
  arguments_.push_back({argument, desc, input});
}

void Runner::convert_input(int argument, const memory::desc& from, const memory::desc& to, int input) {
  conversion_ = dnnl::reorder(dnnl::reorder::primitive_desc(engine(), from, engine(), to));
  unconverted_ = from, converted_ = to, convert_from_ = input;
  arguments_.push_back({argument, to, -3});
}

void Runner::bind_output(int argument, const memory::desc& desc) { arguments_.push_back({argument, desc, -1}); }

void Runner::finish() {
  arguments_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_, -2});
  slots_ = std::make_unique<std::array<Slot, kSlots>>();
  for (Slot& s : *slots_) {
    s.stream = dnnl::stream(engine());
    for (const Argument& a : arguments_) {
      s.memories.emplace_back(a.desc, engine(), nullptr);
      s.arguments.push_back({a.id, s.memories.back().get()});
    }
    for (const auto& [id, m] : constants_) s.arguments.push_back({id, m.get()});
    if (convert_from_ >= 0) s.unconverted = memory(unconverted_, engine(), nullptr);
  }
}

Runner::Slot& Runner::acquire() const noexcept {
  for (;;) {
    for (Slot& s : *slots_)
      if (!s.busy.test_and_set(std::memory_order_acquire)) return s;
    std::this_thread::yield();
  }
}

void Runner::convert(Slot& s, const Launch& l, void* to) const noexcept {
  for (size_t i = 0; i < arguments_.size(); ++i) {
    if (arguments_[i].input != -3) continue;
    dnnl_memory_set_data_handle(s.memories[i].get(), to);
    dnnl_memory_set_data_handle(s.unconverted.get(), const_cast<void*>(l.inputs[convert_from_]));
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, s.unconverted.get()}, {DNNL_ARG_TO, s.memories[i].get()}};
    dnnl_primitive_execute(conversion_.get(), s.stream.get(), 2, arguments);
  }
}

void Runner::run(const Launch& l) const noexcept {
  const ThreadScope scope(threads_);
  Slot& s = acquire();
  for (size_t i = 0; i < arguments_.size(); ++i) {
    const int input = arguments_[i].input;
    if (input == -3) continue;
    void* data = input == -1 ? l.outputs[0] : input == -2 ? l.workspace : const_cast<void*>(l.inputs[input]);
    dnnl_memory_set_data_handle(s.memories[i].get(), data);
  }
  if (convert_from_ >= 0) convert(s, l, static_cast<std::byte*>(l.workspace) + converted_at_);
  dnnl_primitive_execute(primitive_.get(), s.stream.get(), static_cast<int>(s.arguments.size()), s.arguments.data());
  dnnl_stream_wait(s.stream.get());
  s.busy.clear(std::memory_order_release);
}

}  // namespace hone::cpu::onednn

namespace hone::cpu {

BrainSupport brain_support() noexcept {
  static const bool has = [] {
    const auto known = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
    return (known & needed) == needed;
  }();
  if (has && isa() == Isa::kAvx512) return BrainSupport::kUnits;
  return brain_wish() == BrainWish::kAlways ? BrainSupport::kEmulated : BrainSupport::kNone;
}

BrainWish brain_wish() noexcept {
  static const BrainWish wish = [] {
    const char* value = std::getenv("HONE_CPU_BF16");
    if (value == nullptr) return BrainWish::kNone;
    if (std::strcmp(value, "always") == 0) return BrainWish::kAlways;
    return std::strcmp(value, "measure") == 0 ? BrainWish::kMeasure : BrainWish::kNone;
  }();
  return wish;
}

}  // namespace hone::cpu
