// Element-wise identities. All keep the value to the last bit, but for the sign of zero (x + 0, relu) and, for x^0.5,
// the results for -0 and -infinity.
#include <cmath>
#include <limits>

#include "ops/map.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ScalarFn fn_of(const ir::Node* n) { return n->attr<MapAttrs>().fn; }

bool is_commutative(ScalarFn f) {
  switch (f) {
    case ScalarFn::kAdd:
    case ScalarFn::kMul:
    case ScalarFn::kMin:
    case ScalarFn::kMax:
    case ScalarFn::kAnd:
    case ScalarFn::kOr:
    case ScalarFn::kXor:
    case ScalarFn::kEqual:
      return true;
    default:
      return false;
  }
}

// The node gives way to one of its inputs, where that has the node's shape and type.
int become(ir::Graph& g, ir::Node* n, ir::Value* v) {
  return same_shape(v, n->output()) && v->type() == n->output()->type() && substitute(g, n, v) ? 1 : 0;
}

// The node becomes a unary function of v.
int become_unary(ir::Graph& g, ir::Node* n, ir::Value* v, ScalarFn fn, double alpha = 0, double beta = 0) {
  if (!same_shape(v, n->output()) || v->type() != n->output()->type()) return 0;
  auto& a = n->attr<MapAttrs>();
  a.fn = fn, a.alpha = alpha, a.beta = beta;
  std::set<ir::Node*> unused;
  for (ir::Value* i : n->inputs())
    if (i != v && i->producer() != nullptr) unused.insert(i->producer());
  g.set_inputs(n, {v});
  g.infer_node(n);
  for (ir::Node* p : unused)
    if (is_literal(p)) retire(g, p, n);
  return 1;
}

int simplify_power(ir::Graph& g, ir::Node* n, double c) {
  ir::Value* x = n->input(0);
  if (c == 1) return become(g, n, x);
  if (c == 2) return become_unary(g, n, x, ScalarFn::kSquare);
  if (!is_float(x->type())) return 0;
  if (c == 0.5) return become_unary(g, n, x, ScalarFn::kSqrt);
  if (c == -0.5) return become_unary(g, n, x, ScalarFn::kRsqrt);
  if (c == -1) return become_unary(g, n, x, ScalarFn::kRecip);
  return 0;
}

// The reciprocal is exact for powers of two only; other divisions stay.
int simplify_division(ir::Graph& g, ir::Node* n, double c) {
  ir::Value* x = n->input(0);
  if (c == 1) return become(g, n, x);
  int exponent;
  if (x->type() != DType::kF32 || c == 0 || std::fabs(std::frexp(c, &exponent)) != 0.5 || std::abs(exponent) > 100)
    return 0;
  n->attr<MapAttrs>().fn = ScalarFn::kMul;
  Tensor reciprocal(DType::kF32, n->input(1)->constant()->dims());
  for (int64_t i = 0; i < reciprocal.count(); ++i) reciprocal.data<float>()[i] = static_cast<float>(1 / c);
  ir::Node* old = n->input(1)->producer();
  g.set_input(n, 1, g.constant(n->input(1)->name(), reciprocal));
  retire(g, old, n);
  return 1;
}

