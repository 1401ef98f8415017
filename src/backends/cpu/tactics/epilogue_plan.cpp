// Walks the program's chain of instructions; x * sigmoid(x) is recognised, everything else maps one to one.
#include "backends/cpu/tactics/epilogue_plan.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace hone::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool is_unit(const Dims& d) {
  return std::all_of(d.begin(), d.end(), [](int64_t v) { return v == 1; });
}

/// Rows of an operand beside those of the output: it has `own` rows, each for `repeat` consecutive output rows.
struct RowMap {
  int64_t own = 1, repeat = 1;
};

/// nullopt where the operand's rows repeat in another way. `d` has the output's rank.
std::optional<RowMap> map_rows(const Dims& d, const Dims& out, size_t column) {
  RowMap m;
  for (size_t axis = 0; axis < d.size(); ++axis) {
    if (axis == column || out[axis] == 1) continue;
    if (d[axis] == 1)
      m.repeat *= out[axis];
    else if (d[axis] == out[axis] && m.repeat == 1)
      m.own *= out[axis];
    else
      return std::nullopt;
  }
  return m;
}

/// Distance in memory of an operand's rows, each of d[column] contiguous floats; nullopt where it has another layout.
std::optional<int64_t> row_distance(const TensorDesc& t, const Dims& d, const OutputMatrix& out, size_t column) {
  if (out.format == Format::kLinear || d.size() < 2) {
    if (t.format != Format::kLinear && t.dims.size() > 1) return std::nullopt;
    return t.pitch > 0 ? t.pitch : d[column];
  }
  if (t.format == Format::kChannelsLast)
    return t.dims.size() == out.dims.size() ? std::optional(t.pixel_pitch()) : std::nullopt;
  const bool one_pixel = is_unit(Dims(d.begin() + 2, d.end()));
  if (t.pitch > 0 || (d[column] > 1 && !one_pixel)) return std::nullopt;
  return d[column];
}

bool readable(const TensorDesc& t, const OutputMatrix& out) {
  return t.type == DType::kF32 || (out.brain_operands && t.type == DType::kBF16);
}

/// The operand that reads `t`, broadcast to the output; nullopt where the kernels cannot address it.
std::optional<Operand> operand_for(const TensorDesc& t, const OutputMatrix& out) {
  if (!readable(t, out) || t.dims.size() > out.dims.size()) return std::nullopt;
  if (is_unit(t.dims)) return Operand{nullptr, 0, 0, 1};
  Dims d(out.dims.size() - t.dims.size(), 1);
  d.insert(d.end(), t.dims.begin(), t.dims.end());
  const size_t column = out.format == Format::kChannelsLast && d.size() > 1 ? 1 : d.size() - 1;
  if (d[column] != out.dims[column] && d[column] != 1) return std::nullopt;
  const auto rows = map_rows(d, out.dims, column);
  if (!rows) return std::nullopt;
  const int64_t step = d[column] == 1 ? 0 : 1;
  if (rows->own == 1) return Operand{nullptr, 0, step, 1};
  const auto distance = row_distance(t, d, out, column);
  if (!distance) return std::nullopt;
  return Operand{nullptr, *distance, step, rows->repeat};
}

