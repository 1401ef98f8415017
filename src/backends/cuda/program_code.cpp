// Generation: one line of code for each instruction.
#include "backends/cuda/program_code.h"

#include <bit>
#include <cmath>

namespace hone::cuda {
namespace {

bool is_short_float(DType t) { return t == DType::kF16 || t == DType::kBF16; }
bool is_byte_float(DType t) { return t == DType::kFP8 || t == DType::kFP8E5M2; }

// Functions with a definition on integers (i_<name>); the others are computed on doubles.
bool has_integer_meaning(ScalarFn f) {
  switch (f) {
    case ScalarFn::kCeil:
    case ScalarFn::kFloor:
    case ScalarFn::kRound:
    case ScalarFn::kTrunc:
    case ScalarFn::kAbs:
    case ScalarFn::kNeg:
    case ScalarFn::kSquare:
    case ScalarFn::kSign:
    case ScalarFn::kNot:
    case ScalarFn::kBitNot:
    case ScalarFn::kRelu:
    case ScalarFn::kIsNan:
    case ScalarFn::kIsInf:
    case ScalarFn::kClip:
    case ScalarFn::kAdd:
    case ScalarFn::kSub:
    case ScalarFn::kMul:
    case ScalarFn::kDiv:
    case ScalarFn::kFloorDiv:
    case ScalarFn::kFloorMod:
    case ScalarFn::kFMod:
    case ScalarFn::kPow:
    case ScalarFn::kMin:
    case ScalarFn::kMax:
    case ScalarFn::kAnd:
    case ScalarFn::kOr:
    case ScalarFn::kXor:
    case ScalarFn::kBitAnd:
    case ScalarFn::kBitOr:
    case ScalarFn::kBitXor:
    case ScalarFn::kShiftLeft:
    case ScalarFn::kShiftRight:
    case ScalarFn::kEqual:
    case ScalarFn::kLess:
    case ScalarFn::kGreater:
    case ScalarFn::kLessEqual:
    case ScalarFn::kGreaterEqual:
    case ScalarFn::kSelect:
    case ScalarFn::kClip3:
    case ScalarFn::kFma:
      return true;
    default:
      return false;
  }
}

bool only_integers(ScalarFn f) {
  return f == ScalarFn::kBitNot || f == ScalarFn::kBitAnd || f == ScalarFn::kBitOr || f == ScalarFn::kBitXor ||
         f == ScalarFn::kShiftLeft || f == ScalarFn::kShiftRight;
}

// A small change of an operand may change the result as a whole.
bool jumps(ScalarFn f) {
  switch (f) {
    case ScalarFn::kCeil:
    case ScalarFn::kFloor:
    case ScalarFn::kRound:
    case ScalarFn::kTrunc:
    case ScalarFn::kSign:
    case ScalarFn::kIsInf:
    case ScalarFn::kNot:
    case ScalarFn::kFloorDiv:
    case ScalarFn::kFloorMod:
    case ScalarFn::kFMod:
    case ScalarFn::kAnd:
    case ScalarFn::kOr:
    case ScalarFn::kXor:
    case ScalarFn::kEqual:
    case ScalarFn::kLess:
    case ScalarFn::kGreater:
    case ScalarFn::kLessEqual:
    case ScalarFn::kGreaterEqual:
    case ScalarFn::kThresholdedRelu:
    case ScalarFn::kShrink:
      return true;
    default:
      return false;
  }
}

bool has_unsigned_meaning(ScalarFn f) {
  return f == ScalarFn::kLess || f == ScalarFn::kGreater || f == ScalarFn::kLessEqual || f == ScalarFn::kGreaterEqual ||
         f == ScalarFn::kMin || f == ScalarFn::kMax || f == ScalarFn::kDiv;
}
bool divides(ScalarFn f) {
  return f == ScalarFn::kDiv || f == ScalarFn::kFloorDiv || f == ScalarFn::kFloorMod || f == ScalarFn::kFMod;
}

/// Functions with a form that is exact enough for 16-bit results.
bool has_short_form(ScalarFn f) {
  return f == ScalarFn::kGeluErf || f == ScalarFn::kGeluTanh || f == ScalarFn::kSigmoid || f == ScalarFn::kSilu;
}

std::string convert(std::string_view to, const std::string& value) { return fmt::format("convert<{}>({})", to, value); }

struct Register {
  std::string name;
  DType type;
  bool exact = true;  // holds a value of `type`; false: not yet rounded to it
};

class Writer {
 public:
  Writer(const PwProgram& p, std::span<const DType> inputs) : program_(p) {
    for (size_t i = 0; i < inputs.size(); ++i) registers_.push_back({fmt::format("x{}", i), inputs[i]});
  }

