// Operators over axes that only the run tells, spelled out with shapes as values.
#include "import/onnx/ops/run_time_axes.h"

#include "base/error.h"
#include "import/onnx/session.h"
#include "ops/cumulative.h"
#include "ops/non_zero.h"
#include "ops/scatter.h"

namespace hone::onnx {

namespace {

int64_t number_of(const Value* axes) {
  require<Unsupported>(axes->rank() == 1 && axes->shape()[0].is_const(),
                       "the number of axes must be known at build time");
  require<ModelError>(axes->shape()[0].value() <= 64, "{} axes", axes->shape()[0].value());
  return axes->shape()[0].value();
}

/// One axis reduced or left as it is, as the flag says.
Value* reduce_if(OnnxContext& c, ReduceKind kind, Value* x, int64_t axis, Value* flag) {
  std::vector<std::unique_ptr<ir::Graph>> bodies;
  for (const bool taken : {true, false}) {
    auto body = std::make_unique<ir::Graph>();
    Value* in = body->add_input("x", x->type(), x->shape());
    Builder b(*body, c.session().unique_node_name(fmt::format("{}/axis_{}", c.base(), axis)));
    body->mark_output(taken ? b.reduce(kind, in, {axis}) : b.make(kIdentityOp, {in}));
    bodies.push_back(std::move(body));
  }
  return c.control(kIfOp, {flag, x}, std::make_unique<NoAttrs>(), std::move(bodies), 1)->output();
}

}  // namespace

Value* marked_axes(OnnxContext& c, Value* axes, int64_t rank) {
  ScatterAttrs a;
  a.axis = 0;
  Value* at = c.map(ScalarFn::kFloorMod, {c.to_i64(axes), c.int_scalar(rank)});
  Value* zeros = c.ints(Ints(static_cast<size_t>(rank), 0));
  return c.make(kScatterOp, {zeros, at, c.expand(c.int_scalar(1), c.shape_of(at))}, std::move(a));
}

Value* squeeze_axes(OnnxContext& c, Value* x, Value* axes) {
  const int64_t rank = x->rank(), left = rank - number_of(axes);
  require<ModelError>(left >= 0, "more axes than the input has");
  Value* kept = c.make(kNonZeroOp, {c.sub(c.int_scalar(1), marked_axes(c, axes, rank))}, NonZeroAttrs());
  return c.reshape(x, c.gather(c.shape_of(x), c.reshape(kept, Ints{left}), 0), false);
}

Value* unsqueeze_axes(OnnxContext& c, Value* x, Value* axes) {
  const int64_t rank = x->rank() + number_of(axes);
  if (rank == x->rank()) return x;
  Value* fresh = marked_axes(c, axes, rank);
  if (x->rank() == 0) return c.reshape(x, Ints(static_cast<size_t>(rank), 1));
  // The k-th axis that is not new takes the k-th extent.
  CumulativeAttrs a;
  Value* place = c.sub(c.make(kCumulativeOp, {c.sub(c.int_scalar(1), fresh)}, std::move(a)), c.int_scalar(1));
  Value* old = c.gather(c.shape_of(x), c.map(ScalarFn::kMax, {place, c.int_scalar(0)}), 0);
  return c.reshape(x, c.select(c.cast(fresh, DType::kBool), c.int_scalar(1), old), false);
}

Value* reduce_axes(OnnxContext& c, ReduceKind kind, Value* x, Value* axes) {
  // Kinds that do not compose axis by axis are sums between two functions.
  const ReduceKind whole = kind;
  if (whole == ReduceKind::kL1) x = c.map(ScalarFn::kAbs, {x});
  if (whole == ReduceKind::kL2 || whole == ReduceKind::kSumSquare) x = c.map(ScalarFn::kSquare, {x});
  if (whole == ReduceKind::kL1 || whole == ReduceKind::kL2 || whole == ReduceKind::kSumSquare ||
      whole == ReduceKind::kLogSum)
    kind = ReduceKind::kSum;
  Value* flags = c.cast(marked_axes(c, axes, x->rank()), DType::kBool);
  for (int64_t i = 0; i < x->rank(); ++i) x = reduce_if(c, kind, x, i, c.pick(flags, i, 0));
  if (whole == ReduceKind::kL2) return c.map(ScalarFn::kSqrt, {x});
  return whole == ReduceKind::kLogSum ? c.map(ScalarFn::kLog, {x}) : x;
}

}  // namespace hone::onnx
