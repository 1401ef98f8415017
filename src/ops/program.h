// Scalar functions and the pointwise program: a short straight-line program over scalars that fused nodes apply to
// every element. The CPU and CUDA code makers and the reference evaluation all run this one structure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ops/type.h"

namespace hone {

enum class ScalarFn : uint8_t {
#define HONE_SCALAR(Name, text, arity) k##Name,
#include "ops/scalar.def"
#undef HONE_SCALAR
};
inline constexpr int kScalarFnCount = 0
#define HONE_SCALAR(Name, text, arity) +1
#include "ops/scalar.def"
#undef HONE_SCALAR
    ;

std::string_view name(ScalarFn f);
ScalarFn scalar_from_name(std::string_view s);
int arity(ScalarFn f);
bool is_valid(ScalarFn f);
/// Type of the result for these operand types: bool for predicates, the first operand's type otherwise (the second's
/// for Select).
DType result_type(ScalarFn f, DType first, DType second);
/// The function on doubles (bools are 0 and 1); the reference for floating-point types.
double evaluate(ScalarFn f, double alpha, double beta, double x, double y = 0, double z = 0);
/// The function on 64-bit integers; the reference for integer types. Throws Unsupported for functions without an
/// integer meaning; division by zero gives 0.
int64_t evaluate_int(ScalarFn f, double alpha, double beta, int64_t x, int64_t y = 0, int64_t z = 0);

/// One instruction. Operands are registers: 0..inputs-1 are the program's inputs, inputs+i the result of instruction i.
/// The result is rounded to `type`, in which it is also computed (half and bf16: computed in float).
struct PwInstr {
  ScalarFn fn = ScalarFn::kIdentity;
  DType type = DType::kF32;
  int16_t operand[3] = {-1, -1, -1};
  float alpha = 0, beta = 0;
  bool operator==(const PwInstr&) const = default;
};

struct PwProgram {
  int inputs = 0;
  std::vector<PwInstr> code;
  std::vector<int16_t> outputs;  // registers

  bool empty() const { return code.empty() && outputs.empty(); }
  int registers() const { return inputs + static_cast<int>(code.size()); }
  int16_t add(PwInstr instr) {
    code.push_back(instr);
    return static_cast<int16_t>(registers() - 1);
  }
  bool operator==(const PwProgram&) const = default;
  /// "3: relu.f32(add.f32(r0,r1)) ..." one instruction a word: "2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3".
  std::string str() const;
  /// Inverse of str(); checks everything; throws ModelError.
  static PwProgram parse(std::string_view text);
  /// Throws ModelError unless operands precede their use, arities match and outputs exist.
  void check() const;
};

}  // namespace hone