  std::string function(std::string_view name) {
    std::string body;
    const size_t inputs = registers_.size();
    for (const PwInstr& c : program_.code) body += instruction(c);
    std::string head = fmt::format("__device__ __forceinline__ void {}(", name), tail;
    for (size_t i = 0; i < inputs; ++i)
      head += fmt::format("{}const {} x{}", i > 0 ? ", " : "", value_type(registers_[i].type), i);
    for (size_t i = 0; i < program_.outputs.size(); ++i) {
      const Register& r = registers_.at(static_cast<size_t>(program_.outputs[i]));
      head += fmt::format("{}{}& y{}", inputs + i > 0 ? ", " : "", value_type(r.type), i);
      tail += fmt::format("  y{} = {};\n", i, r.name);
    }
    return head + ") {\n" + body + tail + "}\n";
  }

  DType type(int16_t r) const { return registers_.at(static_cast<size_t>(r)).type; }
  void skip(const PwInstr& c) { registers_.push_back({"", c.type}); }

 private:
  const Register& operand(const PwInstr& c, int k) const { return registers_.at(static_cast<size_t>(c.operand[k])); }
  // The operand's value, rounded to its type where `rounded`.
  static std::string value(const Register& r, bool rounded) {
    return rounded && !r.exact ? fmt::format("round_to<{}>({})", device_type(r.type), r.name) : r.name;
  }

  std::string instruction(const PwInstr& c) {
    const auto [result, type] = c.fn == ScalarFn::kIdentity ? copy(c) : apply(c);
    bool exact = true;
    std::string v = result;
    if (type != c.type) v = convert(value_type(c.type), v);
    if (is_byte_float(c.type) || (is_short_float(c.type) && c.fn == ScalarFn::kIdentity && type != c.type)) {
      v = fmt::format("round_to<{}>({})", device_type(c.type), v);
    } else if (is_short_float(c.type)) {
      exact = c.fn == ScalarFn::kIdentity && operand(c, 0).exact;
    }
    Register r{fmt::format("r{}", registers_.size()), c.type, exact};
    std::string line = fmt::format("  const {} {} = {};\n", value_type(c.type), r.name, v);
    registers_.push_back(std::move(r));
    return line;
  }

  // Value and type of a copied operand: rounded where its type changes.
  std::pair<std::string, DType> copy(const PwInstr& c) const {
    const Register& x = operand(c, 0);
    return {value(x, x.type != c.type), x.type};
  }

  // Value and type of the function's result, before conversion to the instruction's type.
  std::pair<std::string, DType> apply(const PwInstr& c) const {
    const int n = arity(c.fn);
    const DType result = result_type(c.fn, operand(c, 0).type, operand(c, n > 1 ? 1 : 0).type);
    bool floating = false;
    for (int k = 0; k < n; ++k) floating = floating || is_float(operand(c, k).type);
    const std::string v = floating ? on_floats(c, result) : on_integers(c);
    std::string converted = convert(value_type(result), v);
    if (is_byte_float(result)) converted = fmt::format("round_to<{}>({})", device_type(result), converted);
    return {converted, result};
  }

