// The builder that handlers use.
#include "import/onnx/build.h"

#include <numeric>

#include "ops/cast.h"
#include "ops/concat.h"
#include "ops/constant.h"
#include "ops/expand.h"
#include "ops/gather.h"
#include "ops/map.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/squeeze.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"

namespace hone::onnx {

namespace {

/// Results and operands larger than this are left to the constant folding pass.
constexpr int64_t kMaxFold = 1024;

bool may_fold(const ir::Node& n) {
  const Op& op = n.op();
  if (op.eval == nullptr || op.has(kSideEffect) || op.has(kControlFlow) || op.has(kHeavy)) return false;
  // Quantisation is information for the compiler, not arithmetic.
  if (n.is(kQuantizeOp) || n.is(kDequantizeOp) || n.is(kConstantOp)) return false;
  const Shape& s = n.output()->shape();
  return n.outputs().size() == 1 && is_const(s) && volume(to_dims(s)) <= kMaxFold;
}

}  // namespace

std::string Builder::next_name() {
  ++count_;
  return count_ == 1 ? base_ : fmt::format("{}/{}", base_, count_);
}

ir::Node* Builder::append(const Op& op, Values in, std::unique_ptr<Attributes> attrs, int outputs) {
  while (!in.empty() && in.back() == nullptr) in.pop_back();
  ir::Node* n = graph_.add(op, next_name(), std::move(in), std::move(attrs), outputs);
  created_.push_back(n);
  return n;
}

ir::Node* Builder::control(const Op& op, Values in, std::unique_ptr<Attributes> attrs,
                           std::vector<std::unique_ptr<ir::Graph>> bodies, int outputs) {
  ir::Node* n = graph_.add_control(op, next_name(), std::move(in), std::move(attrs), std::move(bodies), outputs);
  created_.push_back(n);
  return n;
}

Value* Builder::make(const Op& op, Values in) { return fold(append(op, std::move(in), op.make_attrs(), 1)); }

Value* Builder::fold(ir::Node* n) {
  if (!may_fold(*n)) return n->output();
  std::vector<Tensor> values;
  std::vector<const Tensor*> operands;
  values.reserve(n->inputs().size());
  for (const Value* v : n->inputs()) {
    std::optional<Tensor> k = v != nullptr ? known(v) : std::nullopt;
    if (v != nullptr && (!k || k->count() > kMaxFold)) return n->output();
    if (k) values.push_back(std::move(*k));
    operands.push_back(v != nullptr ? &values.back() : nullptr);
  }
  std::optional<std::vector<Tensor>> result;
  try {
    result = evaluate(n->op(), n->attrs(), operands, 1);
  } catch (const Error&) {
    return n->output();  // the run will say what is wrong, if it comes to that
  }
  const std::string name = n->name();
  graph_.remove(n);
  std::erase(created_, n);
  return add_constant(name, std::move(result->at(0)));
}

Value* Builder::add_constant(std::string name, Tensor t) {
  Value* v = graph_.constant(std::move(name), std::move(t));
  created_.push_back(v->producer());
  return v;
}

Value* Builder::constant(Tensor t) { return add_constant(next_name(), std::move(t)); }
Value* Builder::ints(const Ints& v) { return constant(Tensor::from(v)); }
Value* Builder::int_scalar(int64_t v) { return constant(Tensor::scalar(v)); }
Value* Builder::scalar(DType type, double v) {
  return constant(is_integer(type) ? Tensor::scalar(static_cast<int64_t>(v)).to(type) : Tensor::scalar(v).to(type));
}
Value* Builder::like(const Value* v, double x) { return scalar(v->type(), x); }
Value* Builder::doubles(DType type, const std::vector<double>& v, Dims dims) {
  return constant(Tensor::from(v).reshaped(std::move(dims)).to(type));
}

std::optional<Tensor> Builder::known(const Value* v) {
  if (v->constant() != nullptr) return *v->constant();
  if (!is_const(v->shape())) return std::nullopt;
  if (volume(v->shape()).is(0)) return Tensor(v->type(), to_dims(v->shape()));  // nothing is known of nothing
  if (!v->info.content) return std::nullopt;
  Ints numbers;
  for (const Dim& d : *v->info.content) {
    if (!d.is_const()) return std::nullopt;
    numbers.push_back(d.value());
  }
  return Tensor::from(numbers).reshaped(to_dims(v->shape())).to(v->type());
}

std::optional<Ints> Builder::known_ints(const Value* v) {
  const std::optional<Tensor> t = known(v);
  if (!t) return std::nullopt;
  require<ModelError>(!is_float(t->type()), "'{}' must hold integers, has type {}", v->name(), name(t->type()));
  return t->as_ints();
}

Value* Builder::map(ScalarFn fn, Values in, double alpha, double beta) {
  MapAttrs a;
  a.fn = fn, a.alpha = alpha, a.beta = beta;
  return make(kMapOp, std::move(in), std::move(a));
}

Value* Builder::cast(Value* v, DType to) {
  if (v->type() == to) return v;
  CastAttrs a;
  a.to = to;
  return make(kCastOp, {v}, std::move(a));
}

Value* Builder::shape_of(Value* v) { return make(kShapeOp, {v}, ShapeAttrs()); }

Value* Builder::extent(Value* v, int64_t axis) {
  const Dim& d = v->shape().at(static_cast<size_t>(axis));
  if (d.is_const()) return ints({d.value()});
  ShapeAttrs a;
  a.start = axis, a.end = axis + 1;
  return make(kShapeOp, {v}, std::move(a));
}

Value* Builder::product(Value* v, int64_t from, int64_t to) {
  int64_t number = 1;
  Value* p = nullptr;
  for (int64_t i = from; i < to; ++i) {
    const Dim& d = v->shape().at(static_cast<size_t>(i));
    if (d.is_const()) {
      number *= d.value();
    } else {
      p = p == nullptr ? extent(v, i) : mul(p, extent(v, i));
    }
  }
  if (p == nullptr) return ints({number});
  return number == 1 ? p : mul(p, ints({number}));
}

Value* Builder::reshape(Value* v, const Ints& shape) {
  ReshapeAttrs a;
  a.shape = shape;
  return make(kReshapeOp, {v}, std::move(a));
}

Value* Builder::reshape(Value* v, Value* shape, bool zero_copies) {
  ReshapeAttrs a;
  a.zero_copies = zero_copies;
  if (const auto k = known_ints(shape)) {
    a.shape = *k;
    return make(kReshapeOp, {v}, std::move(a));
  }
  return make(kReshapeOp, {v, shape}, std::move(a));
}

Value* Builder::transpose(Value* v, const Ints& perm) {
  if (perm == iota(v->rank())) return v;
  TransposeAttrs a;
  a.perm = perm;
  return make(kTransposeOp, {v}, std::move(a));
}

Value* Builder::squeeze(Value* v, const Ints& axes) {
  if (axes.empty()) return v;
  SqueezeAttrs a;
  a.axes = axes;
  return make(kSqueezeOp, {v}, std::move(a));
}

Value* Builder::unsqueeze(Value* v, const Ints& axes) {
  if (axes.empty()) return v;
  UnsqueezeAttrs a;
  a.axes = axes;
  return make(kUnsqueezeOp, {v}, std::move(a));
}

Value* Builder::concat(Values v, int64_t axis) {
  if (v.size() == 1) return v[0];
  ConcatAttrs a;
  a.axis = axis;
  return make(kConcatOp, std::move(v), std::move(a));
}

Value* Builder::expand(Value* v, Value* shape) {
  ExpandAttrs a;
  if (const auto k = known_ints(shape)) {
    a.shape = *k;
    return make(kExpandOp, {v}, std::move(a));
  }
  return make(kExpandOp, {v, shape}, std::move(a));
}

Value* Builder::slice(Value* v, int64_t axis, int64_t start, int64_t end, int64_t step) {
  SliceAttrs a;
  a.start = {start}, a.size = {end}, a.stride = {step}, a.axes = {axis}, a.ends = true;
  return make(kSliceOp, {v}, std::move(a));
}

Value* Builder::slice(Value* v, int64_t axis, Value* start, Value* end) {
  const auto s = known_ints(start), e = known_ints(end);
  if (s && e) return slice(v, axis, s->at(0), e->at(0));
  SliceAttrs a;
  a.axes = {axis}, a.stride = {1}, a.ends = true;
  return make(kSliceOp, {v, start, end}, std::move(a));
}

Value* Builder::gather(Value* v, Value* indices, int64_t axis) {
  GatherAttrs a;
  a.axis = axis;
  return make(kGatherOp, {v, indices}, std::move(a));
}

Value* Builder::pick(Value* v, int64_t index, int64_t axis) { return gather(v, int_scalar(index), axis); }

Value* Builder::reduce(ReduceKind kind, Value* v, const Ints& axes, bool keep_dims) {
  ReduceAttrs a;
  a.kind = kind, a.axes = axes, a.keep_dims = keep_dims;
  return make(kReduceOp, {v}, std::move(a));
}

Value* Builder::matmul(Value* a, Value* b) { return make(kMatMulOp, {a, b}, MatMulAttrs()); }

Value* Builder::softmax(Value* v, int64_t axis, bool log) {
  SoftmaxAttrs a;
  a.axis = axis, a.log = log;
  return make(kSoftmaxOp, {v}, std::move(a));
}

Ints iota(int64_t n, int64_t start) {
  require<ModelError>(n >= 0, "the ranks of the operands do not fit each other");
  Ints v(static_cast<size_t>(n));
  std::iota(v.begin(), v.end(), start);
  return v;
}

}  // namespace hone::onnx