std::optional<StepKind> unary_kind(ScalarFn f) {
  switch (f) {
    case ScalarFn::kAbs:
      return StepKind::kAbs;
    case ScalarFn::kNeg:
      return StepKind::kNeg;
    case ScalarFn::kExp:
      return StepKind::kExp;
    case ScalarFn::kLog:
      return StepKind::kLog;
    case ScalarFn::kSqrt:
      return StepKind::kSqrt;
    case ScalarFn::kRecip:
      return StepKind::kRecip;
    case ScalarFn::kSquare:
      return StepKind::kSquare;
    case ScalarFn::kTanh:
      return StepKind::kTanh;
    case ScalarFn::kErf:
      return StepKind::kErf;
    case ScalarFn::kRelu:
    case ScalarFn::kClip:
      return StepKind::kClip;
    case ScalarFn::kSigmoid:
      return StepKind::kSigmoid;
    case ScalarFn::kLeakyRelu:
      return StepKind::kLeakyRelu;
    case ScalarFn::kElu:
      return StepKind::kElu;
    case ScalarFn::kHardSigmoid:
      return StepKind::kHardSigmoid;
    case ScalarFn::kHardSwish:
      return StepKind::kHardSwish;
    case ScalarFn::kScaledTanh:
      return StepKind::kScaledTanh;
    case ScalarFn::kGeluErf:
      return StepKind::kGeluErf;
    case ScalarFn::kGeluTanh:
      return StepKind::kGeluTanh;
    case ScalarFn::kSilu:
      return StepKind::kSilu;
    case ScalarFn::kAffine:
      return StepKind::kAffine;
    default:
      return std::nullopt;
  }
}

