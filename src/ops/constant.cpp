// Constant, Identity, Shape, HostDims and Reformat: the operators without arithmetic.
#include "ops/constant.h"

#include "ops/flat_loop.h"
#include "ops/host_dims.h"
#include "ops/reformat.h"
#include "ops/shape.h"
#include "ops/transfer.h"

namespace hone {
namespace {

void infer_constant(InferContext& c) {
  const Tensor& t = c.attr<ConstantAttrs>().value;
  require<ModelError>(t.defined(), "constant has no value");
  c.outputs[0] = {t.type(), to_shape(t.dims()), std::nullopt, &t};
}
void eval_constant(EvalContext& c) { c.outputs[0] = c.attr<ConstantAttrs>().value; }

void infer_same(InferContext& c) {
  c.outputs[0] = c.in(0);
  c.outputs[0].content = known_content(c.in(0));
  c.outputs[0].constant = nullptr;
}
void eval_same(EvalContext& c) { c.outputs[0] = c.in(0); }

std::pair<size_t, size_t> shape_range(const ShapeAttrs& a, size_t rank) {
  auto clamp = [&](int64_t v) {
    const auto r = static_cast<int64_t>(rank);
    if (v < 0) v = v < -r ? 0 : v + r;
    return static_cast<size_t>(v > r ? r : v);
  };
  const size_t b = clamp(a.start), e = clamp(a.end);
  return {b, e < b ? b : e};
}
void infer_shape(InferContext& c) {
  const auto& a = c.attr<ShapeAttrs>();
  const Shape& s = c.in(0).shape;
  const auto [b, e] = shape_range(a, s.size());
  c.outputs[0] = {a.type,
                  {Dim(static_cast<int64_t>(e - b))},
                  std::vector<Dim>(s.begin() + static_cast<long>(b), s.begin() + static_cast<long>(e)),
                  nullptr};
}
void eval_shape(EvalContext& c) {
  const auto& a = c.attr<ShapeAttrs>();
  const Dims& d = c.in(0).dims();
  const auto [b, e] = shape_range(a, d.size());
  c.outputs[0] =
      Tensor::from(std::vector<int64_t>(d.begin() + static_cast<long>(b), d.begin() + static_cast<long>(e))).to(a.type);
}

void infer_host_dims(InferContext& c) {
  const auto& a = c.attr<HostDimsAttrs>();
  require<ModelError>(volume(a.dims) == static_cast<int64_t>(a.content.size()), "host dims: {} elements for shape {}",
                      a.content.size(), str(a.dims));
  c.outputs[0] = {a.type, to_shape(a.dims), a.content, nullptr};
}
void eval_host_dims(EvalContext& c) {
  const auto& a = c.attr<HostDimsAttrs>();
  c.outputs[0] = Tensor::from(to_dims(a.content)).reshaped(a.dims).to(a.type);
}

void infer_flat_loop(InferContext& c) {
  const auto& a = c.attr<FlatLoopAttrs>();
  if (c.outputs.empty()) return;
  TensorInfo o = c.in(0);
  o.content.reset();
  o.constant = nullptr;
  if (a.role == FlatLoopRole::kIterator || (a.role == FlatLoopRole::kLoopOutput && a.kind != 0)) {
    const bool iterator = a.role == FlatLoopRole::kIterator;
    const auto rank = static_cast<int64_t>(o.shape.size());
    const int64_t axis = normalize_axis(a.axis, rank + (iterator ? 0 : 1));
    if (iterator)
      o.shape.erase(o.shape.begin() + axis);
    else
      o.shape.insert(o.shape.begin() + axis,
                     c.has(1) && known_content(c.in(1)) ? known_content(c.in(1))->at(0) : c.data_dependent(0));
  }
  c.outputs[0] = o;
}

}  // namespace

const Op kConstantOp = {"Constant", kNoFlags, 0, 0, 1, make_attrs<ConstantAttrs>, infer_constant, eval_constant};
const Op kIdentityOp = {"Identity", kPointwise | kView, 1, 1, 1, make_attrs<NoAttrs>, infer_same, eval_same};
const Op kReformatOp = {"Reformat", kNoFlags, 1, 1, 1, make_attrs<ReformatAttrs>, infer_same, eval_same};
const Op kTransferOp = {"Transfer", kNoFlags, 1, 1, 1, make_attrs<TransferAttrs>, infer_same, eval_same};
const Op kShapeOp = {"Shape", kNoFlags, 1, 1, 1, make_attrs<ShapeAttrs>, infer_shape, eval_shape};
const Op kHostDimsOp = {"HostDims", kNoFlags, 0, 0, 1, make_attrs<HostDimsAttrs>, infer_host_dims, eval_host_dims};
const Op kFlatLoopOp = {"FlatLoop", kControlFlow, 0, -1, -1, make_attrs<FlatLoopAttrs>, infer_flat_loop, nullptr};

}  // namespace hone
