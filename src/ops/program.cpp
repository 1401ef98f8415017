// Names, arities and reference values of scalar functions; text form of pointwise programs.
#include "ops/program.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

namespace hone {
namespace {

struct Row {
  std::string_view name;
  int arity;
};
constexpr std::array kRows = {
#define HONE_SCALAR(Name, text, arity) Row{text, arity},
#include "ops/scalar.def"
#undef HONE_SCALAR
};

double pymod(double x, double y) {
  const double r = std::fmod(x, y);
  return r != 0 && ((r < 0) != (y < 0)) ? r + y : r;
}
double nan_min(double x, double y) { return std::isnan(x) || std::isnan(y) ? std::nan("") : (y < x ? y : x); }
double nan_max(double x, double y) { return std::isnan(x) || std::isnan(y) ? std::nan("") : (x < y ? y : x); }
double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

// Two's-complement arithmetic that wraps instead of overflowing.
int64_t wrap_add(int64_t x, int64_t y) {
  return static_cast<int64_t>(static_cast<uint64_t>(x) + static_cast<uint64_t>(y));
}
int64_t wrap_sub(int64_t x, int64_t y) {
  return static_cast<int64_t>(static_cast<uint64_t>(x) - static_cast<uint64_t>(y));
}
int64_t wrap_mul(int64_t x, int64_t y) {
  return static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(y));
}
int64_t safe_div(int64_t x, int64_t y) { return y == 0 ? 0 : y == -1 ? wrap_sub(0, x) : x / y; }
int64_t safe_rem(int64_t x, int64_t y) { return y == 0 || y == -1 ? 0 : x % y; }
int64_t int_pow(int64_t x, int64_t y) {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 != 0 ? -1 : 1) : 0;
  int64_t r = 1;
  for (; y != 0; y >>= 1) {
    if (y & 1) r = wrap_mul(r, x);
    x = wrap_mul(x, x);
  }
  return r;
}

}  // namespace

std::string_view name(ScalarFn f) { return kRows.at(static_cast<size_t>(f)).name; }
int arity(ScalarFn f) { return kRows.at(static_cast<size_t>(f)).arity; }
bool is_valid(ScalarFn f) { return static_cast<int>(f) < kScalarFnCount; }

ScalarFn scalar_from_name(std::string_view s) {
  for (size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].name == s) return static_cast<ScalarFn>(i);
  fail<ModelError>("unknown scalar function '{}'", s);
}

DType result_type(ScalarFn f, DType first, DType second) {
  switch (f) {
    case ScalarFn::kIsNan:
    case ScalarFn::kIsInf:
    case ScalarFn::kNot:
    case ScalarFn::kAnd:
    case ScalarFn::kOr:
    case ScalarFn::kXor:
    case ScalarFn::kEqual:
    case ScalarFn::kLess:
    case ScalarFn::kGreater:
    case ScalarFn::kLessEqual:
    case ScalarFn::kGreaterEqual:
      return DType::kBool;
    case ScalarFn::kSelect:
      return second;
    default:
      return first;
  }
}

