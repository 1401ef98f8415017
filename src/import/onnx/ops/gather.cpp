// Reading and writing at indices.
#include "ops/gather.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "ops/non_zero.h"
#include "ops/one_hot.h"
#include "ops/reverse_sequence.h"
#include "ops/scatter.h"
#include "ops/topk.h"
#include "ops/trilu.h"
#include "ops/unique.h"

namespace hone::onnx {

void import_gather(OnnxContext& c, const NodeView& n) {
  GatherAttrs a;
  Value* x = c.in(0);
  if (n.type() == "GatherND") {
    a.mode = GatherMode::kNd;
    a.batch_dims = n.i("batch_dims", 0);
  } else {
    a.mode = n.type() == "GatherElements" ? GatherMode::kElement : GatherMode::kAxis;
    a.axis = normalize_axis(n.i("axis", 0), x->rank());
  }
  c.set(0, c.make(kGatherOp, {x, c.in(1)}, std::move(a)));
}

void import_array_feature_extractor(OnnxContext& c, const NodeView&) {
  Value* x = c.in(0);
  require<ModelError>(x->rank() > 0, "the input is a scalar");
  Value* flat = c.reshape(c.in(1), Ints{-1});
  Value* y = c.gather(x, flat, x->rank() - 1);
  c.set(0, x->rank() == 1 ? c.unsqueeze(y, {0}) : y);
}

void import_scatter(OnnxContext& c, const NodeView& n) {
  ScatterAttrs a;
  a.nd = n.type() == "ScatterND";
  if (!a.nd) a.axis = normalize_axis(n.i("axis", 0), c.in(0)->rank());
  const std::string reduction = n.s("reduction", "none");
  size_t i = 0;
  while (i < kScatterReductionNames.size() && reduction != kScatterReductionNames[i]) ++i;
  require<ModelError>(i < kScatterReductionNames.size(), "reduction '{}'", reduction);
  a.reduction = static_cast<ScatterReduction>(i);
  c.set(0, c.make(kScatterOp, {c.in(0), c.in(1), c.in(2)}, std::move(a)));
}

void import_topk(OnnxContext& c, const NodeView& n) {
  TopKAttrs a;
  Value *x = c.in(0), *k = nullptr;
  a.axis = normalize_axis(n.i("axis", -1), x->rank());
  a.largest = n.flag("largest", true);
  a.sorted = n.flag("sorted", true);
  if (n.opset() < 10) {
    a.k = n.i("k");
  } else {
    k = c.to_i64(c.in(1));
    if (const auto known = c.known_ints(k)) {
      require<ModelError>(known->size() == 1, "k has {} elements", known->size());
      a.k = known->at(0);
      k = nullptr;
    }
  }
  Values in = {x};
  if (k != nullptr) in.push_back(k);
  ir::Node* node = c.node(kTopKOp, in, std::move(a));
  c.set(0, node->output(0));
  c.set(1, node->output(1));
}

void import_non_zero(OnnxContext& c, const NodeView&) { c.set(0, c.make(kNonZeroOp, {c.in(0)}, NonZeroAttrs())); }

void import_compress(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *condition = c.in(1);
  Value* at = c.squeeze(c.make(kNonZeroOp, {condition}, NonZeroAttrs()), {0});
  if (!n.has("axis")) return c.set(0, c.gather(c.reshape(x, Ints{-1}), at, 0));
  c.set(0, c.gather(x, at, normalize_axis(n.i("axis"), x->rank())));
}

void import_unique(OnnxContext& c, const NodeView& n) {
  UniqueAttrs a;
  a.sorted = n.flag("sorted", true);
  a.has_axis = n.has("axis");
  if (a.has_axis) a.axis = normalize_axis(n.i("axis"), c.in(0)->rank());
  ir::Node* node = c.node(kUniqueOp, {c.in(0)}, std::move(a), 4);
  for (size_t i = 0; i < 4; ++i) c.set(i, node->output(i));
}

void import_one_hot(OnnxContext& c, const NodeView& n) {
  OneHotAttrs a;
  Value *indices = c.in(0), *depth = c.to_i64(c.in(1));
  if (is_float(indices->type())) indices = c.to_i64(indices);
  if (depth->rank() == 1) depth = c.squeeze(depth, {0});
  a.axis = normalize_axis(n.i("axis", -1), indices->rank() + 1);
  c.set(0, c.make(kOneHotOp, {indices, depth, c.in(2)}, std::move(a)));
}

void import_trilu(OnnxContext& c, const NodeView& n) {
  TriluAttrs a;
  a.upper = n.flag("upper", true);
  Values in = {c.in(0)};
  if (c.has(1)) {
    const auto k = c.known_ints(c.in(1));
    if (k && k->size() == 1) {
      a.k = k->at(0);
    } else {
      in.push_back(c.in(1));
    }
  }
  c.set(0, c.make(kTriluOp, in, std::move(a)));
}

void import_reverse_sequence(OnnxContext& c, const NodeView& n) {
  ReverseSequenceAttrs a;
  a.batch_axis = n.i("batch_axis", 1);
  a.time_axis = n.i("time_axis", 0);
  c.set(0, c.make(kReverseSequenceOp, {c.in(0), c.in(1)}, std::move(a)));
}

void import_tensor_scatter(OnnxContext& c, const NodeView& n) {
  Value *cache = c.in(0), *update = c.in(1);
  const int64_t rank = cache->rank(), axis = normalize_axis(n.i("axis", -2), rank);
  require<ModelError>(axis > 0 && update->rank() == rank, "axis {} of tensors of rank {} and {}", axis, rank,
                      update->rank());
  const std::string mode = n.s("mode", "linear");
  require<ModelError>(mode == "linear" || mode == "circular", "mode '{}'", mode);
  // Position of update row s of batch b: start[b] + s.
  Value* steps = c.make(kRangeOp, {c.int_scalar(0), c.squeeze(c.extent(update, axis), {0}), c.int_scalar(1)});
  steps = c.unsqueeze(steps, iota(rank - axis - 1, 1));
  Value* at = steps;
  if (c.has(2)) at = c.add(c.unsqueeze(c.to_i64(c.in(2)), iota(rank - 1, 1)), steps);
  if (mode == "circular") at = c.map(ScalarFn::kFloorMod, {at, c.extent(cache, axis)});
  ScatterAttrs a;
  a.axis = axis;
  c.set(0, c.make(kScatterOp, {cache, c.expand(at, c.shape_of(update)), update}, std::move(a)));
}

}  // namespace hone::onnx
