// Pointwise programs on the CPU: a program is compiled once into a list of vector loops and then runs over blocks of
// elements that stay in the first-level cache, with operands of any type and broadcasting.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "ops/program.h"

namespace hone::cpu {

/// Elements of a block.
inline constexpr int64_t kPwBlock = 1024;
inline constexpr int kPwMaxOperands = 24;  // inputs plus outputs
inline constexpr int kPwMaxValues = 256;   // inputs plus results of all steps

/// What holds a value inside of a block: f32, f16 and bf16 as float; bool and the integers that fit as int32; u32 and
/// i64 as int64.
enum class PwClass : uint8_t { kFloat, kInt, kLong };

/// Arguments of one vector loop.
struct PwCall {
  void* out = nullptr;
  const void* in[3] = {};
  int64_t n = 0;
  float alpha = 0, beta = 0;
};
using PwLoop = void (*)(const PwCall&);

/// A rows x cols window of a tensor. Strides are in elements; 0 repeats.
struct PwOperand {
  std::byte* data = nullptr;
  int64_t row = 0, col = 0;
};

/// A compiled program for given input types. Immutable and shareable between threads.
class PwEvaluator {
 public:
  /// Why it cannot be compiled; empty: it can.
  static std::string refuse(const PwProgram& program, std::span<const DType> inputs);
  /// Throws Unsupported where refuse() gives a reason. `stored`: the types in which the outputs lie in memory, where
  /// they are not those of the program; each must be a float type where the program's is.
  PwEvaluator(const PwProgram& program, std::span<const DType> inputs, std::span<const DType> stored = {});

  int inputs() const { return inputs_; }
  int outputs() const { return static_cast<int>(outputs_.size()); }
  DType input_type(int i) const { return types_[static_cast<size_t>(i)]; }
  DType output_type(int i) const { return outputs_[static_cast<size_t>(i)].type; }

  /// Memory that a thread hands to run(), 64-byte aligned.
  size_t scratch_bytes() const;
  /// To be called on the scratch before the first block, and again when the contents of inputs changed.
  void begin(void* scratch) const;
  /// Evaluates rows * cols <= kPwBlock elements. operands: the inputs, then the outputs. An output may be the memory of
  /// an input with the same strides and type.
  void run(const PwOperand* operands, int64_t rows, int64_t cols, void* scratch) const;

 private:
  struct Step {
    PwLoop loop;
    int out;    // value
    int in[3];  // values; -1: none
    float alpha, beta;
  };
  struct Output {
    int value;
    DType type;  // in memory
    int direct;  // the step that may write the output's memory itself; -1: none
  };
  // What an expanded input in the scratch stands for.
  struct Cached {
    const std::byte* data;
    int64_t rows, cols;
  };

  int add_value(DType t);
  int converted(int value, DType to);
  void assign_slots();
  std::byte* slot(void* scratch, int value) const;
  Cached* cache(void* scratch) const;
  const std::byte* load(int input, const PwOperand& o, int64_t rows, int64_t cols, void* scratch) const;

  int inputs_ = 0;
  std::vector<DType> types_;  // by value: the inputs, then the results of the steps
  std::vector<int> slots_;    // by value: index of its buffer in the scratch
  int slot_count_ = 0;
  std::vector<Step> steps_;
  std::vector<Output> outputs_;
};

/// One program over whole tensors. Dims and strides are those of the physical axes, outermost first.
struct PwTensors {
  std::vector<int64_t> dims;
  std::vector<std::vector<int64_t>> strides;  // by operand (inputs, then outputs), by axis, in elements
};

/// The loop nest over an evaluator, made once for fixed shapes.
class PwNest {
 public:
  PwNest(const PwEvaluator& evaluator, PwTensors tensors);
  /// Bytes for `threads` threads.
  size_t workspace(int threads) const;
  /// operands: inputs, then outputs. The workspace is for `threads` threads; no more are used. Neither throws nor
  /// allocates.
  void run(const PwEvaluator& evaluator, void* const* operands, void* workspace, int threads) const noexcept;

 private:
  int operands_;
  std::vector<int64_t> outer_;   // dims before the last two
  int64_t rows_ = 1, cols_ = 1;  // the last two
  int64_t row_block_ = 1, col_block_ = 1;
  std::vector<std::array<int64_t, kPwMaxOperands>> strides_;  // by axis: outer..., rows, cols
  std::array<int64_t, kPwMaxOperands> element_{};             // bytes of an element
  size_t scratch_ = 0;
};

/// The loop for a function on operands of one class (the condition of Select is kInt); predicates give kInt. Null when
/// there is none for kInt or kLong; for kFloat only bit operations have none.
PwLoop pw_loop(ScalarFn fn, PwClass operands);
/// Converts between classes or rounds within one; `to` is the type whose rounding applies.
PwLoop pw_convert(PwClass from, DType to);
/// Contiguous elements of a type to their class, and back.
PwLoop pw_load(DType type);
PwLoop pw_store(DType type);

PwClass pw_class(DType t);

}  // namespace hone::cpu
