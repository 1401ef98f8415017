// Shapes as values, and operators that change the shape only.
#include "ops/shape.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/ops/run_time_axes.h"
#include "ops/reshape.h"

namespace hone::onnx {

void import_shape(OnnxContext& c, const NodeView& n) {
  const int64_t rank = c.in(0)->rank();
  auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  ShapeAttrs a;
  a.start = clamp(n.i("start", 0));
  a.end = std::max(a.start, clamp(n.i("end", rank)));
  c.set(0, c.make(kShapeOp, {c.in(0)}, std::move(a)));
}

void import_size(OnnxContext& c, const NodeView&) {
  Value* x = c.in(0);
  c.set(0, c.squeeze(c.product(x, 0, x->rank()), {0}));
}

void import_reshape(OnnxContext& c, const NodeView& n) {
  const bool zero_copies = !n.flag("allowzero");
  if (n.opset() < 5) return c.set(0, c.reshape(c.in(0), n.ints("shape")));
  c.set(0, c.reshape(c.in(0), c.to_i64(c.in(1)), zero_copies));
}

void import_flatten(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const int64_t rank = x->rank();
  int64_t axis = n.i("axis", 1);
  require<ModelError>(axis >= -rank && axis <= rank, "axis {} is outside a tensor of rank {}", axis, rank);
  if (axis < 0) axis += rank;
  if (axis == 1 && !is_const(x->shape())) return c.set(0, c.reshape(x, {0, -1}));
  c.set(0, c.reshape(x, c.concat({c.product(x, 0, axis), c.product(x, axis, rank)}, 0), false));
}

void import_transpose(OnnxContext& c, const NodeView& n) {
  const int64_t rank = c.in(0)->rank();
  Ints perm = n.ints("perm");
  if (!n.has("perm"))
    for (int64_t i = rank - 1; i >= 0; --i) perm.push_back(i);
  for (int64_t& p : perm) p = normalize_axis(p, rank);
  c.set(0, c.transpose(c.in(0), perm));
}

namespace {

/// The axes where they are an input that only the run tells; else null.
Value* run_time_axes(OnnxContext& c, const NodeView& n) {
  return n.opset() >= 13 && c.has(1) && !c.known_ints(c.in(1)) ? c.in(1) : nullptr;
}

}  // namespace

void import_squeeze(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  if (Value* axes = run_time_axes(c, n)) return c.set(0, squeeze_axes(c, x, axes));
  std::optional<Ints> axes = c.ints_attribute_or_input("axes", 1, 13);
  if (!axes) {
    axes.emplace();
    for (int64_t i = 0; i < x->rank(); ++i) {
      const Dim& d = x->shape()[static_cast<size_t>(i)];
      require<Unsupported>(d.is_const(), "Squeeze without axes: the rank of the result hangs on extent {}", d.str());
      if (d.is(1)) axes->push_back(i);
    }
  }
  c.set(0, c.squeeze(x, *axes));
}

void import_unsqueeze(OnnxContext& c, const NodeView& n) {
  if (Value* axes = run_time_axes(c, n)) return c.set(0, unsqueeze_axes(c, c.in(0), axes));
  const std::optional<Ints> axes = c.ints_attribute_or_input("axes", 1, 13);
  require<ModelError>(axes.has_value(), "no axes are given");
  c.set(0, c.unsqueeze(c.in(0), *axes));
}

void import_expand(OnnxContext& c, const NodeView&) { c.set(0, c.expand(c.in(0), c.to_i64(c.in(1)))); }

namespace {
int64_t block_size(const NodeView& n) {
  const int64_t b = n.i("blocksize");
  require<ModelError>(b > 0 && b < (1 << 20), "blocksize {}", b);
  return b;
}
Value* halve(OnnxContext& c, Value* extent, int64_t by) { return c.div(extent, c.ints({by})); }
}  // namespace

void import_depth_to_space(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  require<ModelError>(x->rank() == 4, "the input has rank {}, not 4", x->rank());
  const int64_t b = block_size(n);
  const std::string mode = n.s("mode", "DCR");
  require<ModelError>(mode == "DCR" || mode == "CRD", "mode must be DCR or CRD, is '{}'", mode);
  Value *batch = c.extent(x, 0), *depth = halve(c, c.extent(x, 1), b * b), *h = c.extent(x, 2), *w = c.extent(x, 3);
  Value* block = c.ints({b, b});
  Value* split = mode == "DCR" ? c.concat({batch, block, depth, h, w}, 0) : c.concat({batch, depth, block, h, w}, 0);
  const Ints perm = mode == "DCR" ? Ints{0, 3, 4, 1, 5, 2} : Ints{0, 1, 4, 2, 5, 3};
  Value* moved = c.transpose(c.reshape(x, split, false), perm);
  Value* k = c.ints({b});
  c.set(0, c.reshape(moved, c.concat({batch, depth, c.mul(h, k), c.mul(w, k)}, 0), false));
}

void import_space_to_depth(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  require<ModelError>(x->rank() == 4, "the input has rank {}, not 4", x->rank());
  const int64_t b = block_size(n);
  const std::string mode = n.s("mode", "DCR");
  require<ModelError>(mode == "DCR" || mode == "CRD", "mode must be DCR or CRD, is '{}'", mode);
  Value *batch = c.extent(x, 0), *depth = c.extent(x, 1), *k = c.ints({b});
  Value *h = halve(c, c.extent(x, 2), b), *w = halve(c, c.extent(x, 3), b);
  Value* split = c.reshape(x, c.concat({batch, depth, h, k, w, k}, 0), false);
  Value* moved = c.transpose(split, mode == "DCR" ? Ints{0, 3, 5, 1, 2, 4} : Ints{0, 1, 3, 5, 2, 4});
  c.set(0, c.reshape(moved, c.concat({batch, c.mul(depth, c.ints({b * b})), h, w}, 0), false));
}

}  // namespace hone::onnx