double evaluate(ScalarFn f, double a, double b, double x, double y, double z) {
  using F = ScalarFn;
  switch (f) {
    case F::kIdentity:
      return x;
    case F::kAbs:
      return std::fabs(x);
    case F::kNeg:
      return -x;
    case F::kExp:
      return std::exp(x);
    case F::kLog:
      return std::log(x);
    case F::kSqrt:
      return std::sqrt(x);
    case F::kRsqrt:
      return 1 / std::sqrt(x);
    case F::kRecip:
      return 1 / x;
    case F::kSquare:
      return x * x;
    case F::kSin:
      return std::sin(x);
    case F::kCos:
      return std::cos(x);
    case F::kTan:
      return std::tan(x);
    case F::kAsin:
      return std::asin(x);
    case F::kAcos:
      return std::acos(x);
    case F::kAtan:
      return std::atan(x);
    case F::kSinh:
      return std::sinh(x);
    case F::kCosh:
      return std::cosh(x);
    case F::kTanh:
      return std::tanh(x);
    case F::kAsinh:
      return std::asinh(x);
    case F::kAcosh:
      return std::acosh(x);
    case F::kAtanh:
      return std::atanh(x);
    case F::kErf:
      return std::erf(x);
    case F::kCeil:
      return std::ceil(x);
    case F::kFloor:
      return std::floor(x);
    case F::kRound:
      return std::nearbyint(x);
    case F::kTrunc:
      return std::trunc(x);
    case F::kSign:
      return std::isnan(x) ? x : (x > 0) - (x < 0);
    case F::kIsNan:
      return std::isnan(x);
    case F::kIsInf:
      return std::isinf(x) && (x < 0 ? a != 0 : b != 0);
    case F::kNot:
      return x == 0;
    case F::kRelu:
      return std::isnan(x) || x > 0 ? x : 0;
    case F::kSigmoid:
      return sigmoid(x);
    case F::kLeakyRelu:
      return x < 0 ? a * x : x;
    case F::kElu:
      return x < 0 ? a * std::expm1(x) : x;
    case F::kSelu:
      return x > 0 ? b * x : b * (a * std::exp(x) - a);
    case F::kCelu:
      return x < 0 ? a * std::expm1(x / a) : x;
    case F::kSoftsign:
      return x / (1 + std::fabs(x));
    case F::kSoftplus:
      return a * softplus(b * x);
    case F::kClip:
      return std::isnan(x) ? x : nan_max(a, nan_min(b, x));
    case F::kHardSigmoid:
      return nan_max(0, nan_min(1, a * x + b));
    case F::kHardSwish:
      return x * nan_max(0, nan_min(1, x / 6 + 0.5));
    case F::kScaledTanh:
      return a * std::tanh(b * x);
    case F::kThresholdedRelu:
      return x > a ? x : 0;
    case F::kShrink:
      return x < -b ? x + a : x > b ? x - a : 0;
    case F::kGeluErf:
      return 0.5 * x * (1 + std::erf(x * 0.70710678118654752440));
    case F::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
    case F::kSilu:
      return x * sigmoid(a * x);
    case F::kMish:
      return x * std::tanh(softplus(x));
    case F::kAffine:
      return a * x + b;
    case F::kAdd:
      return x + y;
    case F::kSub:
      return x - y;
    case F::kMul:
      return x * y;
    case F::kDiv:
      return x / y;
    case F::kFloorDiv:
      return std::floor(x / y);
    case F::kFloorMod:
      return pymod(x, y);
    case F::kFMod:
      return std::fmod(x, y);
    case F::kPow:
      return std::pow(x, y);
    case F::kMin:
      return nan_min(x, y);
    case F::kMax:
      return nan_max(x, y);
    case F::kAnd:
      return x != 0 && y != 0;
    case F::kOr:
      return x != 0 || y != 0;
    case F::kXor:
      return (x != 0) != (y != 0);
    case F::kEqual:
      return x == y;
    case F::kLess:
      return x < y;
    case F::kGreater:
      return x > y;
    case F::kLessEqual:
      return x <= y;
    case F::kGreaterEqual:
      return x >= y;
    case F::kPRelu:
      return x < 0 ? x * y : x;
    case F::kAtan2:
      return std::atan2(x, y);
    case F::kSelect:
      return x != 0 ? y : z;
    case F::kClip3:
      return nan_max(y, nan_min(z, x));
    case F::kFma:
      return x * y + z;
    case F::kBitNot:
    case F::kBitAnd:
    case F::kBitOr:
    case F::kBitXor:
    case F::kShiftLeft:
    case F::kShiftRight:
      break;
  }
  fail<Unsupported>("scalar function '{}' is not defined on floating-point operands", name(f));
}

int64_t evaluate_int(ScalarFn f, double a, double b, int64_t x, int64_t y, int64_t z) {
  using F = ScalarFn;
  switch (f) {
    case F::kIdentity:
    case F::kCeil:
    case F::kFloor:
    case F::kRound:
    case F::kTrunc:
      return x;
    case F::kAbs:
      return x < 0 ? wrap_sub(0, x) : x;
    case F::kNeg:
      return wrap_sub(0, x);
    case F::kSquare:
      return wrap_mul(x, x);
    case F::kSign:
      return (x > 0) - (x < 0);
    case F::kNot:
      return x == 0;
    case F::kBitNot:
      return ~x;
    case F::kRelu:
      return x > 0 ? x : 0;
    case F::kIsNan:
    case F::kIsInf:
      return 0;
    case F::kAdd:
      return wrap_add(x, y);
    case F::kSub:
      return wrap_sub(x, y);
    case F::kMul:
      return wrap_mul(x, y);
    case F::kDiv:
      return safe_div(x, y);
    case F::kFloorDiv: {
      const int64_t q = safe_div(x, y);
      return y != 0 && safe_rem(x, y) != 0 && ((x < 0) != (y < 0)) ? q - 1 : q;
    }
    case F::kFloorMod: {
      const int64_t r = safe_rem(x, y);
      return r != 0 && ((r < 0) != (y < 0)) ? r + y : r;
    }
    case F::kFMod:
      return safe_rem(x, y);
    case F::kPow:
      return int_pow(x, y);
    case F::kMin:
      return x < y ? x : y;
    case F::kMax:
      return x > y ? x : y;
    case F::kAnd:
      return x != 0 && y != 0;
    case F::kOr:
      return x != 0 || y != 0;
    case F::kXor:
      return (x != 0) != (y != 0);
    case F::kBitAnd:
      return x & y;
    case F::kBitOr:
      return x | y;
    case F::kBitXor:
      return x ^ y;
    case F::kShiftLeft:
      return y < 0 || y > 63 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(x) << y);
    case F::kShiftRight:
      return y < 0 || y > 63 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(x) >> y);
    case F::kEqual:
      return x == y;
    case F::kLess:
      return x < y;
    case F::kGreater:
      return x > y;
    case F::kLessEqual:
      return x <= y;
    case F::kGreaterEqual:
      return x >= y;
    case F::kSelect:
      return x != 0 ? y : z;
    case F::kClip3:
      return std::max(y, std::min(z, x));
    case F::kFma:
      return wrap_add(wrap_mul(x, y), z);
    case F::kClip: {
      const double r = evaluate(f, a, b, static_cast<double>(x));
      return r == static_cast<double>(x) ? x : static_cast<int64_t>(r);
    }
    default:
      return static_cast<int64_t>(
          evaluate(f, a, b, static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)));
  }
}

