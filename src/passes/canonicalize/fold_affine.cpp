// Per-channel scales and shifts beside convolutions and matrix products (batch normalisation, input scaling) become
// part of the weights and the bias. New weights are computed in double and rounded once.
#include <algorithm>
#include <type_traits>

#include "ops/constant.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/map.h"
#include "ops/matmul.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

bool is_conv(const ir::Node* n) { return n->is(kConvolutionOp) || n->is(kDeconvolutionOp); }

// A heavy node with constant floating-point weights and nothing fused to it yet.
bool is_linear(const ir::Node* n) {
  if (n == nullptr || n->epilogue || !(is_conv(n) || n->is(kMatMulOp))) return false;
  const ir::Value* w = n->input(1);
  if (w->constant() == nullptr || !is_float(w->type())) return false;
  if (n->is(kMatMulOp)) return w->rank() == 2 && n->attr<MatMulAttrs>().op_b != MatrixOp::kVector;
  return n->input(2) == nullptr || n->input(2)->constant() != nullptr;
}

int64_t output_channels(const ir::Node* n) {
  const Dims& w = n->input(1)->constant()->dims();
  if (n->is(kConvolutionOp)) return w[0];
  if (n->is(kDeconvolutionOp)) return w[1] * n->attr<DeconvolutionAttrs>().groups;
  return n->attr<MatMulAttrs>().op_b == MatrixOp::kTranspose ? w[0] : w[1];
}

// Weights as [groups, outer, channels, inner]: the output channel is group * channels + channel.
struct Layout {
  int64_t groups = 1, outer = 1, channels = 1, inner = 1;
};
Layout layout_of(const ir::Node* n) {
  const Dims& w = n->input(1)->constant()->dims();
  if (n->is(kMatMulOp))
    return n->attr<MatMulAttrs>().op_b == MatrixOp::kTranspose ? Layout{1, 1, w[0], w[1]} : Layout{1, w[0], w[1], 1};
  Layout l;
  for (size_t i = n->is(kConvolutionOp) ? 1 : 2; i < w.size(); ++i) l.inner *= w[i];
  if (n->is(kConvolutionOp)) {
    l.channels = w[0];
  } else {
    l.groups = n->attr<DeconvolutionAttrs>().groups;
    l.outer = w[0] / l.groups, l.channels = w[1];
  }
  return l;
}

Tensor scaled(const Tensor& weights, const Layout& l, const std::vector<double>& scale) {
  Tensor w = weights.type() == DType::kF32 ? weights.clone() : weights.to(DType::kF64);
  auto multiply = [&](auto* p) {
    for (int64_t g = 0; g < l.groups; ++g)
      for (int64_t o = 0; o < l.outer; ++o)
        for (int64_t k = 0; k < l.channels; ++k) {
          const double s = scale[static_cast<size_t>(g * l.channels + k)];
          for (int64_t i = 0; i < l.inner; ++i, ++p) *p = static_cast<std::remove_reference_t<decltype(*p)>>(*p * s);
        }
  };
  if (w.type() == DType::kF32)
    multiply(w.data<float>());
  else
    multiply((w = w.raw() == weights.raw() ? w.clone() : w).data<double>());
  return w.to(weights.type());
}

// The constant's values by channel of v (axis 1 of images, the last of matrices), if it has no other extent: one, or
// as many as channels.
std::optional<std::vector<double>> by_channel(const ir::Value* c, const ir::Value* v, bool last_axis,
                                              int64_t channels) {
  const Tensor* t = c->constant();
  if (t == nullptr || t->rank() > v->rank() || c->type() != v->type()) return std::nullopt;
  const int64_t axis = t->rank() - (last_axis ? 1 : v->rank() - 1);
  for (int64_t i = 0; i < t->rank(); ++i)
    if (t->dims()[static_cast<size_t>(i)] != 1 && i != axis) return std::nullopt;
  std::vector<double> values = t->as_doubles();
  if (values.size() == 1) values.resize(static_cast<size_t>(channels), values[0]);
  if (static_cast<int64_t>(values.size()) != channels) return std::nullopt;
  return values;
}

void set_constant(ir::Graph& g, ir::Node* n, size_t i, const char* suffix, const Tensor& t) {
  std::vector<ir::Value*> in = n->inputs();
  ir::Value* old = i < in.size() ? in[i] : nullptr;
  in.resize(std::max(in.size(), i + 1), nullptr);
  in[i] = g.constant(old != nullptr ? old->name() : n->name() + suffix, t);
  g.set_inputs(n, std::move(in));
  if (old != nullptr) retire(g, old->producer(), n);
}

