// What the oneDNN tactics share: memory descriptions, post-operations from a fused program, and a primitive that
// several threads may run at once without allocating here.
#pragma once

#include <array>
#include <atomic>
#include <dnnl.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "backends/backend.h"
#include "backends/cpu/tactics/epilogue_plan.h"
#include "base/parallel.h"

namespace hone::cpu::onednn {

const dnnl::engine& engine();

/// The tensor as it lies in memory, with leading axes of 1 up to `rank`.
dnnl::memory::desc describe(const TensorDesc& t, size_t rank);
/// The same tensor in bf16, without gaps.
dnnl::memory::desc narrowed(const dnnl::memory::desc& d);
/// f32 or bf16 as the library names it.
dnnl::memory::data_type data_type(DType t);
inline bool is_f32_or_bf16(DType t) { return t == DType::kF32 || t == DType::kBF16; }

/// Whether products may and should be formed in bf16: the user allows it and the machine has AMX or AVX512-BF16.
Verdict takes_bf16(const Problem& p);

/// A step as oneDNN names it; nullopt where it has none.
struct Eltwise {
  dnnl::algorithm kind;
  float alpha, beta;
};
std::optional<Eltwise> eltwise_algorithm(const Step& s);
std::optional<dnnl::algorithm> binary_algorithm(const Step& s);

/// Post-operations and the inputs they read.
struct PostOps {
  dnnl::post_ops ops;
  std::vector<std::pair<int, int>> arguments;  // oneDNN argument, node input
  std::vector<dnnl::memory::desc> descs;
};
/// Translates the program's chain; `operand(input)` describes a tensor operand. nullopt: oneDNN lacks a step.
std::optional<PostOps> post_ops(const EpilogueChain& chain, const std::function<dnnl::memory::desc(int)>& operand);

/// Attributes with these post-operations and a scratchpad that the caller provides.
dnnl::primitive_attr attributes(const PostOps& post);

/// A compiled primitive whose arguments are node inputs, owned constants, one output and a scratchpad.
class Runner {
 public:
  /// Scratch sizes depend on the threads; every run uses this many at most.
  Runner(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad, int threads);
  void bind_input(int argument, const dnnl::memory::desc& desc, int input);
  /// The input converted to another type or layout at the begin of each run, in the workspace.
  void convert_input(int argument, const dnnl::memory::desc& from, const dnnl::memory::desc& to, int input);
  void bind_output(int argument, const dnnl::memory::desc& desc);
  /// A constant, which lies in a plan or is the kernel's own.
  void bind_constant(int argument, dnnl::memory constant) { constants_.emplace_back(argument, std::move(constant)); }
  /// Call once after all arguments are bound.
  void finish();

  size_t workspace() const { return converted_at_ + converted_.get_size(); }
  void run(const Launch& l) const noexcept;

 private:
  struct Argument {
    int id;
    dnnl::memory::desc desc;
    int input;  // -1: output, -2: scratchpad, -3: the converted input
  };
  /// Memory objects carry their pointer, so that each concurrent run needs its own set.
  struct Slot {
    std::atomic_flag busy = ATOMIC_FLAG_INIT;
    dnnl::stream stream;
    std::vector<dnnl::memory> memories;
    std::vector<dnnl_exec_arg_t> arguments;
    dnnl::memory unconverted;
  };
  void convert(Slot& s, const Launch& l, void* to) const noexcept;
  Slot& acquire() const noexcept;

  static constexpr size_t kSlots = 8;
  dnnl::primitive primitive_;
  dnnl::memory::desc scratchpad_;
  int threads_;
  dnnl::reorder conversion_;  // empty: none
  dnnl::memory::desc unconverted_, converted_;
  int convert_from_ = -1;  // input
  size_t converted_at_;    // in the workspace, behind the scratchpad
  std::vector<Argument> arguments_;
  std::vector<std::pair<int, dnnl::memory>> constants_;
  std::unique_ptr<std::array<Slot, kSlots>> slots_;
};

/// A kernel around a runner.
class RunnerKernel : public Kernel {
 public:
  explicit RunnerKernel(std::unique_ptr<Runner> runner) : runner_(std::move(runner)) {}
  size_t workspace() const override { return runner_->workspace(); }
  void run(const Launch& l) const noexcept override { runner_->run(l); }

 private:
  std::unique_ptr<Runner> runner_;
};

}  // namespace hone::cpu::onednn
