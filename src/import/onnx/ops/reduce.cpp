// Reductions over axes.
#include "ops/reduce.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/ops/run_time_axes.h"
#include "ops/arg_reduce.h"

namespace hone::onnx {

namespace {
struct Row {
  std::string_view type;
  ReduceKind kind;
  int64_t input_since;  // opset from which the axes are an input
};
constexpr Row kRows[] = {
    {"ReduceL1", ReduceKind::kL1, 18},         {"ReduceL2", ReduceKind::kL2, 18},
    {"ReduceLogSum", ReduceKind::kLogSum, 18}, {"ReduceLogSumExp", ReduceKind::kLogSumExp, 18},
    {"ReduceMax", ReduceKind::kMax, 18},       {"ReduceMean", ReduceKind::kAvg, 18},
    {"ReduceMin", ReduceKind::kMin, 18},       {"ReduceProd", ReduceKind::kProd, 18},
    {"ReduceSum", ReduceKind::kSum, 13},       {"ReduceSumSquare", ReduceKind::kSumSquare, 18},
};
}  // namespace

void import_reduce(OnnxContext& c, const NodeView& n) {
  const Row* row = nullptr;
  for (const Row& r : kRows)
    if (r.type == n.type()) row = &r;
  require<InternalError>(row != nullptr, "'{}' is not in the list of reductions", n.type());
  ReduceAttrs a;
  a.kind = row->kind;
  a.keep_dims = n.flag("keepdims", true);
  a.noop_if_empty = n.flag("noop_with_empty_axes");
  Value* x = c.in(0);
  const DType type = x->type();
  if (type == DType::kBool) x = c.cast(x, DType::kU8);
  if (n.opset() >= row->input_since && c.has(1) && !c.known_ints(c.in(1))) {
    Value* y = reduce_axes(c, a.kind, x, c.in(1));
    return c.set(0, c.cast(a.keep_dims ? y : squeeze_axes(c, y, c.in(1)), type));
  }
  a.axes = c.ints_attribute_or_input("axes", 1, row->input_since).value_or(Ints());
  c.set(0, c.cast(c.make(kReduceOp, {x}, std::move(a)), type));
}

void import_arg_reduce(OnnxContext& c, const NodeView& n) {
  ArgReduceAttrs a;
  a.axis = normalize_axis(n.i("axis", 0), c.in(0)->rank());
  a.largest = n.type() == "ArgMax";
  a.keep_dims = n.flag("keepdims", true);
  a.select_last = n.flag("select_last_index");
  c.set(0, c.make(kArgReduceOp, {c.in(0)}, std::move(a)));
}

}  // namespace hone::onnx
