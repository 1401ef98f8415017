// Most functions are one operation of cuDNN; a few are two to four. Conversions between floating-point types vanish,
// since values stay f32 until the last one is stored.
#include "backends/cuda/tactics/library/cudnn_program.h"

#include <algorithm>

#include "backends/layout.h"

namespace hone::cuda {
namespace {

using cudnn::Id;
using cudnn::PointwiseSpec;

bool is_conversion(const PwInstr& i) { return i.fn == ScalarFn::kIdentity; }

// Each register's origin behind conversions.
std::vector<int> resolved(const PwProgram& p) {
  std::vector<int> r(static_cast<size_t>(p.registers()));
  for (size_t i = 0; i < r.size(); ++i) r[i] = static_cast<int>(i);
  for (size_t i = 0; i < p.code.size(); ++i)
    if (is_conversion(p.code[i])) r[static_cast<size_t>(p.inputs) + i] = r[static_cast<size_t>(p.code[i].operand[0])];
  return r;
}

// Functions that are one operation of cuDNN.
std::optional<PointwiseSpec> one_operation(const PwInstr& i) {
  PointwiseSpec s;
  const auto mode = [&](int m) {
    s.mode = m;
    return s;
  };
  switch (i.fn) {
    case ScalarFn::kAbs:
      return mode(cudnn::kModeAbs);
    case ScalarFn::kNeg:
      return mode(cudnn::kModeNeg);
    case ScalarFn::kExp:
      return mode(cudnn::kModeExp);
    case ScalarFn::kLog:
      return mode(cudnn::kModeLog);
    case ScalarFn::kSqrt:
      return mode(cudnn::kModeSqrt);
    case ScalarFn::kRsqrt:
      return mode(cudnn::kModeRsqrt);
    case ScalarFn::kRecip:
      return mode(cudnn::kModeReciprocal);
    case ScalarFn::kErf:
      return mode(cudnn::kModeErf);
    case ScalarFn::kTanh:
      return mode(cudnn::kModeTanh);
    case ScalarFn::kSigmoid:
      return mode(cudnn::kModeSigmoid);
    case ScalarFn::kGeluErf:
      return mode(cudnn::kModeGeluErf);
    case ScalarFn::kGeluTanh:
      return mode(cudnn::kModeGeluTanh);
    case ScalarFn::kRelu:
      return mode(cudnn::kModeRelu);
    case ScalarFn::kClip:
      s.lower_clip = i.alpha, s.upper_clip = i.beta;
      return mode(cudnn::kModeRelu);
    case ScalarFn::kLeakyRelu:
      s.lower_slope = i.alpha;
      return mode(cudnn::kModeRelu);
    case ScalarFn::kElu:
      s.elu_alpha = i.alpha;
      return mode(cudnn::kModeElu);
    case ScalarFn::kSilu:
      s.swish_beta = i.alpha;
      return mode(cudnn::kModeSwish);
    case ScalarFn::kAdd:
      return mode(cudnn::kModeAdd);
    case ScalarFn::kSub:
      return mode(cudnn::kModeSub);
    case ScalarFn::kMul:
      return mode(cudnn::kModeMul);
    case ScalarFn::kDiv:
      return mode(cudnn::kModeDiv);
    case ScalarFn::kMin:
      return mode(cudnn::kModeMin);
    case ScalarFn::kMax:
      return mode(cudnn::kModeMax);
    default:
      return std::nullopt;
  }
}

bool is_composed(ScalarFn f) {
  return f == ScalarFn::kSquare || f == ScalarFn::kAffine || f == ScalarFn::kHardSigmoid || f == ScalarFn::kHardSwish ||
         f == ScalarFn::kFma;
}

class Appender {
 public:
  Appender(cudnn::Graph* g, const cudnn::TensorSpec& shape) : g_(*g), shape_(shape) { shape_.type = cudnn::kF32; }

  void append(const PwInstr& i, const std::vector<Id>& x, Id y) {
    if (const auto one = one_operation(i))
      g_.pointwise(*one, x[0], x.size() > 1 ? x[1] : 0, 0, y);
    else if (i.fn == ScalarFn::kSquare)
      g_.pointwise({cudnn::kModeMul}, x[0], x[0], 0, y);
    else if (i.fn == ScalarFn::kFma)
      g_.pointwise({cudnn::kModeAdd}, binary(cudnn::kModeMul, x[0], x[1]), x[2], 0, y);
    else if (i.fn == ScalarFn::kAffine)
      g_.pointwise({cudnn::kModeAdd}, binary(cudnn::kModeMul, x[0], scalar(i.alpha)), scalar(i.beta), 0, y);
    else if (i.fn == ScalarFn::kHardSigmoid)
      hard_sigmoid(x[0], i.alpha, i.beta, y);
    else
      hard_swish(x[0], y);
  }
  Id temporary() { return g_.temporary(shape_); }