/// `reversed`: the running value is the second operand.
std::optional<StepKind> binary_kind(ScalarFn f, bool reversed) {
  switch (f) {
    case ScalarFn::kAdd:
      return StepKind::kAdd;
    case ScalarFn::kMul:
      return StepKind::kMul;
    case ScalarFn::kMin:
      return StepKind::kMin;
    case ScalarFn::kMax:
      return StepKind::kMax;
    case ScalarFn::kSub:
      return reversed ? StepKind::kReverseSub : StepKind::kSub;
    case ScalarFn::kDiv:
      return reversed ? StepKind::kReverseDiv : StepKind::kDiv;
    case ScalarFn::kPRelu:
      if (!reversed) return StepKind::kPRelu;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

class Translator {
 public:
  Translator(const Problem& p, const OutputMatrix& out) : p_(p), out_(out), program_(*p.epilogue.program) {}

  EpilogueChain run() {
    for (size_t i = 0; i < program_.code.size() && chain_.failure.empty(); ++i) i += translate(i) ? 1 : 0;
    if (chain_.failure.empty() && (program_.outputs.size() != 1 || program_.outputs[0] != current_))
      fail("has several outputs or does not end in its last instruction");
    if (chain_.failure.empty() && chain_.steps.size() > kMaxSteps) fail("has too many steps");
    return std::move(chain_);
  }

 private:
  void fail(std::string why) { chain_.failure = "epilogue " + std::move(why); }
  int16_t result(size_t i) const { return static_cast<int16_t>(program_.inputs + static_cast<int>(i)); }

  /// True where the next instruction was taken along.
  bool translate(size_t i) {
    const PwInstr& instr = program_.code[i];
    if (instr.type != DType::kF32) {
      fail("computes in a type other than float");
      return false;
    }
    if (arity(instr.fn) == 1) return translate_unary(i, instr);
    if (arity(instr.fn) == 2)
      translate_binary(i, instr);
    else
      fail("uses " + std::string(name(instr.fn)));
    return false;
  }

  bool translate_unary(size_t i, const PwInstr& instr) {
    if (instr.operand[0] != current_) {
      fail("is not a chain");
      return false;
    }
    if (instr.fn == ScalarFn::kSigmoid && gates_itself(i)) {
      chain_.steps.push_back({StepKind::kSilu, 1, 0, {}});
      chain_.inputs.push_back(-1);
      current_ = result(i + 1);
      return true;
    }
    if (instr.fn != ScalarFn::kIdentity) {
      const auto kind = unary_kind(instr.fn);
      if (!kind) {
        fail("uses " + std::string(name(instr.fn)));
        return false;
      }
      const bool relu = instr.fn == ScalarFn::kRelu;
      chain_.steps.push_back({*kind, relu ? 0.0f : instr.alpha, relu ? kInfinity : instr.beta, {}});
      chain_.inputs.push_back(-1);
    }
    current_ = result(i);
    return false;
  }

  /// Instruction i + 1 multiplies the running value with the result of instruction i, which nothing else reads.
  bool gates_itself(size_t i) const {
    if (i + 1 >= program_.code.size()) return false;
    const PwInstr& next = program_.code[i + 1];
    if (next.fn != ScalarFn::kMul || next.type != DType::kF32) return false;
    const int16_t a = next.operand[0], b = next.operand[1];
    return (a == current_ && b == result(i)) || (b == current_ && a == result(i));
  }

  void translate_binary(size_t i, const PwInstr& instr) {
    const bool reversed = instr.operand[0] != current_;
    const int16_t self = instr.operand[reversed ? 1 : 0], other = instr.operand[reversed ? 0 : 1];
    if (self != current_ || other < 1 || other >= program_.inputs) return fail("is not a chain");
    const auto kind = binary_kind(instr.fn, reversed);
    if (!kind) return fail("uses " + std::string(name(instr.fn)));
    const auto input = static_cast<size_t>(p_.epilogue.base_inputs + other - 1);
    if (!p_.has(input)) return fail("reads a missing input");
    auto operand = operand_for(p_.inputs[input], out_);
    if (!operand && out_.any_operand && readable(p_.inputs[input], out_)) operand = Operand{nullptr, 0, 0, 0};
    if (!operand) return fail("reads a tensor with a broadcast or format that the kernels do not address");
    chain_.steps.push_back({*kind, instr.alpha, instr.beta, *operand});
    chain_.inputs.push_back(static_cast<int>(input));
    current_ = result(i);
  }

  const Problem& p_;
  const OutputMatrix& out_;
  const PwProgram& program_;
  int16_t current_ = 0;
  EpilogueChain chain_;
};

}  // namespace

EpilogueChain epilogue_chain(const Problem& p, const OutputMatrix& out) {
  if (!p.has_epilogue()) return {};
  if (!out.columns) return {{}, {}, "epilogue of a product without columns"};
  return Translator(p, out).run();
}

Verdict EpiloguePlan::check(const Problem& p, const OutputMatrix& out) { return {epilogue_chain(p, out).failure}; }

EpiloguePlan::EpiloguePlan(const Problem& p, const OutputMatrix& out, bool has_bias) {
  const EpilogueChain chain = epilogue_chain(p, out);
  require<InternalError>(chain.failure.empty(), "{}", chain.failure);
  // What the register kernels do themselves, in their order: bias, residual, clip.
  size_t i = 0;
  const auto at = [&](StepKind kind) { return i < chain.steps.size() && chain.steps[i].kind == kind; };
  const auto is_column = [](const Operand& o) { return o.row_stride == 0 && o.col_stride == 1; };
  const auto is_full = [](const Operand& o) { return o.row_stride != 0 && o.col_stride == 1 && o.rows_per_item == 1; };
  if (!has_bias && at(StepKind::kAdd) && is_column(chain.steps[i].operand))
    bindings_.push_back({kBias, chain.inputs[i++]});
  if (at(StepKind::kAdd) && is_full(chain.steps[i].operand)) {
    proto_.residual_pitch = chain.steps[i].operand.row_stride;
    bindings_.push_back({kResidual, chain.inputs[i++]});
  }
  if (at(StepKind::kClip)) {
    proto_.clip = true, proto_.lo = chain.steps[i].alpha, proto_.hi = chain.steps[i].beta;
    ++i;
  }
  for (; i < chain.steps.size(); ++i) {
    if (chain.inputs[i] >= 0) bindings_.push_back({proto_.step_count, chain.inputs[i]});
    proto_.push(chain.steps[i]);
  }
}

Epilogue EpiloguePlan::bind(const Launch& l, int64_t column0) const noexcept {
  Epilogue e = proto_;
  for (const Binding& b : bindings_) {
    const auto* data = static_cast<const float*>(l.inputs[b.input]);
    if (b.target == kBias) {
      e.bias = data + column0;
    } else if (b.target == kResidual) {
      e.residual = data + column0;
    } else {
      Operand& o = e.steps[static_cast<size_t>(b.target)].operand;
      o.data = data + column0 * o.col_stride;
    }
  }
  return e;
}

}  // namespace hone::cpu
