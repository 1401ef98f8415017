// Element-wise operators of one, two, three or any number of operands.
#include "ops/map.h"

#include <array>
#include <limits>

#include "base/error.h"
#include "import/onnx/context.h"

namespace hone::onnx {

namespace {

struct UnaryRow {
  std::string_view type;
  ScalarFn fn;
  double alpha, beta;                            // defaults
  const char *alpha_attribute, *beta_attribute;  // null: fixed
};
constexpr UnaryRow kUnary[] = {
    {"Abs", ScalarFn::kAbs, 0, 0, nullptr, nullptr},
    {"Acos", ScalarFn::kAcos, 0, 0, nullptr, nullptr},
    {"Acosh", ScalarFn::kAcosh, 0, 0, nullptr, nullptr},
    {"Affine", ScalarFn::kAffine, 1, 0, "alpha", "beta"},
    {"Asin", ScalarFn::kAsin, 0, 0, nullptr, nullptr},
    {"Asinh", ScalarFn::kAsinh, 0, 0, nullptr, nullptr},
    {"Atan", ScalarFn::kAtan, 0, 0, nullptr, nullptr},
    {"Atanh", ScalarFn::kAtanh, 0, 0, nullptr, nullptr},
    {"BitwiseNot", ScalarFn::kBitNot, 0, 0, nullptr, nullptr},
    {"Ceil", ScalarFn::kCeil, 0, 0, nullptr, nullptr},
    {"Celu", ScalarFn::kCelu, 1, 0, "alpha", nullptr},
    {"Cos", ScalarFn::kCos, 0, 0, nullptr, nullptr},
    {"Cosh", ScalarFn::kCosh, 0, 0, nullptr, nullptr},
    {"Elu", ScalarFn::kElu, 1, 0, "alpha", nullptr},
    {"Erf", ScalarFn::kErf, 0, 0, nullptr, nullptr},
    {"Exp", ScalarFn::kExp, 0, 0, nullptr, nullptr},
    {"Floor", ScalarFn::kFloor, 0, 0, nullptr, nullptr},
    {"HardSigmoid", ScalarFn::kHardSigmoid, 0.2, 0.5, "alpha", "beta"},
    {"HardSwish", ScalarFn::kHardSwish, 0, 0, nullptr, nullptr},
    {"IsNaN", ScalarFn::kIsNan, 0, 0, nullptr, nullptr},
    {"LeakyRelu", ScalarFn::kLeakyRelu, 0.01, 0, "alpha", nullptr},
    {"Log", ScalarFn::kLog, 0, 0, nullptr, nullptr},
    {"Mish", ScalarFn::kMish, 0, 0, nullptr, nullptr},
    {"Neg", ScalarFn::kNeg, 0, 0, nullptr, nullptr},
    {"Not", ScalarFn::kNot, 0, 0, nullptr, nullptr},
    {"Reciprocal", ScalarFn::kRecip, 0, 0, nullptr, nullptr},
    {"Relu", ScalarFn::kRelu, 0, 0, nullptr, nullptr},
    {"Round", ScalarFn::kRound, 0, 0, nullptr, nullptr},
    {"ScaledTanh", ScalarFn::kScaledTanh, 1, 1, "alpha", "beta"},
    {"Selu", ScalarFn::kSelu, 1.67326319217681884765625, 1.05070102214813232421875, "alpha", "gamma"},
    {"Shrink", ScalarFn::kShrink, 0, 0.5, "bias", "lambd"},
    {"Sigmoid", ScalarFn::kSigmoid, 0, 0, nullptr, nullptr},
    {"Sign", ScalarFn::kSign, 0, 0, nullptr, nullptr},
    {"Sin", ScalarFn::kSin, 0, 0, nullptr, nullptr},
    {"Sinh", ScalarFn::kSinh, 0, 0, nullptr, nullptr},
    {"Softplus", ScalarFn::kSoftplus, 1, 1, nullptr, nullptr},
    {"Softsign", ScalarFn::kSoftsign, 0, 0, nullptr, nullptr},
    {"Sqrt", ScalarFn::kSqrt, 0, 0, nullptr, nullptr},
    {"Swish", ScalarFn::kSilu, 1, 0, "alpha", nullptr},
    {"Tan", ScalarFn::kTan, 0, 0, nullptr, nullptr},
    {"Tanh", ScalarFn::kTanh, 0, 0, nullptr, nullptr},
    {"ThresholdedRelu", ScalarFn::kThresholdedRelu, 1, 0, "alpha", nullptr},
};

struct BinaryRow {
  std::string_view type;
  ScalarFn fn;
};
constexpr BinaryRow kBinary[] = {
    {"Add", ScalarFn::kAdd},
    {"And", ScalarFn::kAnd},
    {"BitwiseAnd", ScalarFn::kBitAnd},
    {"BitwiseOr", ScalarFn::kBitOr},
    {"BitwiseXor", ScalarFn::kBitXor},
    {"Div", ScalarFn::kDiv},
    {"Equal", ScalarFn::kEqual},
    {"Greater", ScalarFn::kGreater},
    {"GreaterOrEqual", ScalarFn::kGreaterEqual},
    {"Less", ScalarFn::kLess},
    {"LessOrEqual", ScalarFn::kLessEqual},
    {"Max", ScalarFn::kMax},
    {"Mean", ScalarFn::kAdd},
    {"Min", ScalarFn::kMin},
    {"Mul", ScalarFn::kMul},
    {"Or", ScalarFn::kOr},
    {"Sub", ScalarFn::kSub},
    {"Sum", ScalarFn::kAdd},
    {"Xor", ScalarFn::kXor},
};

ScalarFn binary_fn(const std::string& type) {
  for (const BinaryRow& r : kBinary)
    if (r.type == type) return r.fn;
  fail<InternalError>("'{}' is not in the list of element-wise operators", type);
}

/// Before opset 7 the second operand was aligned at `axis` of the first, and only where `broadcast` said so.
Value* legacy_operand(OnnxContext& c, const NodeView& n, Value* a, Value* b) {
  if (n.opset() >= 7 || !n.flag("broadcast") || !n.has("axis")) return b;
  const int64_t axis = normalize_axis(n.i("axis"), a->rank());
  const int64_t trailing = a->rank() - axis - b->rank();
  require<ModelError>(trailing >= 0, "axis {} leaves no room for an operand of rank {}", axis, b->rank());
  return c.unsqueeze(b, iota(trailing, b->rank()));
}

}  // namespace

void import_unary(OnnxContext& c, const NodeView& n) {
  for (const UnaryRow& r : kUnary) {
    if (r.type != n.type()) continue;
    // The attributes are single-precision numbers; so are ONNX's defaults.
    const double alpha = r.alpha_attribute ? n.f(r.alpha_attribute, static_cast<float>(r.alpha)) : r.alpha;
    const double beta = r.beta_attribute ? n.f(r.beta_attribute, static_cast<float>(r.beta)) : r.beta;
    return c.set(0, c.map(r.fn, {c.in(0)}, alpha, beta));
  }
  fail<InternalError>("'{}' is not in the list of element-wise operators", n.type());
}

void import_binary(OnnxContext& c, const NodeView& n) {
  Value* a = c.in(0);
  c.set(0, c.map(binary_fn(n.type()), {a, legacy_operand(c, n, a, c.in(1))}));
}

void import_variadic(OnnxContext& c, const NodeView& n) {
  Value* v = c.in(0);
  for (size_t i = 1; i < c.input_count(); ++i) v = c.map(binary_fn(n.type()), {v, c.in(i)});
  if (n.type() == "Mean" && c.input_count() > 1) v = c.mul(v, c.like(v, 1.0 / static_cast<double>(c.input_count())));
  c.set(0, v);
}

void import_pow(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *y = legacy_operand(c, n, x, c.in(1));
  const DType type = x->type();
  if (!is_float(type) && is_float(y->type())) {
    // The power is taken in the exponent's type and rounded back.
    c.set(0, c.cast(c.map(ScalarFn::kPow, {c.cast(x, y->type()), y}), type));
    return;
  }
  c.set(0, c.map(ScalarFn::kPow, {x, c.cast(y, type)}));
}

void import_mod(OnnxContext& c, const NodeView& n) {
  c.set(0, c.map(n.flag("fmod") ? ScalarFn::kFMod : ScalarFn::kFloorMod, {c.in(0), c.in(1)}));
}

void import_bit_shift(OnnxContext& c, const NodeView& n) {
  const std::string d = n.s("direction");
  require<ModelError>(d == "LEFT" || d == "RIGHT", "direction must be LEFT or RIGHT, is '{}'", d);
  Value *x = c.in(0), *y = c.in(1);
  if (d == "LEFT") return c.set(0, c.map(ScalarFn::kShiftLeft, {x, y}));
  Value* shifted = c.map(ScalarFn::kShiftRight, {x, y});
  const DType t = x->type();
  if (t == DType::kU8 || t == DType::kU16 || t == DType::kU32 || t == DType::kU64) return c.set(0, shifted);
  // A negative number fills with its sign: the shift of its complement, complemented.
  Value* complement = c.map(ScalarFn::kBitNot, {x});
  Value* filled = c.map(ScalarFn::kBitNot, {c.map(ScalarFn::kShiftRight, {complement, y})});
  c.set(0, c.select(c.map(ScalarFn::kLess, {x, c.like(x, 0)}), filled, shifted));
}

void import_prelu(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *slope = c.in(1);
  // Before opset 7 the slope was one number or one per channel.
  if (n.opset() < 7 && slope->rank() == 1 && x->rank() > 2) slope = c.unsqueeze(slope, iota(x->rank() - 2, 1));
  c.set(0, c.map(ScalarFn::kPRelu, {x, slope}));
}

void import_clip(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *low = nullptr, *high = nullptr;
  if (n.opset() < 11) {
    if (n.has("min")) low = c.like(x, n.f("min", 0));
    if (n.has("max")) high = c.like(x, n.f("max", 0));
  } else {
    low = c.opt(1), high = c.opt(2);
  }
  for (Value* bound : {low, high})
    require<ModelError>(bound == nullptr || bound->rank() <= 1, "a bound must be a scalar, has rank {}",
                        bound != nullptr ? bound->rank() : 0);
  const auto a = low != nullptr ? c.known(low) : std::nullopt, b = high != nullptr ? c.known(high) : std::nullopt;
  if (is_float(x->type()) && a && b && a->count() == 1 && b->count() == 1 && a->as_doubles()[0] <= b->as_doubles()[0])
    return c.set(0, c.map(ScalarFn::kClip, {x}, a->as_doubles()[0], b->as_doubles()[0]));
  auto as_scalar = [&](Value* v) { return v->rank() == 0 ? v : c.squeeze(v, {0}); };
  Value* y = x;
  if (low != nullptr) y = c.map(ScalarFn::kMax, {y, as_scalar(low)});
  if (high != nullptr) y = c.map(ScalarFn::kMin, {y, as_scalar(high)});
  c.set(0, y);
}

void import_is_inf(OnnxContext& c, const NodeView& n) {
  c.set(0, c.map(ScalarFn::kIsInf, {c.in(0)}, n.i("detect_negative", 1), n.i("detect_positive", 1)));
}

void import_gelu(OnnxContext& c, const NodeView& n) {
  const std::string form = n.s("approximate", "none");
  require<ModelError>(form == "none" || form == "tanh", "approximate must be none or tanh, is '{}'", form);
  c.set(0, c.map(form == "tanh" ? ScalarFn::kGeluTanh : ScalarFn::kGeluErf, {c.in(0)}));
}

void import_gelu_family(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  if (n.type() == "QuickGelu") return c.set(0, c.map(ScalarFn::kSilu, {x}, n.f("alpha", 1.702f)));
  if (c.has(1)) x = c.add(x, c.in(1));
  c.set(0, c.map(n.type() == "FastGelu" ? ScalarFn::kGeluTanh : ScalarFn::kGeluErf, {x}));
}

void import_where(OnnxContext& c, const NodeView&) { c.set(0, c.select(c.in(0), c.in(1), c.in(2))); }

void import_swiglu(OnnxContext& c, const NodeView& n) {
  c.set(0, c.mul(c.map(ScalarFn::kSilu, {c.in(0)}, n.f("alpha", 1)), c.in(1)));
}

void import_binarizer(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  c.set(0, c.cast(c.map(ScalarFn::kGreater, {x, c.like(x, n.f("threshold", 0))}), x->type()));
}

void import_image_scaler(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  Value* y = c.mul(x, c.like(x, n.f("scale", 1)));
  const std::vector<double> bias = n.floats("bias");
  if (bias.empty()) return c.set(0, y);
  require<ModelError>(x->rank() == 4, "the image has rank {}, not 4", x->rank());
  c.set(0, c.add(y, c.doubles(x->type(), bias, {static_cast<int64_t>(bias.size()), 1, 1})));
}

}  // namespace hone::onnx
