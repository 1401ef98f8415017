// Element-wise functions: type rules, symbolic shape arithmetic, reference evaluation.
#include "ops/map.h"

#include "ops/broadcast.h"

namespace hone {
namespace {

using Content = std::optional<std::vector<Dim>>;

// One element of symbolic arithmetic; nullopt where the result is not an expression.
std::optional<Dim> fold(ScalarFn f, const MapAttrs& a, const Dim& x, const Dim& y, const Dim& z) {
  if (x.is_const() && y.is_const() && z.is_const())
    return Dim(evaluate_int(f, a.alpha, a.beta, x.value(), y.value(), z.value()));
  const Dim d = x - y;  // decides comparisons of provably equal expressions
  switch (f) {
    case ScalarFn::kIdentity:
      return x;
    case ScalarFn::kNeg:
      return -x;
    case ScalarFn::kAdd:
      return x + y;
    case ScalarFn::kSub:
      return x - y;
    case ScalarFn::kMul:
      return x * y;
    case ScalarFn::kFloorDiv:
      return y.is(0) ? std::nullopt : std::optional(floor_div(x, y));
    case ScalarFn::kDiv:  // dims are not negative; truncation is flooring for a positive divisor
      return y.is_const() && y.value() <= 0 ? std::nullopt : std::optional(floor_div(x, y));
    case ScalarFn::kFloorMod:
    case ScalarFn::kFMod:
      return y.is_const() && y.value() <= 0 ? std::nullopt : std::optional(floor_mod(x, y));
    case ScalarFn::kMin:
      return min(x, y);
    case ScalarFn::kMax:
      return max(x, y);
    case ScalarFn::kEqual:
      if (d.is_const()) return Dim(d.is(0));
      // A dim is never negative, so it never equals -1 (a common test of exporters).
      if (y.is_const() && y.value() < 0 && x.str()[0] != '-') return Dim(0);
      return std::nullopt;
    case ScalarFn::kSelect:
      if (x.is_const()) return x.is(0) ? z : y;
      return y == z ? std::optional(y) : std::nullopt;
    default:
      return std::nullopt;
  }
}

Content fold_content(const InferContext& c, const MapAttrs& a, const Shape& out) {
  if (!is_const(out) || volume(to_dims(out)) > kMaxContent) return std::nullopt;
  std::vector<std::vector<Dim>> contents;
  std::vector<std::vector<int64_t>> strides;
  bool all_int = true;
  for (const TensorInfo* t : c.inputs) {
    all_int = all_int && !is_float(t->type);
    Content k = known_content(*t);
    if (!all_int || !k || !is_const(t->shape)) return std::nullopt;
    contents.push_back(std::move(*k));
    strides.push_back(broadcast_strides(to_dims(t->shape), to_dims(out)));
  }
  std::vector<Dim> result;
  bool ok = true;
  for_each_broadcast(to_dims(out), strides, [&](int64_t, const int64_t* at) {
    if (!ok) return;
    auto operand = [&](size_t k) { return k < contents.size() ? contents[k][static_cast<size_t>(at[k])] : Dim(0); };
    std::optional<Dim> r;
    try {
      r = fold(a.fn, a, operand(0), operand(1), operand(2));
    } catch (const ModelError&) {  // too large or out of range for an expression: known at run time only
    }
    ok = r.has_value();
    if (ok) result.push_back(*r);
  });
  return ok ? Content(std::move(result)) : std::nullopt;
}

bool allows_types(ScalarFn f, const std::vector<const TensorInfo*>& in) {
  const size_t first = f == ScalarFn::kSelect ? 1 : 0;
  for (size_t i = first + 1; i < in.size(); ++i)
    if (in[i]->type != in[first]->type && f != ScalarFn::kPow && f != ScalarFn::kShiftLeft &&
        f != ScalarFn::kShiftRight)
      return false;
  return true;
}

void infer_map(InferContext& c) {
  const auto& a = c.attr<MapAttrs>();
  require<ModelError>(static_cast<int>(c.inputs.size()) == arity(a.fn), "'{}' takes {} operands, got {}", name(a.fn),
                      arity(a.fn), c.inputs.size());
  Shape shape;
  for (size_t i = 0; i < c.inputs.size(); ++i) shape = i == 0 ? c.in(0).shape : broadcast(shape, c.in(i).shape);
  require<ModelError>(allows_types(a.fn, c.inputs), "'{}' needs operands of one type, got {} and {}", name(a.fn),
                      name(c.inputs[c.inputs.size() < 2 ? 0 : c.inputs.size() - 2]->type), name(c.inputs.back()->type));
  if (a.fn == ScalarFn::kSelect)
    require<ModelError>(c.in(0).type == DType::kBool, "'select' needs a bool condition, got {}", name(c.in(0).type));
  TensorInfo& o = c.outputs[0];
  o.type = result_type(a.fn, c.in(0).type, c.inputs.size() > 1 ? c.in(1).type : c.in(0).type);
  o.shape = shape;
  o.content = fold_content(c, a, shape);
}

template <class T>
double load(const Tensor& t, int64_t i) {
  if constexpr (std::is_arithmetic_v<T>)
    return static_cast<double>(t.data<T>()[i]);
  else
    return static_cast<float>(t.data<T>()[i]);
}

Dims out_dims(const EvalContext& c) {
  Shape s;
  for (const Tensor* t : c.inputs)
    s = s.empty() && t == c.inputs[0] ? to_shape(t->dims()) : broadcast(s, to_shape(t->dims()));
  return to_dims(s);
}

void eval_map(EvalContext& c) {
  const auto& a = c.attr<MapAttrs>();
  const Dims dims = out_dims(c);
  std::vector<std::vector<int64_t>> strides;
  bool floating = false;
  for (const Tensor* t : c.inputs) {
    strides.push_back(broadcast_strides(t->dims(), dims));
    floating = floating || is_float(t->type());
  }
  const DType type = result_type(a.fn, c.in(0).type(), c.in(c.inputs.size() > 1 ? 1 : 0).type());
  Tensor& out = c.out(0, type, dims);
  if (floating) {
    std::vector<Tensor> wide;
    for (const Tensor* t : c.inputs) wide.push_back(t->to(DType::kF64));
    Tensor result(DType::kF64, dims);
    auto* r = result.data<double>();
    for_each_broadcast(dims, strides, [&](int64_t i, const int64_t* at) {
      auto get = [&](size_t k) { return k < wide.size() ? wide[k].data<double>()[at[k]] : 0.0; };
      r[i] = evaluate(a.fn, a.alpha, a.beta, get(0), get(1), get(2));
    });
    out = result.to(type);
    return;
  }
  std::vector<Tensor> wide;
  for (const Tensor* t : c.inputs) wide.push_back(t->to(DType::kI64));
  Tensor result(DType::kI64, dims);
  auto* r = result.data<int64_t>();
  // Unsigned 64-bit operands need their own order, quotient and shift.
  const bool is_u64 = c.inputs.back()->type() == DType::kU64;
  for_each_broadcast(dims, strides, [&](int64_t i, const int64_t* at) {
    auto get = [&](size_t k) { return k < wide.size() ? wide[k].data<int64_t>()[at[k]] : 0; };
    const int64_t x = get(0), y = get(1);
    const auto ux = static_cast<uint64_t>(x), uy = static_cast<uint64_t>(y);
    if (is_u64 && a.fn == ScalarFn::kLess)
      r[i] = ux < uy;
    else if (is_u64 && a.fn == ScalarFn::kGreater)
      r[i] = ux > uy;
    else if (is_u64 && a.fn == ScalarFn::kLessEqual)
      r[i] = ux <= uy;
    else if (is_u64 && a.fn == ScalarFn::kGreaterEqual)
      r[i] = ux >= uy;
    else if (is_u64 && a.fn == ScalarFn::kMin)
      r[i] = ux < uy ? x : y;
    else if (is_u64 && a.fn == ScalarFn::kMax)
      r[i] = ux > uy ? x : y;
    else if (is_u64 && a.fn == ScalarFn::kDiv)
      r[i] = uy == 0 ? 0 : static_cast<int64_t>(ux / uy);
    else
      r[i] = evaluate_int(a.fn, a.alpha, a.beta, x, y, get(2));
  });
  out = result.to(type);
}

constexpr auto kScalarNames = [] {
  std::array<std::string_view, static_cast<size_t>(kScalarFnCount)> n{};
  size_t i = 0;
#define HONE_SCALAR(Name, text, arity) n[i++] = text;
#include "ops/scalar.def"
#undef HONE_SCALAR
  return n;
}();

}  // namespace

void MapAttrs::visit(FieldVisitor& v) {
  visit_enum(v, "fn", fn, kScalarNames);
  v.field("alpha", alpha), v.field("beta", beta);
}

const Op kMapOp = {"Map", kPointwise, 1, 3, 1, make_attrs<MapAttrs>, infer_map, eval_map};

}  // namespace hone