 private:
  Id scalar(float v) { return g_.scalar(v, shape_.dims.size()); }
  Id binary(int mode, Id a, Id b) {
    const Id t = temporary();
    g_.pointwise({mode}, a, b, 0, t);
    return t;
  }
  void hard_sigmoid(Id x, float a, float b, Id y) {
    PointwiseSpec clip{cudnn::kModeRelu};
    clip.lower_clip = 0.0f, clip.upper_clip = 1.0f;
    g_.pointwise(clip, binary(cudnn::kModeAdd, binary(cudnn::kModeMul, x, scalar(a)), scalar(b)), 0, 0, y);
  }
  void hard_swish(Id x, Id y) {
    const Id gate = temporary();
    hard_sigmoid(x, 1.0f / 6.0f, 0.5f, gate);
    g_.pointwise({cudnn::kModeMul}, x, gate, 0, y);
  }

  cudnn::Graph& g_;
  cudnn::TensorSpec shape_;
};

}  // namespace

int cudnn_type(DType t) {
  switch (t) {
    case DType::kF32:
      return cudnn::kF32;
    case DType::kF16:
      return cudnn::kF16;
    case DType::kBF16:
      return cudnn::kBF16;
    default:
      return -1;
  }
}

cudnn::TensorSpec cudnn_tensor(const TensorDesc& d, size_t rank, Format packed) {
  cudnn::TensorSpec s;
  s.type = cudnn_type(d.type);
  s.dims.assign(rank - d.dims.size(), 1);
  s.dims.insert(s.dims.end(), d.dims.begin(), d.dims.end());
  const std::vector<int64_t> own = element_strides(d);
  s.strides.assign(rank - d.dims.size(), d.count());
  s.strides.insert(s.strides.end(), own.begin(), own.end());
  // Strides of axes with one element count for nothing, but cuDNN reads the layout from them.
  std::vector<size_t> order = memory_order(packed, rank);
  std::reverse(order.begin(), order.end());
  int64_t step = 1;
  for (size_t a : order) {
    if (s.dims[a] == 1) s.strides[a] = step;
    step = std::max(step, s.strides[a] * s.dims[a]);
  }
  return s;
}

std::string refuse_cudnn_program(const PwProgram& program) {
  if (program.outputs.size() != 1) return "the epilogue has several outputs";
  for (const PwInstr& i : program.code) {
    if (cudnn_type(i.type) < 0) return fmt::format("the epilogue computes in {}", name(i.type));
    if (!is_conversion(i) && !one_operation(i) && !is_composed(i.fn)) return fmt::format("cuDNN has no {}", name(i.fn));
  }
  const int result = resolved(program)[static_cast<size_t>(program.outputs[0])];
  if (result > 0 && result < program.inputs) return "the epilogue returns another input";
  return "";
}

bool cudnn_program_is_trivial(const PwProgram& program) {
  return resolved(program)[static_cast<size_t>(program.outputs[0])] == 0;
}

std::optional<LeadingSum> leading_sum(const PwProgram& program) {
  const std::vector<int> origin = resolved(program);
  std::optional<LeadingSum> sum;
  for (size_t i = 0; i < program.code.size(); ++i) {
    const PwInstr& instr = program.code[i];
    if (is_conversion(instr)) continue;
    const auto operand = [&](int k) { return origin[static_cast<size_t>(instr.operand[k])]; };
    if (sum) {
      for (int k = 0; k < arity(instr.fn); ++k)
        if (operand(k) == 0) return std::nullopt;
      continue;
    }
    if (instr.fn != ScalarFn::kAdd) return std::nullopt;
    const int other = operand(0) == 0 ? operand(1) : operand(0);
    if ((operand(0) != 0 && operand(1) != 0) || other == 0 || other >= program.inputs) return std::nullopt;
    sum = LeadingSum{i, other, origin[static_cast<size_t>(program.outputs[0])] == program.inputs + static_cast<int>(i)};
  }
  return sum;
}

void append_cudnn_program(cudnn::Graph* g, const PwProgram& program, std::vector<Id> inputs,
                          const cudnn::TensorSpec& shape, Id output, const LeadingSum* done) {
  const std::vector<int> origin = resolved(program);
  std::vector<Id> registers = std::move(inputs);
  Appender appender(g, shape);
  for (size_t i = 0; i < program.code.size(); ++i) {
    const PwInstr& instr = program.code[i];
    const int self = program.inputs + static_cast<int>(i);
    registers.push_back(0);
    if (is_conversion(instr)) continue;
    if (done != nullptr && done->instruction == i) {
      registers.back() = registers[0];
      continue;
    }
    std::vector<Id> x;
    for (int k = 0; k < arity(instr.fn); ++k)
      x.push_back(registers[static_cast<size_t>(origin[static_cast<size_t>(instr.operand[k])])]);
    const bool last = origin[static_cast<size_t>(program.outputs[0])] == self;
    registers.back() = last ? output : appender.temporary();
    appender.append(instr, x, registers.back());
    if (last) return;
  }
}

}  // namespace hone::cuda