  // Floats where that is exact enough: doubles for double operands and where integers are among operands and result.
  std::string on_floats(const PwInstr& c, DType result) const {
    bool wide = is_integer(result);
    for (int k = 0; k < arity(c.fn); ++k) {
      const DType t = operand(c, k).type;
      wide = wide || t == DType::kF64 || (is_integer(t) && bits(t) >= 32);
    }
    const std::string_view type = wide ? "double" : "float";
    return call(!wide && is_short_float(c.type) && has_short_form(c.fn) ? "s_" : "f_", c, type, type,
                jumps(c.fn) || !is_float(c.type));
  }
  std::string on_integers(const PwInstr& c) const {
    if (!has_integer_meaning(c.fn)) return convert("long long", call("f_", c, "double", "double", false));
    const int n = arity(c.fn);
    if (operand(c, n - 1).type == DType::kU64 && has_unsigned_meaning(c.fn))
      return call("u_", c, "double", "unsigned long long", false);
    bool narrow = divides(c.fn);
    for (int k = 0; k < n; ++k) narrow = narrow && bits(operand(c, k).type) <= 32 && operand(c, k).type != DType::kU32;
    return call("i_", c, "double", narrow ? "int" : "long long", false);
  }
  std::string call(std::string_view prefix, const PwInstr& c, std::string_view parameter, std::string_view type,
                   bool rounded) const {
    std::string s =
        fmt::format("{}{}(({}){}, ({}){}", prefix, name(c.fn), parameter, literal(c.alpha), parameter, literal(c.beta));
    for (int k = 0; k < arity(c.fn); ++k) {
      const Register& x = operand(c, k);
      const std::string v = value(x, rounded);
      s += ", " + (value_type(x.type) == type ? v : fmt::format("({})({})", type, v));
    }
    return s + ")";
  }

  const PwProgram& program_;
  std::vector<Register> registers_;
};

}  // namespace

bool has_device_type(DType t) { return !is_packed(t) && t != DType::kE8M0; }

std::string_view device_type(DType t) {
  switch (t) {
    case DType::kF32:
      return "float";
    case DType::kF16:
      return "half";
    case DType::kBF16:
      return "bfloat16";
    case DType::kF64:
      return "double";
    case DType::kFP8:
      return "fp8e4m3";
    case DType::kFP8E5M2:
      return "fp8e5m2";
    case DType::kI8:
      return "signed char";
    case DType::kU8:
      return "unsigned char";
    case DType::kI16:
      return "short";
    case DType::kU16:
      return "unsigned short";
    case DType::kI32:
      return "int";
    case DType::kU32:
      return "unsigned";
    case DType::kI64:
      return "long long";
    case DType::kU64:
      return "unsigned long long";
    case DType::kBool:
      return "bool";
    default:
      fail<Unsupported>("CUDA kernels do not know the type '{}'", name(t));
  }
}

std::string_view value_type(DType t) {
  return is_short_float(t) || is_byte_float(t) ? std::string_view("float") : device_type(t);
}

std::string literal(float v) {
  if (!std::isfinite(v)) return fmt::format("float_of_bits({:#x}u)", std::bit_cast<uint32_t>(v));
  return v < 0 || std::signbit(v) ? fmt::format("({:a}f)", v) : fmt::format("{:a}f", v);
}

std::string refuse_program(const PwProgram& p, std::span<const DType> inputs) {
  if (static_cast<size_t>(p.inputs) != inputs.size()) return "the program's operands are not the node's";
  for (DType t : inputs)
    if (!has_device_type(t)) return fmt::format("type {}", name(t));
  Writer w(p, inputs);
  for (const PwInstr& c : p.code) {
    if (!has_device_type(c.type)) return fmt::format("type {}", name(c.type));
    if (only_integers(c.fn))
      for (int k = 0; k < arity(c.fn); ++k)
        if (is_float(w.type(c.operand[k]))) return fmt::format("'{}' of floats", name(c.fn));
    w.skip(c);
  }
  return {};
}

std::vector<DType> program_output_types(const PwProgram& p, std::span<const DType> inputs) {
  std::vector<DType> types;
  for (int16_t o : p.outputs)
    types.push_back(o < p.inputs ? inputs[static_cast<size_t>(o)] : p.code.at(static_cast<size_t>(o - p.inputs)).type);
  return types;
}

std::string program_function(const PwProgram& p, std::string_view function, std::span<const DType> inputs) {
  return Writer(p, inputs).function(function);
}

std::vector<DType> epilogue_types(const Problem& p) {
  std::vector<DType> types{p.outputs[0].type};
  for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i) types.push_back(p.inputs[i].type);
  return types;
}

}  // namespace hone::cuda