void PwProgram::check() const {
  require<ModelError>(inputs >= 0 && inputs <= 4096 && code.size() <= 16384, "pointwise program is too large");
  for (size_t i = 0; i < code.size(); ++i) {
    const PwInstr& c = code[i];
    require<ModelError>(is_valid(c.fn) && is_valid(c.type), "pointwise program has an invalid instruction");
    for (int k = 0; k < 3; ++k) {
      const bool used = k < arity(c.fn);
      const int limit = inputs + static_cast<int>(i);
      require<ModelError>(used ? c.operand[k] >= 0 && c.operand[k] < limit : c.operand[k] == -1,
                          "pointwise program: bad operand of instruction {}", i);
    }
  }
  for (int16_t o : outputs) require<ModelError>(o >= 0 && o < registers(), "pointwise program has a bad output");
}

std::string PwProgram::str() const {
  std::string s = fmt::format("{} inputs;", inputs);
  for (size_t i = 0; i < code.size(); ++i) {
    const PwInstr& c = code[i];
    s += fmt::format(" r{}={}.{}", inputs + static_cast<int>(i), name(c.fn), name(c.type));
    for (int k = 0; k < arity(c.fn); ++k) s += fmt::format(" r{}", c.operand[k]);
    if (c.alpha != 0 || c.beta != 0) s += fmt::format(" a={} b={}", c.alpha, c.beta);
    s += ";";
  }
  s += " out";
  for (int16_t o : outputs) s += fmt::format(" r{}", o);
  return s;
}

namespace {
int16_t parse_register(std::string_view w) {
  int v = -1;
  require<ModelError>(w.size() > 1 && w[0] == 'r' &&
                          std::from_chars(w.data() + 1, w.data() + w.size(), v).ptr == w.data() + w.size() && v >= 0 &&
                          v < 32000,
                      "pointwise program: bad register '{}'", w);
  return static_cast<int16_t>(v);
}
float parse_float(std::string_view w) {
  float v = 0;
  const auto r = std::from_chars(w.data(), w.data() + w.size(), v);
  require<ModelError>(r.ec == std::errc() && r.ptr == w.data() + w.size(), "pointwise program: bad number '{}'", w);
  return v;
}
PwInstr parse_instruction(std::istringstream& words, const std::string& head) {
  const size_t eq = head.find('='), dot = head.rfind('.');
  require<ModelError>(eq != std::string::npos && dot != std::string::npos && dot > eq,
                      "pointwise program: bad word '{}'", head);
  PwInstr c;
  c.fn = scalar_from_name(std::string_view(head).substr(eq + 1, dot - eq - 1));
  c.type = dtype_from_name(std::string_view(head).substr(dot + 1));
  std::string w;
  int k = 0;
  while (words >> w) {
    const bool last = w.back() == ';';
    if (last) w.pop_back();
    if (w.rfind("a=", 0) == 0) {
      c.alpha = parse_float(std::string_view(w).substr(2));
    } else if (w.rfind("b=", 0) == 0) {
      c.beta = parse_float(std::string_view(w).substr(2));
    } else {
      require<ModelError>(k < 3, "pointwise program: too many operands");
      c.operand[k++] = parse_register(w);
    }
    if (last) return c;
  }
  fail<ModelError>("pointwise program ends early");
}
}  // namespace

PwProgram PwProgram::parse(std::string_view text) {
  PwProgram p;
  std::istringstream words{std::string(text)};
  std::string w;
  require<ModelError>(static_cast<bool>(words >> p.inputs >> w) && w == "inputs;",
                      "pointwise program lacks its input count");
  while (words >> w && w != "out") p.code.push_back(parse_instruction(words, w));
  require<ModelError>(w == "out", "pointwise program lacks its outputs");
  while (words >> w) p.outputs.push_back(parse_register(w));
  p.check();
  return p;
}

}  // namespace hone