// y = linear(x) becomes scale * y + shift, by channel.
struct Affine {
  std::vector<double> scale, shift;
};

void apply(ir::Graph& g, ir::Node* n, const Affine& a) {
  if (std::any_of(a.scale.begin(), a.scale.end(), [](double s) { return s != 1; }))
    set_constant(g, n, 1, "_weights", scaled(*n->input(1)->constant(), layout_of(n), a.scale));
  const bool had_bias = n->input(2) != nullptr;
  if (!had_bias && std::all_of(a.shift.begin(), a.shift.end(), [](double s) { return s == 0; })) return;
  std::vector<double> b = had_bias ? n->input(2)->constant()->as_doubles() : std::vector<double>(a.scale.size(), 0);
  for (size_t k = 0; k < b.size(); ++k) b[k] = b[k] * a.scale[k] + a.shift[k];
  set_constant(g, n, 2, "_bias", Tensor::from(b).to(n->input(1)->type()));
}

// What a Map does to operand 0 or 1, the other being `c`; nullopt where that is not affine.
std::optional<Affine> affine_of(ScalarFn fn, bool constant_first, const std::vector<double>& c) {
  const size_t n = c.size();
  Affine a{std::vector<double>(n, 1), std::vector<double>(n, 0)};
  for (size_t i = 0; i < n; ++i) switch (fn) {
      case ScalarFn::kMul:
        a.scale[i] = c[i];
        break;
      case ScalarFn::kAdd:
        a.shift[i] = c[i];
        break;
      case ScalarFn::kSub:
        a.scale[i] = constant_first ? -1 : 1;
        a.shift[i] = constant_first ? c[i] : -c[i];
        break;
      case ScalarFn::kDiv:
        if (constant_first || c[i] == 0) return std::nullopt;
        a.scale[i] = 1 / c[i];
        break;
      default:
        return std::nullopt;
    }
  return a;
}

// linear -> Map with a constant: the Map goes.
bool fold_behind(ir::Graph& g, ir::Node* m) {
  if (m->inputs().size() != 2) return false;
  for (size_t i = 0; i < 2; ++i) {
    ir::Value *v = m->input(i), *c = m->input(1 - i);
    ir::Node* n = v->producer();
    if (!is_linear(n) || !g.single_use(v) || !same_shape(v, m->output()) || v->type() != n->input(1)->type()) continue;
    const auto values = by_channel(c, v, n->is(kMatMulOp), output_channels(n));
    if (!values) continue;
    const auto a = affine_of(m->attr<MapAttrs>().fn, i == 1, *values);
    const bool shifts = a && std::any_of(a->shift.begin(), a->shift.end(), [](double s) { return s != 0; });
    if (!a || (shifts && n->is(kMatMulOp))) continue;  // matrix products have no bias: additions are fused later
    if (g.is_output(m->output()) && g.is_output(v)) continue;
    apply(g, n, *a);
    substitute(g, m, v);
    g.infer_node(n);
    return true;
  }
  return false;
}

// Multiplication by one number -> linear: the number goes into the weights.
bool fold_before(ir::Graph& g, ir::Node* n) {
  ir::Node* m = n->input(0)->producer();
  if (!is_linear(n) || m == nullptr || !m->is(kMapOp) || m->inputs().size() != 2 || m->epilogue) return false;
  const ScalarFn fn = m->attr<MapAttrs>().fn;
  if ((fn != ScalarFn::kMul && fn != ScalarFn::kDiv) || !g.single_use(m->output())) return false;
  const auto c = splat(m->input(1));
  if (!c || *c == 0 || !same_shape(m->input(0), m->output())) return false;
  const std::vector<double> scale(static_cast<size_t>(output_channels(n)), fn == ScalarFn::kMul ? *c : 1 / *c);
  set_constant(g, n, 1, "_weights", scaled(*n->input(1)->constant(), layout_of(n), scale));
  g.set_input(n, 0, m->input(0));
  retire(g, m, n);
  return true;
}

}  // namespace

int fold_affine(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes())
    if (n->is(kMapOp) && !n->epilogue) changed += fold_behind(g, n);
  return changed;
}

int fold_input_scales(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes())
    if (is_conv(n) || n->is(kMatMulOp)) changed += fold_before(g, n);
  return changed;
}

}  // namespace hone::passes
