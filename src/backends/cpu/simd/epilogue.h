// What a matrix product or convolution does to its result before it leaves the caches: bias, then any chain of
// activations and arithmetic with other tensors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hone::cpu {

enum class StepKind : uint8_t {
  kAdd,          // x + operand
  kSub,          // x - operand
  kReverseSub,   // operand - x
  kMul,          // x * operand
  kDiv,          // x / operand
  kReverseDiv,   // operand / x
  kMin,          // min(x, operand)
  kMax,          // max(x, operand)
  kPRelu,        // x < 0 ? x * operand : x
  kAffine,       // alpha x + beta
  kClip,         // max(alpha, min(beta, x)); Relu is alpha = 0, beta = infinity
  kSilu,         // x sigmoid(alpha x)
  kSigmoid,      //
  kGeluErf,      //
  kGeluTanh,     //
  kHardSwish,    // x max(0, min(1, x/6 + 1/2))
  kHardSigmoid,  // max(0, min(1, alpha x + beta))
  kTanh,         //
  kScaledTanh,   // alpha tanh(beta x)
  kLeakyRelu,    // x < 0 ? alpha x : x
  kElu,          // x < 0 ? alpha (exp(x) - 1) : x
  kErf,          //
  kExp,          //
  kLog,          //
  kSqrt,         //
  kRecip,        //
  kAbs,          //
  kNeg,          //
  kSquare,       //
  kSoftplus,     // log(1 + exp(x))
};

/// True for the kinds that read `operand`.
constexpr bool has_operand(StepKind k) { return k <= StepKind::kPRelu; }

/// The operand element for row r and column c of C is data[(r / rows_per_item) * row_stride + c * col_stride].
/// A full tensor: row_stride = its pitch, col_stride 1. A value per column: row_stride 0. Per row: col_stride 0. A
/// vector per image: rows_per_item = pixels of an image. col_stride is 0 or 1.
struct Operand {
  const float* data = nullptr;
  int64_t row_stride = 0;
  int64_t col_stride = 0;
  int64_t rows_per_item = 1;
};

struct Step {
  StepKind kind = StepKind::kAffine;
  float alpha = 1, beta = 0;
  Operand operand;
};

inline constexpr int kMaxSteps = 8;

/// Applied as: bias, residual, clip (these three in registers), then the steps in order (in the first-level cache).
struct Epilogue {
  const float* bias = nullptr;  // one value per column
  const float* residual = nullptr;
  int64_t residual_pitch = 0;
  bool clip = false;
  float lo = 0, hi = 0;
  int step_count = 0;
  std::array<Step, kMaxSteps> steps;

  void push(const Step& s) { steps[static_cast<size_t>(step_count++)] = s; }
};

}  // namespace hone::cpu