int simplify_with_constant(ir::Graph& g, ir::Node* n, double c) {
  ir::Value* x = n->input(0);
  const bool floating = is_float(x->type());
  switch (fn_of(n)) {
    case ScalarFn::kAdd:
    case ScalarFn::kSub:
      return c == 0 ? become(g, n, x) : 0;
    case ScalarFn::kMul:
      if (c == 1) return become(g, n, x);
      return c == -1 ? become_unary(g, n, x, ScalarFn::kNeg) : 0;
    case ScalarFn::kDiv:
      return simplify_division(g, n, c);
    case ScalarFn::kPow:
      return simplify_power(g, n, c);
    case ScalarFn::kMax:
      if (!floating) return 0;
      return c == 0 ? become_unary(g, n, x, ScalarFn::kRelu) : become_unary(g, n, x, ScalarFn::kClip, c, kInfinity);
    case ScalarFn::kMin:
      return floating ? become_unary(g, n, x, ScalarFn::kClip, -kInfinity, c) : 0;
    case ScalarFn::kPRelu:
      if (!floating) return 0;
      return c == 0 ? become_unary(g, n, x, ScalarFn::kRelu) : become_unary(g, n, x, ScalarFn::kLeakyRelu, c);
    case ScalarFn::kAnd:
      return c != 0 ? become(g, n, x) : 0;
    case ScalarFn::kOr:
      return c == 0 ? become(g, n, x) : 0;
    default:
      return 0;
  }
}

int simplify_constant_first(ir::Graph& g, ir::Node* n, double c) {
  ir::Value* x = n->input(1);
  if (!is_float(x->type())) return 0;
  if (fn_of(n) == ScalarFn::kDiv && c == 1) return become_unary(g, n, x, ScalarFn::kRecip);
  if (fn_of(n) == ScalarFn::kSub && c == 0) return become_unary(g, n, x, ScalarFn::kNeg);
  return 0;
}

int simplify_binary(ir::Graph& g, ir::Node* n) {
  ir::Value *x = n->input(0), *y = n->input(1);
  int changed = 0;
  if (is_commutative(fn_of(n)) && x->constant() != nullptr && y->constant() == nullptr) {
    g.set_inputs(n, {y, x});
    std::swap(x, y);
    changed = 1;
  }
  if (x == y && fn_of(n) == ScalarFn::kMul) return become_unary(g, n, x, ScalarFn::kSquare);
  if (const auto c = splat(y)) return changed + simplify_with_constant(g, n, *c);
  if (const auto c = splat(x)) return changed + simplify_constant_first(g, n, *c);
  return changed;
}

// Bounds that are numbers become attributes; a range that holds no bound below 0 alone is a relu.
int simplify_clip3(ir::Graph& g, ir::Node* n) {
  const auto low = splat(n->input(1)), high = splat(n->input(2));
  if (!low || !high || !is_float(n->output()->type())) return 0;
  return become_unary(g, n, n->input(0), ScalarFn::kClip, *low, *high);
}

int simplify_unary(ir::Graph& g, ir::Node* n) {
  auto& a = n->attr<MapAttrs>();
  const double largest = n->output()->type() == DType::kF16 ? 65504.0 : std::numeric_limits<float>::max();
  if (a.fn == ScalarFn::kClip && a.alpha == 0 && a.beta >= largest && is_float(n->output()->type()) &&
      n->output()->type() != DType::kF64) {
    a = MapAttrs();
    a.fn = ScalarFn::kRelu;
    return 1;
  }
  if (a.fn == ScalarFn::kIdentity) return become(g, n, n->input(0));
  if (a.fn == ScalarFn::kAffine && a.alpha == 1 && a.beta == 0) return become(g, n, n->input(0));
  return 0;
}

int simplify_select(ir::Graph& g, ir::Node* n) {
  if (n->input(1) == n->input(2)) return become(g, n, n->input(1));
  const auto c = splat(n->input(0));
  return c ? become(g, n, *c != 0 ? n->input(1) : n->input(2)) : 0;
}

}  // namespace

int simplify_algebra(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes()) {
    if (!n->is(kMapOp) || n->epilogue) continue;
    if (fn_of(n) == ScalarFn::kSelect)
      changed += simplify_select(g, n);
    else if (fn_of(n) == ScalarFn::kClip3)
      changed += simplify_clip3(g, n);
    else if (n->inputs().size() == 2)
      changed += simplify_binary(g, n);
    else if (n->inputs().size() == 1)
      changed += simplify_unary(g, n);
  }
  return changed;
}

}  // namespace hone::passes
