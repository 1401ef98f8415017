// Problems of nodes.
#include "tune/problem.h"

#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/matmul.h"

namespace hone::tune {
namespace {

// Binds `d` where it is one unknown symbol.
void bind(const Dim& d, int64_t extent, Bindings& b) {
  std::set<std::string> symbols;
  d.collect_symbols(symbols);
  if (symbols.size() == 1 && (*symbols.begin())[0] == '%' && d == Dim::symbol(*symbols.begin()))
    b.emplace(*symbols.begin(), extent);
}

}  // namespace

Dims concrete(const Shape& s, const Bindings& b, bool assume) {
  Dims d;
  for (const Dim& x : s)
    d.push_back(std::max<int64_t>(0, x.eval([&](const std::string& symbol) {
      const auto it = b.find(symbol);
      if (it != b.end()) return it->second;
      require<InternalError>(assume, "dimension '{}' is not known", symbol);
      return kAssumedExtent;
    })));
  return d;
}

void bind_by_weights(const ir::Graph& g, Bindings& b) {
  for (const ir::Node* n : g.nodes()) {
    if (n->inputs().size() < 2 || n->input(0) == nullptr || n->input(1) == nullptr) continue;
    const Tensor* w = n->input(1)->constant();
    const Shape& x = n->input(0)->shape();
    if (w == nullptr || w->dims().size() < 2 || x.size() < 2) continue;
    if (n->is(kConvolutionOp)) {
      bind(x[1], w->dims()[1] * n->attr<ConvolutionAttrs>().groups, b);
    } else if (n->is(kDeconvolutionOp)) {
      bind(x[1], w->dims()[0], b);
    } else if (n->is(kMatMulOp)) {
      const auto& a = n->attr<MatMulAttrs>();
      if (a.op_a == MatrixOp::kVector || a.op_b == MatrixOp::kVector) continue;
      const size_t inner = w->dims().size() - (a.op_b == MatrixOp::kTranspose ? 1 : 2);
      bind(x[x.size() - (a.op_a == MatrixOp::kTranspose ? 2 : 1)], w->dims()[inner], b);
    }
  }
}

bool data_dependent(const Shape& s) {
  for (const Dim& d : s) {
    std::set<std::string> symbols;
    d.collect_symbols(symbols);
    for (const std::string& x : symbols)
      if (x[0] == '%') return true;
  }
  return false;
}

Problem make_problem(const ir::Node& n, const Bindings& b, const ProblemOptions& o, Slices* slices) {
  Problem p;
  p.op = &n.op();
  p.attrs = &n.attrs();
  if (n.epilogue) p.epilogue = {&n.epilogue->program, n.epilogue->base_inputs};
  p.threads = o.threads;
  p.workspace_limit = o.workspace_limit;
  p.allow_bf16 = o.allow_bf16;
  p.allow_f16 = o.allow_f16;
  p.allow_tf32 = o.allow_tf32;
  auto desc = [&](const ir::Value* v) { return TensorDesc{v->type(), v->format, concrete(v->shape(), b), 0}; };
  for (const ir::Value* v : n.inputs()) {
    p.present.push_back(v != nullptr);
    p.inputs.push_back(v != nullptr ? desc(v) : TensorDesc());
    p.constants.push_back(v != nullptr ? v->constant() : nullptr);
  }
  for (const ir::Value* v : n.outputs()) p.outputs.push_back(desc(v));
  const Slices s = o.by_image ? slices_of(p) : Slices();
  if (slices != nullptr) *slices = s;
  return slice_of(p, s);
}

}  // namespace hone::tune
